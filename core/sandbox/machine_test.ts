import { deepEqual, throws } from "node:assert/strict";
import { checkMachine, type Machine } from "./machine.ts";
import { DEFAULT_LIMITS, NO_GRANTS, type SandboxSpec } from "./spec.ts";

const COMPLETE: Machine = { lacks: undefined, files: true, tcp: true };

/** What is logged about a plugin on a machine. */
function warnings(machine: Machine, spec: Partial<SandboxSpec> = {}): string[] {
  const lines: string[] = [];
  checkMachine({
    name: "p",
    program: { module: "/x.ts" },
    grants: NO_GRANTS,
    limits: DEFAULT_LIMITS,
    log: (level, message) => void lines.push(`${level} ${message}`),
    ...spec,
  }, machine);
  return lines;
}

const net = { ...NO_GRANTS, net: ["192.0.2.1:443"] };

Deno.test("machine: where all is held nothing is said", () => {
  deepEqual(warnings(COMPLETE), []);
  deepEqual(warnings(COMPLETE, { grants: net }), []);
  deepEqual(warnings(COMPLETE, { program: { exec: ["/x"] } }), []);
});

Deno.test("machine: without seccomp no plugin runs, without Landlock only by the operator's word", () => {
  throws(() => warnings({ ...COMPLETE, lacks: "no seccomp" }, { unconfined: true }), {
    message: "cannot confine a plugin: no seccomp",
  });
  const old = { ...COMPLETE, files: false, tcp: false };
  throws(() => warnings(old), {
    message: /^cannot confine a plugin: this kernel has no Landlock .*unconfined: true/,
  });
  deepEqual(warnings(old, { unconfined: true }), [
    "warning plugin p: it can read and change any file of its user, /proc included: this kernel has no Landlock",
  ]);
});

Deno.test("machine: what a grant of net is not held to is said", () => {
  deepEqual(warnings({ ...COMPLETE, tcp: false }, { grants: net }), [
    "warning plugin p: it can connect to any TCP port: Landlock knows ports since Linux 6.7",
  ]);
  deepEqual(warnings(COMPLETE, { grants: net, program: { exec: ["/x"] } }), [
    "warning plugin p: of its net grants only the ports hold, for a program of exec; a module is held to the hosts too",
  ]);
});
