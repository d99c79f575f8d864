/** A terminal's screen, as far as questions use one: what would be seen after the bytes that were written. */

/** Keeps rows of characters and a cursor; what scrolls out at the top is kept as well, except in the alternate screen. */
export class Screen {
  /** Rows from the first that was ever written to. */
  #rows: string[][] = [[]];
  /** What the alternate screen hides; undefined outside of it. */
  #hidden: { readonly rows: string[][]; readonly row: number; readonly column: number } | undefined;
  /** DEC private modes that were set and not reset, such as 25 (the cursor is seen), without 1049. */
  readonly modes = new Set<string>(["7", "25"]);
  #row = 0;
  #column = 0;
  #partial = "";

  constructor(public columns: number, public rows: number) {}

  /** Whether the alternate screen is shown. */
  get isAlternate(): boolean {
    return this.#hidden !== undefined;
  }

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
    if (parameters.startsWith("?")) return this.#mode(parameters.slice(1), final === "h");
    if (final === "H") this.#go(parameters);
    else if (final === "J" && parameters === "2") this.#rows = this.#rows.map(() => []);
    else if (final === "G") this.#column = Math.max(0, count - 1);
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

  #go(parameters: string): void {
    const [row = 1, column = 1] = parameters.split(";").map(Number);
    this.#row = row - 1;
    this.#column = column - 1;
    while (this.#rows.length <= this.#row) this.#rows.push([]);
  }

  #mode(mode: string, isSet: boolean): void {
    if (mode !== "1049") {
      if (isSet) this.modes.add(mode);
      else this.modes.delete(mode);
    } else if (isSet && this.#hidden === undefined) {
      this.#hidden = { rows: this.#rows, row: this.#row, column: this.#column };
      this.#rows = [[]];
      this.#row = 0;
      this.#column = 0;
    } else if (!isSet && this.#hidden !== undefined) {
      this.#rows = this.#hidden.rows;
      this.#row = this.#hidden.row;
      this.#column = this.#hidden.column;
      this.#hidden = undefined;
    }
  }
}
