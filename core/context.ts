/** What the daemon gives its plugins of the outside. */

import { CgroupPaths } from "./cgroup.ts";
import { ExeVerifier } from "./identity.ts";
import type { PluginContext } from "./plugin.ts";

/** The context of this process; the thread that calls it keeps its own memory of what it looked up. */
export function systemContext(): PluginContext {
  const verifier = ExeVerifier.ofSelf();
  const cgroups = CgroupPaths.ofSystem();
  const netns = /^net:\[(\d+)\]$/.exec(Deno.readLinkSync("/proc/self/ns/net"))?.[1];
  return {
    clock: Date.now,
    verifiedExe: (event) => verifier.verify(event),
    ...(cgroups !== undefined && { cgroupPath: (event) => cgroups.pathOf(event) }),
    ...(netns !== undefined && { netns: Number(netns) }),
  };
}
