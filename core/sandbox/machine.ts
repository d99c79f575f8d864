/** Whether a machine can confine a plugin, and what it holds less well. */

import type { SandboxSpec } from "./spec.ts";

/** What a kernel has. */
export interface Machine {
  /** Why no seccomp filter can be used; undefined where one can. */
  readonly lacks: string | undefined;
  /** Landlock knows files. */
  readonly files: boolean;
  /** Landlock knows TCP ports. */
  readonly tcp: boolean;
}

/** Throws an Error of one line where the machine cannot confine the plugin; logs what it, or the program, is not held to. */
export function checkMachine(
  { name, program, grants, unconfined, log }: SandboxSpec,
  { lacks, files, tcp }: Machine,
): void {
  if (lacks !== undefined) throw new Error(`cannot confine a plugin: ${lacks}`);
  if (!files && unconfined !== true) {
    throw new Error(
      "cannot confine a plugin: this kernel has no Landlock (Linux 5.13, with landlock in CONFIG_LSM or lsm=), so it could " +
        'read and change any file of its user; "unconfined: true" lets it run all the same',
    );
  }
  const warn = (message: string) => log("warning", `plugin ${name}: ${message}`);
  if (!files) {
    warn("it can read and change any file of its user, /proc included: this kernel has no Landlock");
  }
  if (grants.net.length === 0) return;
  if (!tcp) warn("it can connect to any TCP port: Landlock knows ports since Linux 6.7");
  if ("exec" in program) {
    warn("of its net grants only the ports hold, for a program of exec; a module is held to the hosts too");
  }
}
