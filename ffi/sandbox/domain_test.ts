import { deepEqual, equal, throws } from "node:assert/strict";
import { CallThread } from "../call_thread.ts";
import { ERRNO } from "../errno.ts";
import { SYS_LANDLOCK_RESTRICT_SELF } from "../landlock.ts";
import { close } from "../libc.ts";
import { type DomainRules, domainRuleset, domainStrength } from "./domain.ts";

const SYS = { open: 2, socket: 41, connect: 42, prctl: 157 };
const PR_SET_NO_NEW_PRIVS = 38n;
const O_WRONLY = 1n;
const O_CREAT = 0o100n;
const O_DIRECTORY = 0o200000n;
const CAN_TRY = Deno.build.arch === "x86_64" && domainStrength().tcp;

/** A thread in a domain. */
async function inside(rules: DomainRules): Promise<CallThread> {
  const ruleset = domainRuleset(rules);
  const thread = new CallThread();
  const entered = await thread.run([
    ["syscall", SYS.prctl, PR_SET_NO_NEW_PRIVS, 1n],
    ["syscall", SYS_LANDLOCK_RESTRICT_SELF, BigInt(ruleset), 0n],
  ]);
  close(ruleset);
  deepEqual(entered, [0, 0]);
  return thread;
}

async function opens(thread: CallThread, path: string, flags: bigint): Promise<number> {
  const fd = await thread.call(["syscall", SYS.open, new TextEncoder().encode(`${path}\0`), flags, 0o600n]);
  if (fd >= 0) close(fd);
  return Math.min(fd, 0);
}

Deno.test({
  name: "domain: a path that is granted is read or written with all below it, and nothing beside it",
  ignore: !CAN_TRY,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      for (const name of ["read", "write", "other"]) await Deno.mkdir(`${folder}/${name}`);
      for (const name of ["read/a", "write/a", "other/a", "file"]) {
        await Deno.writeTextFile(`${folder}/${name}`, "");
      }
      await Deno.symlink(`${folder}/other/a`, `${folder}/read/link`);
      using thread = await inside({
        paths: [
          { path: `${folder}/read`, access: "read" },
          { path: `${folder}/write`, access: "write" },
          { path: `${folder}/file`, access: "write" },
          { path: `${folder}/not-there`, access: "read" },
        ],
        connectPorts: [],
      });
      const results = [
        await opens(thread, `${folder}/read/a`, 0n),
        await opens(thread, `${folder}/read`, O_DIRECTORY),
        await opens(thread, `${folder}/read/a`, O_WRONLY),
        await opens(thread, `${folder}/read/new`, O_WRONLY | O_CREAT),
        await opens(thread, `${folder}/read/link`, 0n),
        await opens(thread, `${folder}/write/a`, O_WRONLY),
        await opens(thread, `${folder}/write/new`, O_WRONLY | O_CREAT),
        await opens(thread, `${folder}/file`, O_WRONLY),
        await opens(thread, `${folder}/other/a`, 0n),
        await opens(thread, folder, O_DIRECTORY),
      ];
      const no = -ERRNO.EACCES;
      deepEqual(results, [0, 0, no, no, no, 0, 0, 0, no, no]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "domain: only TCP ports that are granted can be connected to",
  ignore: !CAN_TRY,
  async fn() {
    using granted = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    using thread = await inside({ paths: [], connectPorts: [granted.addr.port] });
    const connect = async (port: number) => {
      const fd = await thread.call(["syscall", SYS.socket, 2n, 1n, 0n]);
      const address = new Uint8Array(new ArrayBuffer(16));
      address.set([2, 0, port >> 8, port & 255, 127, 0, 0, 1]);
      const result = await thread.call(["syscall", SYS.connect, BigInt(fd), address, 16n]);
      close(fd);
      return result;
    };
    equal(await connect(granted.addr.port), 0);
    equal(await connect(other.addr.port), -ERRNO.EACCES);
  },
});

Deno.test("domain: what Landlock holds follows from its ABI", () => {
  deepEqual(domainStrength(-ERRNO.ENOSYS), { abi: 0, files: false, tcp: false });
  deepEqual(domainStrength(3), { abi: 3, files: true, tcp: false });
  deepEqual(domainStrength(4), { abi: 4, files: true, tcp: true });
});

Deno.test({
  name: "domain: a path that cannot be looked at is told",
  ignore: !CAN_TRY,
  fn() {
    const path = `/${"x".repeat(300)}`;
    throws(() => domainRuleset({ paths: [{ path, access: "read" }], connectPorts: [] }), {
      message: `cannot look at ${path}: ENAMETOOLONG`,
    });
  },
});
