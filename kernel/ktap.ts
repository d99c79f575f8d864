/**
 * Reads the results of the kernel's own tests out of a kernel log.
 *
 * @see https://docs.kernel.org/dev-tools/ktap.html
 * @module
 */

/** One test of a suite. */
export interface KernelTest {
  suite: string;
  name: string;
  result: "passed" | "failed" | "skipped";
  /** What the kernel said about it: failed expectations with file and line; the reason of a skip. */
  said: string[];
}

/**
 * All tests of a log, in its order, parameters of a test as tests of their own. A suite that planned more tests than it
 * reported, because the kernel died in it, has one more, failed one.
 */
export function parseKtap(log: string): KernelTest[] {
  const tests: KernelTest[] = [];
  /* Names of the suites and tests that the current line is in, outermost first, with the tests they planned. */
  const open: { name: string; depth: number; planned: number; seen: number }[] = [];
  let said: string[] = [];

  for (const line of log.split("\n")) {
    const depth = (line.length - line.trimStart().length) / 4;
    const text = line.trim();
    const subtest = /^# Subtest: (\S+)/.exec(text);
    const plan = /^1\.\.(\d+)$/.exec(text);
    const result = /^(not )?ok \d+ (?:- )?(\S+)(?: # SKIP ?(.*))?/.exec(text);
    if (subtest) {
      open.push({ name: subtest[1]!, depth, planned: 0, seen: 0 });
      said = [];
    } else if (plan) {
      const suite = open.at(-1);
      if (suite?.depth === depth) suite.planned = Number(plan[1]);
    } else if (result) {
      const [, not, name, skipped] = result;
      if (depth < (open.at(-1)?.depth ?? 0)) {
        const closed = open.pop()!;
        if (closed.seen > 0) {
          /* The line sums up what has been counted one by one. */
          said = [];
          if (open.length > 0) open.at(-1)!.seen++;
          continue;
        }
      }
      if (open.length > 0) open.at(-1)!.seen++;
      const suite = open.map((one) => one.name).join(" ") || name!;
      const outcome = not ? "failed" : skipped === undefined ? "passed" : "skipped";
      tests.push({ suite, name: name!, result: outcome, said: skipped ? [skipped] : said });
      said = [];
    } else if (
      open.length > 0 && text !== "" && !/^(KTAP version|# module:|# .*: pass:|# Totals:)/.test(text)
    ) {
      said.push(text);
    }
  }
  for (const { name, planned, seen } of open) {
    if (seen >= planned && planned > 0) continue;
    tests.push({
      suite: name,
      name: `the other ${planned - seen} of ${planned} tests`,
      result: "failed",
      said,
    });
  }
  return tests;
}
