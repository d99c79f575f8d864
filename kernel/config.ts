/**
 * Kernel configurations: fragments of `kernel/config`, merged over allnoconfig, checked after the merge.
 *
 * @module
 */

import { join } from "node:path";
import { digest, readIfThere } from "./cache.ts";
import { make } from "./make.ts";
import { KERNEL_FOLDER, type KernelSource } from "./source.ts";

/** A configuration: fragments of `kernel/config`, later ones win. */
export interface Configuration {
  arch: "um" | "x86_64";
  fragments: readonly string[];
}

/** The fragments' settings as text, one `CONFIG_X=value` a line. */
export async function mergedFragments({ fragments }: Configuration): Promise<string> {
  const settings = new Map<string, string>();
  for (const name of fragments) {
    const text = await Deno.readTextFile(join(KERNEL_FOLDER, "config", name));
    for (const [line, key] of text.matchAll(/^(CONFIG_\w+)=.*$/gm)) settings.set(key!, line);
  }
  return [...settings.values()].join("\n") + "\n";
}

/**
 * Writes `.config` into the folder `output` unless it stands there already, made of the same fragments and Kconfig files.
 *
 * @throws Error naming each setting that this kernel version does not take.
 */
export async function configure(
  source: KernelSource,
  configuration: Configuration,
  output: string,
): Promise<void> {
  const merged = await mergedFragments(configuration);
  const kconfigs = [...source.ownFiles, ...source.patchedFiles].filter((path) => path.endsWith("Kconfig"));
  const texts = await Promise.all(kconfigs.map((path) => Deno.readTextFile(join(source.tree, path))));
  const stamp = join(output, "snet.config-hash");
  const hash = await digest([configuration.arch, merged, ...texts]);
  if (await readIfThere(stamp) === hash) return;

  await Deno.mkdir(output, { recursive: true });
  const wanted = join(output, "snet.config");
  await Deno.writeTextFile(wanted, merged);
  await make({
    title: `configuration of ${configuration.arch} ${source.version}`,
    tree: source.tree,
    output,
    arch: configuration.arch,
    args: [`KCONFIG_ALLCONFIG=${wanted}`, "allnoconfig"],
    log: join(output, "snet.config-log"),
  });
  const refused = refusedSettings(merged, await Deno.readTextFile(join(output, ".config")));
  if (refused.length > 0) {
    throw new Error(
      `Linux ${source.version} for ${configuration.arch} does not take ${
        refused.join(", ")
      } of kernel/config/` +
        `{${configuration.fragments.join(",")}}: unknown there, or something they depend on is off`,
    );
  }
  await Deno.writeTextFile(stamp, hash);
}

/** Settings of `wanted` that `got`, a whole .config, does not have. */
export function refusedSettings(wanted: string, got: string): string[] {
  const lines = new Set(got.split("\n"));
  const names = new Set(Array.from(got.matchAll(/^(CONFIG_\w+)=/gm), (match) => match[1]!));
  return wanted.split("\n").filter(Boolean).filter((line) => {
    const [key, value] = line.split("=", 2);
    return value === "n" ? names.has(key!) : !lines.has(line);
  });
}
