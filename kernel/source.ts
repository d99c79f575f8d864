/**
 * The kernel source that everything is built from: the distribution's package, unpacked once, with `kernel/tree`
 * laid over it and the patches of `kernel/patches` applied.
 *
 * Only files whose content differs are written, so that make sees what changed and nothing else.
 *
 * @module
 */

import { dirname, join, relative } from "node:path";
import { cacheFolder, digest, exists, readIfThere } from "./cache.ts";
import { ensurePackages } from "./setup.ts";

/** A kernel version that snet builds for. */
export type KernelVersion = "6.12" | "6.1";

/** Every version that snet builds for; the first is the one that is booted. */
export const KERNEL_VERSIONS: readonly KernelVersion[] = ["6.12", "6.1"];

/** The `kernel` folder of this checkout. */
export const KERNEL_FOLDER: string = import.meta.dirname!;

/** A kernel tree that is ready to build. */
export interface KernelSource {
  version: KernelVersion;
  /** Version of the distribution's source package, as `6.12.117-1~deb12u1`. */
  packageVersion: string;
  /** The folder that holds everything of this version: `source`, `original`, `builds`. */
  folder: string;
  /** The kernel tree, with snet in it. */
  tree: string;
  /** Changes whenever snet's files, the patch or the package change. */
  hash: string;
  /** Paths of snet's own files in the tree. */
  ownFiles: string[];
  /** Paths of the kernel's files that the patch changes. */
  patchedFiles: string[];
}

/**
 * Unpacks the source of `version` if needed and brings snet's files in it up to date. The caller holds the build lock.
 *
 * @throws Error if the package is missing and cannot be installed, or the patch does not apply.
 */
export async function prepareSource(version: KernelVersion): Promise<KernelSource> {
  await ensurePackages("kernel");
  const packageVersion = await installedVersion(`linux-source-${version}`);
  const folder = join(cacheFolder(), `linux-${version}`);
  const tree = join(folder, "source");
  await unpack(version, packageVersion, folder, tree);

  const ownFiles = await layOver(join(KERNEL_FOLDER, "tree"), tree, join(folder, "overlay"));
  const patchedFiles = await applyPatches(version, folder, tree);

  const contents = await Promise.all(
    [...ownFiles, ...patchedFiles].map(async (path) =>
      `${path}\n${await Deno.readTextFile(join(tree, path))}`
    ),
  );
  const hash = await digest([version, packageVersion, ...contents]);
  return { version, packageVersion, folder, tree, hash, ownFiles, patchedFiles };
}

/** Puts the kernel's files at `paths` into the folder `original` as the distribution ships them. */
export async function keepOriginals(
  version: KernelVersion,
  folder: string,
  paths: readonly string[],
): Promise<void> {
  const originals = join(folder, "original");
  const missing: string[] = [];
  for (const path of paths) if (!await exists(join(originals, path))) missing.push(path);
  if (missing.length === 0) return;

  await Deno.mkdir(originals, { recursive: true });
  await tar(version, originals, missing.map((path) => `linux-source-${version}/${path}`));
}

/** Paths that a unified diff changes, in its order. */
export function pathsOfPatch(patch: string): string[] {
  return Array.from(patch.matchAll(/^\+\+\+ b\/(\S+)/gm), (match) => match[1]!);
}

async function installedVersion(name: string): Promise<string> {
  const { stdout } = await new Deno.Command("dpkg-query", { args: ["-W", "-f", "${Version}", name] })
    .output();
  return new TextDecoder().decode(stdout);
}

async function unpack(version: KernelVersion, packageVersion: string, folder: string, tree: string) {
  const stamp = join(folder, "source.version");
  if (await readIfThere(stamp) === packageVersion) return;

  console.error(`unpacking Linux ${packageVersion} …`);
  for (const old of ["source", "original", "builds", "overlay"]) await removeIfThere(join(folder, old));
  await Deno.mkdir(tree, { recursive: true });
  await tar(version, tree, []);
  await Deno.writeTextFile(stamp, packageVersion);
}

async function tar(version: KernelVersion, into: string, members: string[]) {
  const archive = `/usr/src/linux-source-${version}.tar.xz`;
  const { success, stderr } = await new Deno.Command("tar", {
    args: ["-xJf", archive, "-C", into, "--strip-components=1", ...members],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`Cannot unpack ${archive}: ${new TextDecoder().decode(stderr).trim()}`);
}

/** Copies `from` over `tree`, takes away what an earlier copy left, and returns the copied paths. */
async function layOver(from: string, tree: string, manifest: string): Promise<string[]> {
  const files = await filesBelow(from);
  for (const path of files) await writeIfChanged(join(tree, path), await Deno.readTextFile(join(from, path)));

  const before = (await readIfThere(manifest) ?? "").split("\n").filter(Boolean);
  for (const path of before) if (!files.includes(path)) await removeIfThere(join(tree, path));
  await writeIfChanged(manifest, files.join("\n"));
  return files;
}

/* The first is snet's; the second only lets User-Mode Linux run on every machine. */
function patchNames(version: KernelVersion): string[] {
  return [`${version}.patch`, `${version}-um.patch`];
}

/** Makes the patched files of `tree` what the patches say, and all others again what the distribution ships. */
async function applyPatches(version: KernelVersion, folder: string, tree: string): Promise<string[]> {
  const patches: { name: string; paths: string[] }[] = [];
  for (const name of patchNames(version)) {
    const text = await readIfThere(join(KERNEL_FOLDER, "patches", name));
    if (text !== undefined) patches.push({ name, paths: pathsOfPatch(text) });
  }
  const paths = patches.flatMap((patch) => patch.paths);
  await keepOriginals(version, folder, paths);

  const originals = join(folder, "original");
  const patched = await Deno.makeTempDir({ prefix: "snet-patch-" });
  try {
    await new Deno.Command("cp", { args: ["-a", `${originals}/.`, patched] }).output();
    for (const { name } of patches) await applyPatch(join(KERNEL_FOLDER, "patches", name), patched);
    for (const path of await filesBelow(originals)) {
      await writeIfChanged(join(tree, path), await Deno.readTextFile(join(patched, path)));
    }
  } finally {
    await Deno.remove(patched, { recursive: true });
  }
  return paths;
}

async function applyPatch(patch: string, folder: string) {
  const { success, stdout } = await new Deno.Command("patch", {
    args: ["-p1", "-s", "-F0", "--no-backup-if-mismatch", "-d", folder, "-i", patch],
    stdout: "piped",
    stderr: "null",
  }).output();
  if (!success) throw new Error(`${patch} does not apply: ${new TextDecoder().decode(stdout).trim()}`);
}

async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  const visit = async (path: string) => {
    for await (const entry of Deno.readDir(path)) {
      const below = join(path, entry.name);
      if (entry.isDirectory) await visit(below);
      else files.push(relative(folder, below));
    }
  };
  if (await exists(folder)) await visit(folder);
  return files.sort();
}

async function writeIfChanged(path: string, text: string) {
  if (await readIfThere(path) === text) return;
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, text);
}

async function removeIfThere(path: string) {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
