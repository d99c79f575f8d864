/**
 * Runs snet's KUnit tests in the test kernel: `deno task kernel:test [debug]`.
 *
 * @module
 */

import { type KernelTest, parseKtap } from "./ktap.ts";
import { runInTestKernel } from "./uml.ts";

/** The results of all suites. */
export interface KunitRun {
  passed: number;
  failed: number;
  skipped: number;
  tests: KernelTest[];
}

/** Seconds for all suites; they test time-outs with delays of milliseconds. */
const TIMEOUT_SECONDS = { kunit: 120, debug: 300 };

/**
 * Boots the kernel that has the tests in it and prints each result. A complaint of the kernel, or no test at all, is a failure.
 *
 * @param variant `debug` runs the same tests under lockdep and KASAN, in a kernel that takes minutes to build.
 * @throws Error if the kernel cannot be built.
 */
export async function runKunit(variant: "kunit" | "debug" = "kunit"): Promise<KunitRun> {
  const run = await runInTestKernel({
    kernel: variant,
    command: ["true"],
    bootArgs: ["kunit.enable=1", "kunit.filter_glob=snet*"],
    timeoutSeconds: TIMEOUT_SECONDS[variant],
  });
  const tests = parseKtap(run.kernelLog);
  const fail = (name: string, said: string[]) =>
    tests.push({ suite: "kernel", name, result: "failed", said });
  if (run.failure !== undefined) fail(run.failure, run.kernelLog.trimEnd().split("\n").slice(-25));
  else if (tests.length === 0) {
    fail("ran no test", ["no KTAP line in the kernel's log: is CONFIG_SECURITY_SNET_KUNIT_TEST on?"]);
  }
  if (run.alarms.length > 0) fail("complained while the tests ran", run.alarms);

  const count = (result: KernelTest["result"]) => tests.filter((test) => test.result === result).length;
  const sums = { passed: count("passed"), failed: count("failed"), skipped: count("skipped") };
  for (const test of tests) print(test);
  console.log(
    `KUnit: ${sums.passed} passed, ${sums.failed} failed, ${sums.skipped} skipped, ${
      run.seconds.toFixed(1)
    } s`,
  );
  return { ...sums, tests };
}

function print({ suite, name, result, said }: KernelTest) {
  const mark = { passed: "ok     ", failed: "FAILED ", skipped: "skipped" }[result];
  console.log(`${mark} ${suite}: ${name}`);
  if (result !== "passed") { for (const line of said) console.log(`        ${line}`); }
}

if (import.meta.main) {
  const variant = Deno.args[0] ?? "kunit";
  if (variant !== "kunit" && variant !== "debug") {
    console.error(`kernel:test: unknown variant "${variant}"; there are kunit, debug`);
    Deno.exit(2);
  }
  try {
    const { failed } = await runKunit(variant);
    Deno.exit(failed > 0 ? 1 : 0);
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
