/** How many tests ran, by the reports of `deno test`. */

/** Tests that passed and failed; an ignored test is neither. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

export const NONE: Counts = { passed: 0, failed: 0 };

export function add(...all: readonly Counts[]): Counts {
  return all.reduce(
    (sum, { passed, failed }) => ({ passed: sum.passed + passed, failed: sum.failed + failed }),
    NONE,
  );
}

/** Reads a JUnit report. Without one (nothing ran, or it broke off) there are none. */
export async function readJunit(path: string): Promise<Counts> {
  const report = await Deno.readTextFile(path).catch(() => "");
  const head = /<testsuites[^>]*>/.exec(report)?.[0] ?? "";
  const number = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const failed = number("failures") + number("errors");
  const ignored = [...report.matchAll(/<testsuite\s[^>]*disabled="(\d+)"/g)]
    .reduce((sum, [, count]) => sum + Number(count), 0);
  return { passed: number("tests") - failed - ignored, failed };
}
