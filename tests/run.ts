/**
 * `deno task test`: everything that there is. Installs what is missing, checks and unit tests, builds dist/snet and the
 * test kernel, runs real programs under `snet run`, plugins that are not trusted and the page in Chromium, compiles the module
 * for each supported kernel, runs KUnit and the tests inside the test kernel. Its last line is `N passed, N failed`, over all
 * tests that ran.
 */

import { build } from "../core/package/build.ts";
import { buildKernel } from "../kernel/build.ts";
import { compileMatrix } from "../kernel/compile.ts";
import { runKunit } from "../kernel/kunit.ts";
import { ensurePackages } from "../kernel/setup.ts";
import { add, type Counts, NONE } from "./counts.ts";
import { runKernelTests } from "./kernel/run.ts";
import { runLong, runOk } from "./ok.ts";
import { runRunTests } from "./run/run.ts";
import { runSandboxTests } from "./sandbox/run.ts";
import { runWebTests } from "./web/run.ts";

/** One part of the run. What it returns is counted; undefined where it only prepares. */
interface Part {
  readonly name: string;
  run(): Promise<Counts | undefined>;
}

/** In this order, since later parts use what earlier ones made. */
const PARTS: readonly Part[] = [
  {
    name: "packages",
    run: () => ensurePackages("run", "kernel", "compile", "test", "programs").then(() => undefined),
  },
  { name: "ok", run: runOk },
  { name: "long unit tests", run: runLong },
  { name: "dist/snet", run: () => build().then(() => undefined) },
  { name: "real programs under snet run", run: () => runRunTests() },
  { name: "plugins that are not trusted", run: () => runSandboxTests() },
  { name: "the page in Chromium", run: () => runWebTests() },
  { name: "test kernel", run: () => buildKernel("plain").then(() => undefined) },
  { name: "tests inside the test kernel", run: () => runKernelTests() },
  { name: "KUnit", run: () => runKunit() },
  { name: "the module compiles for each kernel", run: compileMatrix },
];

const ONE_FAILED: Counts = { passed: 0, failed: 1 };

/** Runs a part; one that throws, or that should count and ran nothing, has failed. */
async function runPart({ name, run }: Part): Promise<Counts> {
  const started = performance.now();
  console.log(`\n== ${name}`);
  let counts: Counts | undefined;
  try {
    counts = await run();
  } catch (error) {
    console.log(`FAILED  ${name}: ${error instanceof Error ? error.message : error}`);
    return ONE_FAILED;
  }
  const seconds = `${((performance.now() - started) / 1000).toFixed(1)} s`;
  if (counts === undefined) {
    console.log(`${name}: done in ${seconds}`);
    return NONE;
  }
  const { passed, failed } = counts;
  console.log(`${name}: ${passed} passed, ${failed} failed in ${seconds}`);
  if (passed + failed > 0) return { passed, failed };
  console.log(`FAILED  ${name}: ran no test`);
  return ONE_FAILED;
}

if (import.meta.main) {
  let counts = NONE;
  for (const part of PARTS) counts = add(counts, await runPart(part));
  console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
  if (counts.failed > 0) Deno.exit(1);
}
