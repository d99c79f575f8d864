/**
 * The kernel's own style checker and sparse on snet's kernel files: `deno task kernel:lint`.
 *
 * @module
 */

import { join } from "node:path";
import { withLock } from "./cache.ts";
import { configure } from "./config.ts";
import { make } from "./make.ts";
import { KERNEL_FOLDER, type KernelSource, prepareSource } from "./source.ts";
import { ensurePackages } from "./setup.ts";

/*
 * Left out: rules for code of one kernel version (one source serves several, under two names of a macro for old ones),
 * the one against in_atomic(), which is asked only as a last resort before a call would be held, and the one against
 * returning -ENOSYS, which is what a system call's result is compared with until it has one. The layout of
 * trace headers is that of the kernel's own, which checkpatch.pl complains of just as much.
 */
const NOT_OURS = ["LINUX_VERSION_CODE", "CONSTANT_COMPARISON", "IN_ATOMIC", "ENOSYS"];
const NOT_TRACE = ["OPEN_ENDED_LINE", "PARENTHESIS_ALIGNMENT"];

/** What the checkers said. */
export interface LintRun {
  passed: number;
  failed: number;
}

/** Checks every file of kernel/tree that is not generated, and prints what is wrong with it. */
export async function lintKernel(): Promise<LintRun> {
  await ensurePackages("kernel", "compile", "lint");
  return await withLock("kernel-build", async () => {
    const source = await prepareSource("6.12");
    const files = await writtenFiles(source);
    let failed = 0;
    for (const path of files) {
      const complaint = await checkpatch(source, path);
      if (complaint === undefined) continue;
      failed++;
      console.log(complaint);
    }
    console.log(`checkpatch: ${files.length - failed} of ${files.length} files clean`);

    const warnings = await sparse(source);
    for (const line of warnings) console.log(line);
    console.log(`sparse: ${warnings.length === 0 ? "clean" : `${warnings.length} lines`}`);
    return {
      passed: files.length - failed + (warnings.length === 0 ? 1 : 0),
      failed: failed + (warnings.length > 0 ? 1 : 0),
    };
  });
}

async function writtenFiles(source: KernelSource): Promise<string[]> {
  const files: string[] = [];
  for (const path of source.ownFiles) {
    const text = await Deno.readTextFile(join(KERNEL_FOLDER, "tree", path));
    if (/\.[ch]$/.test(path) && !/Do not edit/i.test(text.slice(0, 500))) files.push(path);
  }
  return files;
}

async function checkpatch(source: KernelSource, path: string): Promise<string | undefined> {
  const ignored = path.startsWith("include/trace/") ? [...NOT_OURS, ...NOT_TRACE] : NOT_OURS;
  const options = [
    "--strict",
    "--no-tree",
    "--terse",
    "--show-types",
    "--no-summary",
    "--ignore",
    ignored.join(),
  ];
  const { success, stdout } = await new Deno.Command("perl", {
    args: ["scripts/checkpatch.pl", ...options, "-f", path],
    cwd: source.tree,
    stderr: "null",
  }).output();
  return success ? undefined : new TextDecoder().decode(stdout).trim();
}

/* C=2 checks files that need no compilation too. */
async function sparse(source: KernelSource): Promise<string[]> {
  const output = join(source.folder, "builds", "compile-x86_64");
  await configure(source, { arch: "x86_64", fragments: ["compile.config"] }, output);
  const said = await make({
    title: "sparse",
    tree: source.tree,
    output,
    arch: "x86_64",
    args: ["C=2", "security/snet/"],
    log: join(output, "snet.sparse-log"),
  });
  return said.filter((line) => line.includes("security/snet/"));
}

if (import.meta.main) {
  try {
    const { failed } = await lintKernel();
    Deno.exit(failed > 0 ? 1 : 0);
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
