/** Runs the test files of a folder that has a task of its own. */

import { type Counts, NONE, readJunit } from "./counts.ts";

/** Runs those of its files whose names hold one of `words` (all without any), and prints the tests as they go. */
export async function runFolder(
  folder: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Counts> {
  const files = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    name.endsWith("_test.ts") && (words.length === 0 || words.some((word) => name.includes(word)))
  );
  // Without a file, deno would run every test that there is.
  if (files.length === 0) return NONE;
  const results = await Deno.makeTempDir({ prefix: "snet-results-" });
  try {
    const report = `${results}/junit.xml`;
    const paths = files.sort().map((name) => `${folder}/${name}`);
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--allow-all", "--no-check", `--junit-path=${report}`, ...paths],
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).output();
    const counts = await readJunit(report);
    // Without a failed test it is a file that does not load.
    return success || counts.failed > 0 ? counts : { ...counts, failed: 1 };
  } finally {
    await Deno.remove(results, { recursive: true });
  }
}
