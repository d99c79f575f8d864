import assert from "node:assert/strict";
import { diagnose, type FamilyState, isReady, type Machine } from "./diagnosis.ts";

const settings = { version: 1, features: ["hooks", "tickets", "hold"], attached: undefined };
const present: FamilyState = { state: "present", refusal: undefined, settings };

const good: Machine = {
  kernel: "6.12.0",
  arch: "x86_64",
  libnlError: undefined,
  netAdmin: true,
  initialUserNamespace: true,
  initialNetworkNamespace: true,
  family: present,
  securityModules: ["capability", "snet"],
  parameters: { absent: "0", verdict_delay: "5" },
  cgroup2: "/sys/fs/cgroup",
};

function finding(machine: Partial<Machine>, name: string) {
  return diagnose({ ...good, ...machine }, 1).find((each) => each.name === name);
}

Deno.test("a machine with all that snet needs is ready", () => {
  const findings = diagnose(good, 1);
  assert.ok(isReady(findings));
  assert.ok(findings.every((each) => each.state === "ok" && each.advice === undefined));
  assert.equal(finding({}, "parameters")?.found, "snet.absent=0 (allow), snet.verdict_delay=5s");
});

Deno.test("every finding that is not ok says what to do", () => {
  const bad: Machine = {
    ...good,
    libnlError: "libnl-3.so.200 cannot be opened",
    netAdmin: false,
    initialUserNamespace: false,
    initialNetworkNamespace: false,
    family: { state: "absent" },
    parameters: undefined,
    cgroup2: undefined,
  };
  const findings = diagnose(bad, 1);
  assert.ok(!isReady(findings));
  assert.ok(findings.every((each) => each.state !== "ok" && each.advice !== undefined));
});

Deno.test("a kernel without snet is told from a network namespace that hides it", () => {
  assert.match(
    finding({ family: { state: "absent" }, securityModules: ["capability"] }, "kernel")!.advice!,
    /CONFIG_SECURITY_SNET/,
  );
  assert.match(finding({ family: { state: "absent" } }, "kernel")!.advice!, /dmesg/);
  assert.match(
    finding({ family: { state: "absent" }, initialNetworkNamespace: false }, "kernel")!.advice!,
    /nsenter/,
  );
});

Deno.test("the attached daemon is named", () => {
  const family = { ...present, settings: { ...settings, attached: { name: "snet", pid: 412 } } };
  assert.equal(
    finding({ family }, "daemon")?.found,
    '"snet" (pid 412) is attached; a second one would be refused',
  );
});

Deno.test("a kernel of another protocol version cannot be used", () => {
  const family = { ...present, settings: { ...settings, version: 2 } };
  assert.equal(finding({ family }, "protocol")?.state, "missing");
  assert.equal(finding({ family }, "protocol")?.advice, "install a newer snet");
});

Deno.test("a kernel without snet's own hooks limits, but does not prevent", () => {
  const family = { ...present, settings: { ...settings, features: ["tickets"] } };
  assert.equal(finding({ family }, "features")?.state, "limited");
  assert.ok(isReady(diagnose({ ...good, family }, 1)));
});

Deno.test("without privileges the kernel's snet is found, though it tells nothing", () => {
  const family: FamilyState = { state: "present", refusal: "EPERM", settings: undefined };
  assert.equal(finding({ family, netAdmin: false }, "kernel")?.state, "limited");
  assert.equal(finding({ family, netAdmin: false }, "privileges")?.state, "missing");
  assert.equal(finding({ family, netAdmin: false }, "protocol"), undefined);
});
