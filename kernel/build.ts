/**
 * Builds the test kernels: the distribution's source with snet in it, mostly as User-Mode Linux.
 *
 * `deno task kernel [VARIANT]` prints the path of the finished kernel. Nothing is built when nothing has changed since;
 * after a change in security/snet it takes seconds.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { cacheFolder, digest, exists, withLock } from "./cache.ts";
import { type Configuration, configure, mergedFragments } from "./config.ts";
import { make } from "./make.ts";
import { type KernelSource, prepareSource } from "./source.ts";

/** What test kernels are built for. All but the last are User-Mode Linux. */
export const VARIANTS = {
  /** The one that tests and benchmarks boot. */
  plain: { arch: "um", fragments: ["base.config", "uml.config"] },
  /** With the KUnit tests of security/snet, which run while it boots. */
  kunit: { arch: "um", fragments: ["base.config", "uml.config", "kunit.config"] },
  /** Without snet: what calls cost by themselves. */
  nosnet: { arch: "um", fragments: ["base.config", "uml.config", "nosnet.config"] },
  /** With lockdep, checks for sleeping where it is forbidden, KASAN, tracepoints. */
  debug: { arch: "um", fragments: ["base.config", "uml.config", "kunit.config", "debug.config"] },
  /** With two processors, the same checks and more, and the other security modules; for QEMU. */
  smp: {
    arch: "x86_64",
    fragments: [
      "base.config",
      "x86_64.config",
      "kunit.config",
      "debug.config",
      "x86_64-debug.config",
      "stacked.config",
    ],
  },
} as const satisfies Record<string, Configuration>;

/** The name of a test kernel. */
export type Variant = keyof typeof VARIANTS;

/** The name of a test kernel that is User-Mode Linux. */
export type UmlVariant = Exclude<Variant, "smp">;

const TARGETS = {
  um: { target: "linux", image: "linux" },
  x86_64: { target: "bzImage", image: "arch/x86/boot/bzImage" },
};

/* These differ from plain in a few objects only, and start as a copy of its folder. */
const COPIES_OF_PLAIN: readonly Variant[] = ["kunit", "nosnet"];

/** Finished kernels that are kept, so that switching between branches does not build again. */
const KERNELS_KEPT = 12;

/** A kernel that can be booted. */
export interface TestKernel {
  variant: Variant;
  /** The executable file of User-Mode Linux, or the bzImage. */
  path: string;
  /** False if it had been built before. */
  built: boolean;
  /** How long the call took. */
  seconds: number;
}

/**
 * Builds the test kernel unless it has been built from the same configuration, files, patch, package and compiler.
 *
 * @throws Error with the compiler's error lines and the log's path.
 */
export function buildKernel(variant: Variant = "plain"): Promise<TestKernel> {
  const started = Date.now();
  return withLock("kernel-build", async () => {
    const source = await prepareSource("6.12");
    const configuration = VARIANTS[variant];
    const compiler = await new Deno.Command("gcc", { args: ["-dumpfullversion"] }).output();
    const hash = await digest([
      source.hash,
      await mergedFragments(configuration),
      new TextDecoder().decode(compiler.stdout),
    ]);
    const kernels = join(cacheFolder(), "kernels");
    const path = join(kernels, `linux-${variant}-${hash}`);
    const built = !await exists(path);
    if (built) {
      await build(source, variant, path);
      await removeOldKernels(kernels);
    }
    return { variant, path, built, seconds: (Date.now() - started) / 1000 };
  });
}

async function build(source: KernelSource, variant: Variant, path: string) {
  const configuration = VARIANTS[variant];
  const { arch } = configuration;
  const builds = join(source.folder, "builds");
  const folder = (variant: Variant) => join(builds, `${arch === "um" ? "uml" : arch}-${variant}`);
  const output = folder(variant);
  if (
    COPIES_OF_PLAIN.includes(variant) && !await exists(output) && await exists(join(folder("plain"), "linux"))
  ) {
    await new Deno.Command("cp", { args: ["-a", folder("plain"), output] }).output();
  }
  await configure(source, configuration, output);
  const { target, image } = TARGETS[arch];
  await make({
    title: `kernel ${variant}`,
    tree: source.tree,
    output,
    arch,
    args: [target],
    log: `${output}.log`,
  });

  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.copyFile(join(output, image), `${path}.new`);
  await Deno.rename(`${path}.new`, path);
}

/** A running test keeps its kernel: the file lives on until the last process that runs it has ended. */
async function removeOldKernels(kernels: string) {
  const files: { path: string; time: number }[] = [];
  for await (const { name } of Deno.readDir(kernels)) {
    const path = join(kernels, name);
    files.push({ path, time: (await Deno.stat(path)).mtime?.getTime() ?? 0 });
  }
  files.sort((a, b) => b.time - a.time);
  for (const { path } of files.slice(KERNELS_KEPT)) await Deno.remove(path);
}

if (import.meta.main) {
  const variant = Deno.args[0] ?? "plain";
  if (!(variant in VARIANTS)) {
    console.error(`kernel: unknown variant "${variant}"; there are ${Object.keys(VARIANTS).join(", ")}`);
    Deno.exit(2);
  }
  try {
    const { path, built, seconds } = await buildKernel(variant as Variant);
    console.error(`kernel ${variant}: ${built ? "built" : "unchanged"}, ${seconds.toFixed(1)} s`);
    console.log(path);
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
