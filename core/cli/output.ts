/** Where a command writes to: the process's own standard output and error, or a test's. */

import { safeJson } from "./json.ts";
import { columnsOf, type Paint, painter, standardOutput, type Surroundings } from "./terminal.ts";

/** Standard output and error of a command. */
export interface Output {
  /** Writes one line to standard output. Throws {@linkcode ReaderGone} where nobody reads it any more. */
  line(text: string): void;
  /** Writes one line to standard error, if anybody reads it. */
  error(text: string): void;
  /** Columns to fit into; undefined where there is no limit. Asked anew for each line, since terminals change. */
  readonly width: number | undefined;
  /** Lines of the terminal. */
  readonly height: number | undefined;
  readonly paint: Paint;
}

/** Whoever read the output has seen enough (`snet watch | head`): for most commands a good end. */
export class ReaderGone extends Error {
  override readonly name = "ReaderGone";
}

/** Writes a value as indented JSON. */
export function printJson(output: Output, value: unknown): void {
  output.line(safeJson(value, 2));
}

const encoder = new TextEncoder();

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = encoder.encode(`${text}\n`);
  for (let written = 0; written < bytes.length;) written += stream.writeSync(bytes.subarray(written));
}

/** The process's own. */
export class ProcessOutput implements Output {
  readonly paint: Paint;

  constructor(readonly surroundings: () => Surroundings = standardOutput) {
    this.paint = painter(surroundings());
  }

  get width(): number | undefined {
    return columnsOf(this.surroundings());
  }

  get height(): number | undefined {
    return this.surroundings().rows;
  }

  line(text: string): void {
    try {
      writeAll(Deno.stdout, text);
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) throw new ReaderGone("nobody reads the output");
      throw error;
    }
  }

  error(text: string): void {
    try {
      writeAll(Deno.stderr, text);
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
  }
}
