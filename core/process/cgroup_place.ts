/** What the path of a cgroup says of a program: the unit that systemd runs it in, and the container. */

import type { PlaceJson } from "../control/api.ts";

/** Names of units that hold processes (systemd.service(5), systemd.scope(5)). */
const UNIT = /\.(?:service|scope)$/;
const SLICE = /\.slice$/;
/** The manager of a user's own units, which may be called anything. */
const USER_MANAGER = /^user@\d+\.service$/;

/** By which container runtimes name a cgroup: the name of the runtime, and the container's id or name. */
const CONTAINERS: readonly (readonly [runtime: string, pattern: RegExp])[] = [
  ["docker", /^docker-([0-9a-f]{12,64})\.scope$/],
  ["podman", /^libpod-([0-9a-f]{12,64})(?:\.scope)?$/],
  ["containerd", /^(?:cri-containerd|nerdctl)-([0-9a-f]{12,64})\.scope$/],
  ["cri-o", /^crio-([0-9a-f]{12,64})\.scope$/],
  ["lxc", /^lxc\.payload\.(.+)$/],
  ["nspawn", /^systemd-nspawn@(.+)\.service$/],
  ["nspawn", /^machine-(.+)\.scope$/],
];
/** Parents below which a container is a folder of its own, where systemd has no part in it (cgroupfs). */
const PARENTS: Readonly<Record<string, string>> = { docker: "docker", libpod_parent: "podman", lxc: "lxc" };
const POD = /^(?:kubepods.*-)?pod([0-9a-f_-]{32,36})(?:\.slice)?$/;
const ID = /^[0-9a-f]{64}$/;

/**
 * Reads a path such as `/system.slice/ssh.service`. Units below the manager of a user's own units, and containers below any
 * unit, are what its user calls them; what a container calls its own is not told. All others are made by root.
 */
export function placeOf(path: string): PlaceJson {
  const whole = path.split("/").filter((part) => part !== "").map(unescaped);
  const [container, parts] = containerOf(whole);
  const slice = parts.findLast((part, index) => SLICE.test(part) && parts.slice(0, index).every(isSlice));
  const first = parts.findIndex((part) => UNIT.test(part));
  const unit = first < 0 ? undefined : parts[first];
  const own = unit !== undefined && USER_MANAGER.test(unit)
    ? parts.slice(first + 1).find((part) => UNIT.test(part))
    : undefined;
  return {
    path,
    ...(unit !== undefined && { unit }),
    ...(own !== undefined && { userUnit: own }),
    ...(slice !== undefined && { slice }),
    ...(container !== undefined && { container }),
  };
}

function isSlice(part: string): boolean {
  return SLICE.test(part);
}

/** The container, and the parts that were there before it had a say. */
function containerOf(parts: readonly string[]): readonly [PlaceJson["container"], readonly string[]] {
  let isBelowUnit = false;
  let pod: string | undefined;
  for (const [index, part] of parts.entries()) {
    pod ??= POD.exec(part)?.[1]?.replaceAll("_", "-");
    const [runtime, id] = namedContainer(part, parts[index - 1] ?? "", pod !== undefined) ?? [];
    if (runtime !== undefined && id !== undefined) {
      const told = {
        runtime,
        id,
        ...(pod !== undefined && { pod }),
        ...(isBelowUnit && { isClaimed: true }),
      };
      return [told, parts.slice(0, index + 1)];
    }
    isBelowUnit ||= UNIT.test(part);
  }
  return [undefined, parts];
}

/** The runtime and the id of the container that a part of a path stands for. */
function namedContainer(
  part: string,
  parent: string,
  isInPod: boolean,
): readonly [runtime: string, id: string] | undefined {
  for (const [runtime, pattern] of CONTAINERS) {
    const id = pattern.exec(part)?.[1];
    if (id !== undefined) return [runtime, id];
  }
  const runtime = Object.hasOwn(PARENTS, parent) ? PARENTS[parent] : undefined;
  if (runtime !== undefined && (runtime === "lxc" || ID.test(part))) return [runtime, part];
  return isInPod && ID.test(part) ? ["kubernetes", part] : undefined;
}

/** systemd writes what would clash with names of the kernel with an underscore in front, and `\x2d` for a minus. */
function unescaped(part: string): string {
  return part.replace(/\\x([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
}
