/** What `snet doctor` makes of a machine for plugins that are not trusted, which run in processes of their own. */

import type { Finding } from "./diagnosis.ts";

/** What was found out about this machine. */
export interface SandboxMachine {
  /** Why no seccomp filter can be used here (`seccompLacks` of ffi); undefined where one can. */
  readonly lacks: string | undefined;
  /** Landlock's ABI, or a negative errno. */
  readonly landlock: number;
}

/** The ABI that knows all that the sandbox uses, of Linux 6.12: files, TCP, signals, abstract sockets. */
const COMPLETE = 6;
/** The first ABI with network rules, of Linux 6.7. */
const NETWORK = 4;

/** How well a plugin is confined here. */
export function diagnoseSandbox({ lacks, landlock }: SandboxMachine): Finding {
  const name = "sandbox";
  const unusable = "plugins run with 'trusted: true' only";
  if (lacks !== undefined) {
    return {
      name,
      state: "limited",
      found: `${unusable}: ${lacks}`,
      advice: "boot a kernel with CONFIG_SECCOMP_FILTER",
    };
  }
  if (landlock < 1) {
    return {
      name,
      state: "limited",
      found: `${unusable}: this kernel has no Landlock, which confines files`,
      advice: "boot Linux 5.13 or later with landlock in CONFIG_LSM (or lsm=)",
    };
  }
  const found = `Landlock ABI ${landlock}: plugins that are not trusted run confined`;
  if (landlock >= COMPLETE) return { name, state: "ok", found };
  return landlock >= NETWORK ? { name, state: "ok", found: `${found}, signals by seccomp alone` } : {
    name,
    state: "limited",
    found: `${found}, but one with a net grant can reach any TCP port`,
    advice: "boot Linux 6.7 or later, or grant no net",
  };
}
