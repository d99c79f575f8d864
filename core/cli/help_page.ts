/** A page that says what the keys do. */

import type { Paint } from "./terminal.ts";
import { pad, wrap } from "./text.ts";

/** A key, or several, and what they do. */
export type KeyHelp = readonly [keys: string, what: string];

const KEY = 12;

/** The keys below each other, and a text. */
export function helpPage(keys: readonly KeyHelp[], text: string, width: number, paint: Paint): string[] {
  const lines = keys.flatMap(([key, what]) =>
    wrap(what, width - 3 - KEY).map((line, index) =>
      ` ${paint("strong", pad(index === 0 ? key : "", KEY))} ${line}`
    )
  );
  return [...lines, "", ...wrap(text, width - 1, 1)];
}
