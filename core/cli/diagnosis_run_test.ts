import assert from "node:assert/strict";
import { isReady } from "./diagnosis.ts";
import { diagnoseRun, isSince, type RunMachine } from "./diagnosis_run.ts";

const good: RunMachine = {
  kernel: "6.12.48+deb13-amd64",
  lacks: undefined,
  landlock: 6,
  ptraceScope: 1,
  sysAdmin: true,
  sysPtrace: true,
};

function finding(machine: Partial<RunMachine>, name: string) {
  return diagnoseRun({ ...good, ...machine }).find((each) => each.name === name)!;
}

Deno.test("a machine with all that 'snet run' is better with has nothing to be told", () => {
  const findings = diagnoseRun(good);
  assert.ok(isReady(findings));
  assert.ok(findings.every((each) => each.state === "ok" && each.advice === undefined));
});

Deno.test("an old kernel and an ordinary user limit it, and each limit says what to do", () => {
  const findings = diagnoseRun({
    ...good,
    kernel: "5.10.0",
    landlock: -95,
    sysAdmin: false,
    sysPtrace: false,
  });
  assert.ok(isReady(findings));
  const limited = findings.filter(({ state }) => state === "limited");
  assert.deepEqual(limited.map(({ name }) => name), ["signals", "latency", "landlock", "privileges"]);
  assert.ok(limited.every(({ advice }) => advice !== undefined));
});

Deno.test("a kernel without seccomp's notification cannot be used, and nothing else is looked at", () => {
  const old = diagnoseRun({
    ...good,
    lacks: "this kernel (5.4.0) has no pidfd_getfd; Linux 5.9 or later is needed",
  });
  assert.deepEqual(old.map(({ name, state }) => [name, state]), [["seccomp", "missing"]]);
  assert.equal(old[0]!.advice, "boot a newer kernel");
  assert.match(finding({ lacks: "pidfd_getfd is not allowed here (EPERM)" }, "seccomp").advice!, /container/);
  assert.match(finding({ lacks: "snet knows x86_64 only, this is aarch64" }, "seccomp").advice!, /x86_64/);
});

Deno.test("Yama lets a parent look into its program up to 1, and root up to 2", () => {
  const scopes = [undefined, 0, 1, 2, 3].map((ptraceScope) => finding({ ptraceScope }, "ptrace").state);
  assert.deepEqual(scopes, ["ok", "ok", "ok", "ok", "missing"]);
  assert.equal(finding({ ptraceScope: 2, sysPtrace: false }, "ptrace").state, "missing");
});

Deno.test("Landlock counts from the ABI that has network rules", () => {
  assert.equal(finding({ landlock: 4 }, "landlock").state, "ok");
  assert.match(finding({ landlock: 3 }, "landlock").found, /ABI 3, without network rules/);
  assert.equal(finding({ landlock: -38 }, "landlock").found, "not there");
});

Deno.test("versions of kernels are compared as numbers", () => {
  assert.ok(isSince("6.6.0-rc1", [6, 6]) && isSince("10.0", [6, 6]) && isSince("6.18.44-fc", [6, 6]));
  assert.ok(!isSince("5.19.0", [6, 6]) && !isSince("6.5.13", [6, 6]));
});
