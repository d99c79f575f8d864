/**
 * Compiles snet's files and the patched files of the kernel for every version and architecture, without a warning:
 * `deno task kernel:compile`. Nothing is linked.
 *
 * @module
 */

import { join } from "node:path";
import { withLock } from "./cache.ts";
import { type Configuration, configure } from "./config.ts";
import { make } from "./make.ts";
import { KERNEL_VERSIONS, type KernelSource, type KernelVersion, prepareSource } from "./source.ts";
import { ensurePackages } from "./setup.ts";

/** The architectures that snet is compiled for. */
export const ARCHITECTURES = ["um", "x86_64"] as const;

/** One cell of the matrix. */
export interface Compilation {
  version: KernelVersion;
  arch: Configuration["arch"];
  /** Why it failed: errors and warnings of the compiler. Undefined if it is clean. */
  failure: string | undefined;
  seconds: number;
}

/** The whole matrix. */
export interface CompileRun {
  passed: number;
  failed: number;
  compilations: Compilation[];
}

/** Compiles for every version and architecture and prints one line for each. */
export async function compileMatrix(): Promise<CompileRun> {
  await ensurePackages("kernel", "compile");
  const compilations: Compilation[] = [];
  for (const version of KERNEL_VERSIONS) {
    for (const arch of ARCHITECTURES) {
      const result = await withLock("kernel-build", () => compile(version, arch));
      compilations.push(result);
      const { failure, seconds } = result;
      console.log(`${failure ? "FAILED " : "ok     "} Linux ${version} ${arch}, ${seconds.toFixed(1)} s`);
      if (failure) console.log(failure.replace(/^/gm, "        "));
    }
  }
  const failed = compilations.filter(({ failure }) => failure !== undefined).length;
  return { passed: compilations.length - failed, failed, compilations };
}

async function compile(version: KernelVersion, arch: Configuration["arch"]): Promise<Compilation> {
  const started = performance.now();
  let failure: string | undefined;
  try {
    const source = await prepareSource(version);
    const output = join(source.folder, "builds", `compile-${arch}`);
    await configure(source, { arch, fragments: ["compile.config"] }, output);
    await compileFiles(source, arch, output);
  } catch (error) {
    failure = (error as Error).message;
  }
  return { version, arch, failure, seconds: (performance.now() - started) / 1_000 };
}

/**
 * Only snet's own files must be clean at W=1: the kernel's are not, so -Werror for all would not do. Their objects are
 * removed first: an object that is up to date would keep its warnings for itself.
 */
async function compileFiles(source: KernelSource, arch: Configuration["arch"], output: string) {
  const own = source.ownFiles.filter((path) => path.endsWith(".c")).map(object);
  for (const path of own) await Deno.remove(join(output, path)).catch(ignoreMissing);

  const patched = source.patchedFiles.filter((path) => /^(net|security)\/.*\.c$/.test(path)).map(object);
  const log = join(output, "snet.log");
  const said = await make({
    title: `Linux ${source.version} ${arch}`,
    tree: source.tree,
    output,
    arch,
    args: ["W=1", ...patched, "security/snet/"],
    log,
  });
  const warning = said.findIndex((line) => line.includes("security/snet/"));
  if (warning >= 0) {
    throw new Error(`warnings, also in ${log}\n${said.slice(warning, warning + 40).join("\n")}`);
  }

  for (const path of own) {
    await Deno.stat(join(output, path)).catch(() => {
      throw new Error(`${path} was not made: is it in security/snet/Makefile?`);
    });
  }
}

function object(path: string): string {
  return path.replace(/c$/, "o");
}

function ignoreMissing(error: unknown) {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

if (import.meta.main) {
  try {
    const { passed, failed } = await compileMatrix();
    console.log(`compile test: ${passed} passed, ${failed} failed`);
    Deno.exit(failed > 0 ? 1 : 0);
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
