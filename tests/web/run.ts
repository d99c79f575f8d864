/**
 * `deno task test:web [WORD…]`: the page in a real Chromium, which is installed if it is missing. With words, only files whose
 * names hold one of them.
 */

import { ensurePackages } from "../../kernel/setup.ts";
import { buildPage } from "../../web/build.ts";
import type { Counts } from "../counts.ts";
import { runFolder } from "../folder.ts";

const HERE = import.meta.dirname!;

/** Runs the tests and prints them as they go. */
export async function runWebTests(words: readonly string[] = []): Promise<Counts> {
  await ensurePackages("browser");
  await buildPage();
  return await runFolder(HERE, words);
}

if (import.meta.main) {
  const { passed, failed } = await runWebTests(Deno.args);
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0 || passed === 0) Deno.exit(1);
}
