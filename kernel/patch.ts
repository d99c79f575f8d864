/**
 * Writes `kernel/patches/VERSION.patch` from the kernel tree in the cache: `deno task kernel:patch VERSION [PATH…]`.
 *
 * Change the kernel's files in that tree, then run this with the paths that the patch does not have yet.
 *
 * @module
 */

import { join } from "node:path";
import { cacheFolder, readIfThere, withLock } from "./cache.ts";
import { keepOriginals, KERNEL_FOLDER, KERNEL_VERSIONS, type KernelVersion, pathsOfPatch } from "./source.ts";

/**
 * Compares the tree's files with the distribution's and writes the patch.
 *
 * @param paths Files of the kernel besides those that the patch already changes.
 * @returns the paths that the patch now changes.
 */
export function writePatch(version: KernelVersion, paths: readonly string[]): Promise<string[]> {
  return withLock("kernel-build", async () => {
    const file = join(KERNEL_FOLDER, "patches", `${version}.patch`);
    const folder = join(cacheFolder(), `linux-${version}`);
    const all = [...new Set([...pathsOfPatch(await readIfThere(file) ?? ""), ...paths])].sort();
    await keepOriginals(version, folder, all);

    let patch = "";
    for (const path of all) patch += await difference(folder, path);
    await Deno.writeTextFile(file, patch);
    return pathsOfPatch(patch);
  });
}

async function difference(folder: string, path: string): Promise<string> {
  const names = ["--label", `a/${path}`, "--label", `b/${path}`];
  const { code, stdout, stderr } = await new Deno.Command("diff", {
    args: ["-u", "-p", ...names, join(folder, "original", path), join(folder, "source", path)],
  }).output();
  if (code > 1) throw new Error(new TextDecoder().decode(stderr).trim());
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) {
  const [version, ...paths] = Deno.args;
  if (!KERNEL_VERSIONS.includes(version as KernelVersion)) {
    console.error(`usage: deno task kernel:patch ${KERNEL_VERSIONS.join("|")} [PATH…]`);
    Deno.exit(2);
  }
  try {
    for (const path of await writePatch(version as KernelVersion, paths)) console.log(path);
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
