/** What the terminal can show: colour and width. */

import { styleText } from "node:util";

/** Colours by what they mean. */
export type Tone = "good" | "bad" | "warn" | "faint" | "strong" | "chosen";

const styles = {
  good: "green",
  bad: "red",
  warn: "yellow",
  faint: "dim",
  strong: "bold",
  chosen: "inverse",
} as const;

/** A way to set text off; returns it unchanged where there is no colour. */
export type Paint = (tone: Tone, text: string) => string;

/** Paints nothing. */
export const plain: Paint = (_tone, text) => text;

const coloured: Paint = (tone, text) => styleText(styles[tone], text, { validateStream: false });

/** What decides about colour and width; a stand-in for the process in tests. */
export interface Surroundings {
  readonly isTerminal: boolean;
  /** Columns of the terminal; undefined if unknown. */
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  readonly env: (name: string) => string | undefined;
}

/** The standard output of this process. */
export function standardOutput(): Surroundings {
  const isTerminal = Deno.stdout.isTerminal();
  let size: { columns: number; rows: number } | undefined;
  try {
    size = Deno.consoleSize();
  } catch {
    // Not a terminal, or one that does not know.
  }
  return {
    isTerminal,
    columns: isTerminal ? size?.columns || undefined : undefined,
    rows: isTerminal ? size?.rows || undefined : undefined,
    env: (name) => Deno.env.get(name),
  };
}

/**
 * Colour only in a terminal that is not `TERM=dumb` or where `FORCE_COLOR` asks for it, and never with `NO_COLOR` set
 * to anything (https://no-color.org, https://force-color.org).
 */
export function painter(to: Surroundings): Paint {
  if (to.env("NO_COLOR")) return plain;
  if (to.env("FORCE_COLOR")) return coloured;
  return to.isTerminal && to.env("TERM") !== "dumb" ? coloured : plain;
}

/**
 * Columns to fit text into: the terminal's (80 where it does not say), else those of `COLUMNS`, else undefined: no
 * limit.
 */
export function columnsOf(to: Surroundings): number | undefined {
  const told = Number.parseInt(to.env("COLUMNS") ?? "") || undefined;
  const columns = to.isTerminal ? to.columns ?? told ?? 80 : told;
  // Below 40 columns no table can be read: the terminal may break its lines.
  return columns === undefined ? undefined : Math.max(40, columns);
}

/** Whether this process has a terminal that it can fill, and get keys from. */
export function canFillTerminal(): boolean {
  const term = Deno.env.get("TERM") ?? "";
  return Deno.stdin.isTerminal() && Deno.stdout.isTerminal() && term !== "" && term !== "dumb";
}
