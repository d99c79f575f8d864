/**
 * `deno task test:sandbox [WORD…]`: plugins that are not trusted, in processes of their own, which try to get out, to break the
 * protocol and to use up the machine; each beside the same code without a sandbox. They use dist/snet as it is: build it first.
 * With words, only files whose names hold one of them. As root each plugin has a user of its own, as it has for an operator.
 */

import { type Counts, readJunit } from "../counts.ts";

const HERE = import.meta.dirname!;

/** Runs the tests and prints them as they go. */
export async function runSandboxTests(words: readonly string[] = []): Promise<Counts> {
  const files = [...Deno.readDirSync(HERE)].map(({ name }) => name).filter((name) =>
    name.endsWith("_test.ts") && (words.length === 0 || words.some((word) => name.includes(word)))
  );
  const folder = await Deno.makeTempDir();
  try {
    const report = `${folder}/junit.xml`;
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: [
        "test",
        "--allow-all",
        "--no-check",
        `--junit-path=${report}`,
        ...files.sort().map((name) => `${HERE}/${name}`),
      ],
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).output();
    const counts = await readJunit(report);
    // Without a failed test it is a file that does not load.
    return success || counts.failed > 0 ? counts : { ...counts, failed: 1 };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const { passed, failed } = await runSandboxTests(Deno.args);
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0 || passed === 0) Deno.exit(1);
}
