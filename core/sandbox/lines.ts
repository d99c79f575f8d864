/** Lines out of bytes that come in pieces, with an end to how long one may grow. */

import { Buffer } from "node:buffer";

const NEWLINE = 10;

/** What becomes of a line that is too long: told once, or cut. */
export interface LineHandler {
  line(text: string): void;
  /** Nothing comes after it until the next line begins. */
  tooLong(beginning: string): void;
}

/** Collects them. Bytes that are no UTF-8 become U+FFFD. */
export class Lines {
  readonly #longest: number;
  readonly #handler: LineHandler;
  #pieces: Uint8Array[] = [];
  #length = 0;
  #skips = false;

  /** `longest`: bytes of a line, without its end. */
  constructor(longest: number, handler: LineHandler) {
    this.#longest = longest;
    this.#handler = handler;
  }

  /** True where a line has begun and not ended. */
  get isWithin(): boolean {
    return this.#length > 0;
  }

  take(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length;) {
      const end = bytes.indexOf(NEWLINE, start);
      if (end < 0) return this.#keep(bytes.subarray(start));
      this.#keep(bytes.subarray(start, end));
      this.#end();
      start = end + 1;
    }
  }

  #keep(piece: Uint8Array): void {
    if (this.#skips || piece.length === 0) return;
    if (this.#length + piece.length <= this.#longest) {
      // A copy: the reader's buffer would be kept alive by its last few bytes.
      this.#pieces.push(piece.slice());
      this.#length += piece.length;
      return;
    }
    this.#skips = true;
    const beginning = this.#text();
    this.#handler.tooLong(beginning);
  }

  #end(): void {
    if (!this.#skips) this.#handler.line(this.#text());
    this.#skips = false;
  }

  #text(): string {
    const [only = new Uint8Array()] = this.#pieces;
    const text = decoder.decode(this.#pieces.length > 1 ? Buffer.concat(this.#pieces, this.#length) : only);
    this.#pieces = [];
    this.#length = 0;
    return text;
  }
}

const decoder = new TextDecoder();
