/** The live table for tests. */

import type { RowJson } from "../../control/api.ts";
import { row } from "../../view/samples.ts";
import type { WatchKey } from "./keys.ts";
import { Watch } from "./state.ts";

/** When decisions of tests are made, in milliseconds: noon in whatever time zone the tester has. */
export const NOON = new Date(2026, 10, 22, 12, 0, 0, 0).getTime();

/** Decisions, each with its number, a second after each other. */
export function rows(...inits: readonly Partial<RowJson>[]): RowJson[] {
  return inits.map((init, index) => row({ number: index + 1, time: NOON + index * 1000, ...init }));
}

/** So many equal ones. */
export function many(count: number, init: Partial<RowJson>): Partial<RowJson>[] {
  return Array.from({ length: count }, () => init);
}

/** What a person sees after these decisions. */
export function watchOf(...inits: readonly Partial<RowJson>[]): Watch {
  const watch = new Watch();
  watch.take({ rows: rows(...inits), missed: 0 });
  return watch;
}

/** Presses keys, one after the other; gives what the last one is to do elsewhere. */
export function press(watch: Watch, ...keys: readonly WatchKey[]) {
  return keys.map((key) => watch.press(key, 0, NOON)).at(-1);
}

/** The keys of a text. */
export function typed(text: string): WatchKey[] {
  return [...text].map((character) => ({ text: character }));
}
