/** What holds for every command that fills the terminal. */

import type { TerminalOptions } from "./terminal_stage.ts";
import type { CommandStage } from "./command_stage.ts";

/** A window of another size is drawn anew, with a line across it; a tiny one says that it is. */
export async function fitsTheWindow(stage: CommandStage<AsyncDisposable>): Promise<void> {
  for (const [columns, rows] of [[40, 12], [120, 40], [80, 24]] as const) {
    stage.resize(columns, rows);
    await stage.until(`it is drawn for ${columns}x${rows}`, () => {
      const lines = stage.look().split("\n");
      return lines.length === rows && lines.some((line) => line === "─".repeat(columns - 1));
    });
  }
  stage.resize(20, 5);
  await stage.see(/too\s+small/);
}

/** Who wants colours, and who does not. */
export const COLOURS: readonly {
  readonly options: TerminalOptions & { readonly words?: readonly string[] };
  readonly wanted: boolean;
}[] = [
  { options: {}, wanted: true },
  { options: { env: { NO_COLOR: "1" } }, wanted: false },
  { options: { words: ["--no-color"] }, wanted: false },
];

/** Whether there were colours in what was written. */
export function hasColours(raw: string): boolean {
  // deno-lint-ignore no-control-regex
  return /\x1b\[[1-9][\d;]*m/.test(raw);
}
