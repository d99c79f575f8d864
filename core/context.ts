/** What the daemon gives its plugins of the outside. */

import { Clock, clockGettime } from "../ffi/mod.ts";
import { CgroupPaths } from "./cgroup.ts";
import type { Config } from "./config.ts";
import { ExeVerifier } from "./identity.ts";
import { NameReader } from "./names/name_reader.ts";
import type { NameChains, PluginContext } from "./plugin.ts";
import type { SnetEvent } from "./event.ts";

/**
 * The context of this process; the thread that calls it keeps its own memory of what it looked up. `names` is the memory of
 * a NameTable whose times are {@linkcode bootSeconds}.
 */
export function systemContext(names?: SharedArrayBuffer): PluginContext {
  const verifier = ExeVerifier.ofSelf();
  const cgroups = CgroupPaths.ofSystem();
  const netns = /^net:\[(\d+)\]$/.exec(Deno.readLinkSync("/proc/self/ns/net"))?.[1];
  return {
    clock: Date.now,
    verifiedExe: (event) => verifier.verify(event),
    ...(cgroups !== undefined && { cgroupPath: (event) => cgroups.pathOf(event) }),
    ...(netns !== undefined && { netns: Number(netns) }),
    ...(names !== undefined && { names: namesFrom(new NameReader(names, bootSeconds)) }),
  };
}

/** The context for the plugins of a configuration: without names where it has no source of them. */
export function contextOf({ names }: Pick<Config, "names">, context: PluginContext): PluginContext {
  if (names !== undefined || context.names === undefined) return context;
  const { names: _, ...others } = context;
  return others;
}

/** Seconds since the machine was started, those asleep too: what was told before is as old as it is. */
export function bootSeconds(): number {
  return Number(clockGettime(Clock.Boottime) / 1_000_000_000n);
}

/** The same in milliseconds. */
export function bootMilliseconds(): number {
  return Number(clockGettime(Clock.Boottime) / 1_000_000n);
}

function namesFrom(reader: NameReader): (event: SnetEvent) => NameChains | undefined {
  return ({ remote }) => {
    if (remote === undefined) return undefined;
    const { ipv4 } = remote;
    if (ipv4 !== undefined) return reader.of4(ipv4);
    const { ipv6 } = remote;
    return ipv6 === undefined ? undefined : reader.of6(ipv6);
  };
}
