/**
 * `deno task test:sandbox [WORD…]`: plugins that are not trusted, in processes of their own, which try to get out, to break the
 * protocol and to use up the machine; each beside the same code without a sandbox. They use dist/snet as it is: build it first.
 * With words, only files whose names hold one of them. As root each plugin has a user of its own, as it has for an operator.
 */

import type { Counts } from "../counts.ts";
import { runFolder } from "../folder.ts";

const HERE = import.meta.dirname!;

/** Runs the tests and prints them as they go. */
export async function runSandboxTests(words: readonly string[] = []): Promise<Counts> {
  return await runFolder(HERE, words);
}

if (import.meta.main) {
  const { passed, failed } = await runSandboxTests(Deno.args);
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0 || passed === 0) Deno.exit(1);
}
