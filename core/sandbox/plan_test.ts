import { deepEqual, equal, notEqual, ok, throws } from "node:assert/strict";
import { planOf, userOf } from "./plan.ts";
import { DEFAULT_LIMITS, type Grants, NO_GRANTS, type SandboxSpec } from "./spec.ts";

function plan(program: SandboxSpec["program"], grants: Partial<Grants> = {}) {
  const spec = {
    name: "p",
    program,
    grants: { ...NO_GRANTS, ...grants },
    limits: DEFAULT_LIMITS,
    log: () => {},
  };
  return planOf(spec, 1);
}

const module = { module: "/etc/snet/plugins/x.ts" };
const pathsOf = ({ paths }: ReturnType<typeof plan>, access: string) =>
  paths.filter((each) => each.access === access).map(({ path }) => path);

Deno.test("plan: without grants a module reads its folder and the system's libraries, and writes nothing", () => {
  const { ports, network, environment, limits, ...rest } = plan(module);
  ok(pathsOf({ ...rest, ports, network, environment, limits }, "read").includes("/etc/snet/plugins"));
  deepEqual(pathsOf({ ...rest, ports, network, environment, limits }, "write"), ["/dev/null"]);
  deepEqual([ports, network, environment], [[], "none", []]);
  const all = rest.paths.map(({ path }) => path);
  for (const path of ["/", "/etc", "/proc", "/home", "/usr", "/var", "/run"]) ok(!all.includes(path), path);
  // Mapped, it is memory that no limit counts.
  ok(!all.includes("/dev/zero"));
});

Deno.test("plan: what is granted below a folder that a plugin may write to goes with that folder", () => {
  const inside = { module: "/srv/p/code/x.ts" };
  const given = plan(inside, {
    read: ["/srv/p/conf", "/srv/p/./a/../conf", "/srv/pp", "/srv"],
    write: ["/srv/p", "/srv/p/sub/", "/srv/other"],
  });
  deepEqual(pathsOf(given, "read").filter((path) => path.startsWith("/srv")), ["/srv/pp", "/srv"]);
  deepEqual(pathsOf(given, "write"), ["/dev/null", "/srv/p", "/srv/other"]);
  // The folder itself the plugin cannot replace.
  ok(pathsOf(plan(module, { write: ["/etc/snet/plugins"] }), "read").includes("/etc/snet/plugins"));
});

Deno.test("plan: grants of net become ports, once each; only names need a resolver", () => {
  const addresses = plan(module, { net: ["192.0.2.1:443", "[2001:db8::1]:443", "192.0.2.1:80"] });
  deepEqual([addresses.ports, addresses.network], [[443, 80], "tcp"]);
  ok(!pathsOf(addresses, "read").includes("/etc/resolv.conf"));
  const names = plan(module, { net: ["192.0.2.1:443", "example.org:8443"] });
  deepEqual([names.ports, names.network], [[443, 8443], "names"]);
  ok(pathsOf(names, "read").includes("/etc/resolv.conf"));
});

Deno.test("plan: a grant of net that means nothing is refused with what would be right", () => {
  for (
    const net of [
      "192.0.2.1",
      "192.0.2.1:0",
      "192.0.2.1:65536",
      "2001:db8::1:443",
      "[192.0.2.1]:1",
      "a b:1",
      ":1",
    ]
  ) {
    throws(() => plan(module, { net: [net] }), {
      message: `cannot grant net "${net}"; write host:port, such as 192.0.2.7:443 or [2001:db8::1]:443`,
    });
  }
});

Deno.test("plan: a program reads the folder of its script, or its own where it is none of the system's", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/x.py`, "");
    ok(pathsOf(plan({ exec: ["/usr/bin/python3", `${folder}/x.py`] }), "read").includes(folder));
    ok(pathsOf(plan({ exec: [`${folder}/x.py`] }), "read").includes(folder));
    const system = pathsOf(plan({ exec: ["/usr/bin/python3", "/etc/not-there"] }), "read");
    ok(!system.includes("/etc") && !system.includes("/usr/bin"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("plan: a module starts no processes, whatever its limits say", () => {
  const limits = { ...DEFAULT_LIMITS, processes: 5 };
  const spec = { name: "p", grants: NO_GRANTS, limits, log: () => {} };
  equal(planOf({ ...spec, program: module }, 1).limits.processes, 0);
  equal(planOf({ ...spec, program: { exec: ["/bin/x"] } }, 1).limits.processes, 5);
});

Deno.test("plan: a plugin's user is the same each time, another for each name, and nobody else's", () => {
  equal(userOf("a"), userOf("a"));
  notEqual(userOf("a"), userOf("b"));
  for (const name of ["", "a", "x".repeat(1000), "ä"]) {
    const user = userOf(name);
    ok(user >= 1_879_048_192 && user <= 2_147_483_647, String(user));
  }
});
