/** An output that remembers what was written, for tests. */

import type { Output } from "./output.ts";
import { type Paint, plain } from "./terminal.ts";

/** Collects the lines of a command. */
export class Recorder implements Output {
  readonly lines: string[] = [];
  readonly errors: string[] = [];

  constructor(
    readonly width: number | undefined = 80,
    readonly height: number | undefined = undefined,
    readonly paint: Paint = plain,
  ) {}

  line(text: string): void {
    this.lines.push(...text.split("\n"));
  }

  error(text: string): void {
    this.errors.push(...text.split("\n"));
  }
}
