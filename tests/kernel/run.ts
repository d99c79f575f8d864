/**
 * `deno task test:kernel [--kernel FILE] [WORD…]`: runs the tests inside the test kernel, or in that of a file; with
 * words, only files whose names hold one of them. They use dist/snet as it is: build it first.
 */

import { ensurePackages } from "../../kernel/setup.ts";
import { runInTestKernel } from "../../kernel/uml.ts";
import { buildPage } from "../../web/build.ts";
import { add, type Counts, NONE, readJunit } from "../counts.ts";
import { compileRunProbes, RUN_PROBE_FOLDER } from "../run/place.ts";
import { compileProbes, PROBE_FOLDER } from "./probes.ts";
import { RESOLVER_FOLDER, unpackResolvers } from "./resolver_packages.ts";

const HERE = import.meta.dirname!;

/** The folders of tests, with what their kernel is booted with. */
const BOOTS = [
  { folder: HERE, bootArgs: [] },
  { folder: `${HERE}/boot`, bootArgs: ["snet.absent=1", "snet.verdict_delay=2", "snet.verdict_policy=1"] },
] as const;

/** Seconds for all tests of one boot: several times what they take. */
const TIME_LIMIT = 600;

/** Runs the tests and prints them as they go. A machine that fails, or a kernel that complains, is a failed test. */
export async function runKernelTests(words: readonly string[] = [], kernel?: string): Promise<Counts> {
  // A browser runs there too; and what it opens is dist/page.js.
  await ensurePackages("browser");
  await buildPage();
  await compileProbes();
  await compileRunProbes();
  await unpackResolvers();
  let counts = NONE;
  for (const { folder, bootArgs } of BOOTS) {
    const files = (await testFiles(folder)).filter((file) =>
      words.length === 0 || words.some((word) => file.slice(HERE.length).includes(word))
    );
    if (files.length === 0) continue;
    counts = add(counts, await runFiles(files, bootArgs, kernel));
  }
  return counts;
}

/** Hands over whole lines, as a terminal would show them: deno writes over a test's name when it knows the result. */
function lineByLine(take: (line: string) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) take(line.slice(line.lastIndexOf("\r") + 1));
  };
}

async function testFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && name.endsWith("_test.ts")) files.push(`${folder}/${name}`);
  }
  return files.sort();
}

/** Runs test files in one boot of the test kernel. */
async function runFiles(
  files: readonly string[],
  bootArgs: readonly string[],
  kernel: string | undefined,
): Promise<Counts> {
  const results = await Deno.makeTempDir({ prefix: "snet-results-" });
  try {
    const run = await runInTestKernel({
      // deno-fmt-ignore
      command: [
        "deno", "test", "--allow-all", "--no-check", "--no-lock", "--junit-path=/run/results/junit.xml", ...files,
      ],
      env: { NO_COLOR: "1" },
      mounts: [
        { from: PROBE_FOLDER, at: "/run/probe" },
        { from: RUN_PROBE_FOLDER, at: "/run/run-probe" },
        { from: RESOLVER_FOLDER, at: "/run/resolvers" },
        { from: results, at: "/run/results", writable: true },
      ],
      bootArgs,
      ...(kernel === undefined ? {} : { kernel: { path: kernel } }),
      timeoutSeconds: TIME_LIMIT,
      onOutput: lineByLine(console.log),
    });
    for (const alarm of run.alarms) console.error(`kernel: ${alarm}`);
    if (run.failure !== undefined) console.error(run.failure);
    const counts = await readJunit(`${results}/junit.xml`);
    const complaints = run.alarms.length > 0 || run.failure !== undefined ? 1 : 0;
    // An exit code without a failed test is an error outside of tests: a file that did not load, a leak.
    const outside = run.code !== 0 && counts.failed === 0 && complaints === 0 ? 1 : 0;
    return { passed: counts.passed, failed: counts.failed + complaints + outside };
  } finally {
    await Deno.remove(results, { recursive: true });
  }
}

if (import.meta.main) {
  const words = [...Deno.args];
  const at = words.indexOf("--kernel");
  const kernel = at < 0 ? undefined : words.splice(at, 2)[1];
  const { passed, failed } = await runKernelTests(words, kernel);
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0 || passed === 0) Deno.exit(1);
}
