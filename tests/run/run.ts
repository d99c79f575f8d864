/**
 * `deno task test:run [WORD…]`: real programs under `snet run` on this machine, as an ordinary user and as root, beside the
 * same programs without it; with words, only files whose names hold one of them. They use dist/snet as it is: build it
 * first. Traffic stays on loopback, and only what the tests start is held.
 */

import { ensurePackages } from "../../kernel/setup.ts";
import type { Counts } from "../counts.ts";
import { runFolder } from "../folder.ts";
import { makePlace, removePlace } from "./place.ts";

const HERE = import.meta.dirname!;

/** Runs the tests and prints them as they go. */
export async function runRunTests(words: readonly string[] = []): Promise<Counts> {
  await ensurePackages("programs");
  const place = await makePlace();
  try {
    return await runFolder(HERE, words, { SNET_PLACE: place });
  } finally {
    await removePlace(place);
  }
}

if (import.meta.main) {
  const { passed, failed } = await runRunTests(Deno.args);
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0 || passed === 0) Deno.exit(1);
}
