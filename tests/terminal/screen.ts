/** A terminal's screen, as far as questions use one: what would be seen after the bytes that were written. */

/** Keeps rows of characters and a cursor; what scrolls out at the top is kept as well. */
export class Screen {
  /** Rows from the first that was ever written to. */
  readonly #rows: string[][] = [[]];
  #row = 0;
  #column = 0;
  #partial = "";

  constructor(readonly columns: number, readonly rows: number) {}

  /** Shows what a program wrote. Throws for a control that it does not know, as a test should know of it. */
  write(text: string): void {
    // deno-lint-ignore no-control-regex
    const token = /\x1b\[(\??[\d;]*)([@-~])|\x1b[=>78]|\x1b\].*?\x07|[\s\S]/gu;
    const whole = this.#partial + text;
    // deno-lint-ignore no-control-regex
    this.#partial = /\x1b(\[[\d;?]*)?$/.exec(whole)?.[0] ?? "";
    for (const match of whole.slice(0, whole.length - this.#partial.length).matchAll(token)) {
      if (match[2] === undefined) this.#put(match[0]);
      else this.#control(match[1]!, match[2]);
    }
  }

  /** What is seen, without spaces at the ends of lines and empty lines at the end. */
  get text(): string {
    return this.#rows.map((row) => Array.from(row, (character) => character ?? " ").join("").trimEnd()).join(
      "\n",
    )
      .trimEnd();
  }

  #put(character: string): void {
    if (character === "\r") this.#column = 0;
    else if (character === "\n") this.#down();
    else if (character === "\b") this.#column = Math.max(0, this.#column - 1);
    else if (character >= " ") this.#show(character);
  }

  #show(character: string): void {
    // Behind the last column the cursor waits: only the next character goes to the next line.
    if (this.#column === this.columns) {
      this.#column = 0;
      this.#down();
    }
    this.#rows[this.#row]![this.#column++] = character;
  }

  #down(): void {
    this.#row++;
    this.#rows[this.#row] ??= [];
  }

  #control(parameters: string, final: string): void {
    const count = Number(parameters || "1");
    const top = Math.max(0, this.#rows.length - this.rows);
    if (this.#column === this.columns && final !== "m") this.#column--;
    if (final === "G") this.#column = Math.max(0, count - 1);
    else if (final === "A") this.#row = Math.max(top, this.#row - count);
    else if (final === "K") {
      this.#rows[this.#row]!.length = Math.min(this.#column, this.#rows[this.#row]!.length);
    } else if (final === "J") {
      this.#rows.length = this.#row + 1;
      this.#rows[this.#row]!.length = Math.min(this.#column, this.#rows[this.#row]!.length);
    } else if (final !== "m" && final !== "h" && final !== "l") {
      throw new Error(`unknown control ESC [ ${parameters} ${final}`);
    }
  }
}
