/**
 * `deno task test:run [WORD…]`: real programs under `snet run` on this machine, as an ordinary user and as root, beside the
 * same programs without it; with words, only files whose names hold one of them. They use dist/snet as it is: build it
 * first. Traffic stays on loopback, and only what the tests start is held.
 */

import { ensurePackages } from "../../kernel/setup.ts";
import { type Counts, readJunit } from "../counts.ts";
import { makePlace, removePlace } from "./place.ts";

const HERE = import.meta.dirname!;

/** Runs the tests and prints them as they go. */
export async function runRunTests(words: readonly string[] = []): Promise<Counts> {
  await ensurePackages("programs");
  const files = await testFiles(words);
  const place = await makePlace();
  try {
    const report = `${place}/junit.xml`;
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--allow-all", "--no-check", `--junit-path=${report}`, ...files],
      env: { NO_COLOR: "1", SNET_PLACE: place },
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).output();
    const counts = await readJunit(report);
    // Without a failed test it is a file that does not load.
    return success || counts.failed > 0 ? counts : { ...counts, failed: 1 };
  } finally {
    await removePlace(place);
  }
}

async function testFiles(words: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for await (const { name } of Deno.readDir(HERE)) {
    if (!name.endsWith("_test.ts")) continue;
    if (words.length === 0 || words.some((word) => name.includes(word))) files.push(`${HERE}/${name}`);
  }
  return files.sort();
}

if (import.meta.main) {
  const { passed, failed } = await runRunTests(Deno.args);
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0 || passed === 0) Deno.exit(1);
}
