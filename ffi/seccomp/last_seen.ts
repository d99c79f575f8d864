/** Bytes that are read again and again and seldom change. */
export class LastSeen {
  #words: Uint32Array<ArrayBuffer>;
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** Nothing so far. */
  constructor() {
    this.#bytes = new Uint8Array(new ArrayBuffer(32));
    this.#words = new Uint32Array(this.#bytes.buffer);
  }

  /** The bytes; a view that the next {@linkcode update} may change. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /**
   * Takes what `scratch` begins with: 1 if it differs from what was there, else 0.
   *
   * @param scratch memory of a multiple of 4 bytes @param words the same memory
   */
  update(scratch: Uint8Array<ArrayBuffer>, words: Uint32Array<ArrayBuffer>, length: number): number {
    if (length === this.#length && this.#equals(scratch, words)) return 0;
    if (length > this.#bytes.length) {
      this.#words = new Uint32Array((length + 3) >> 2);
      this.#bytes = new Uint8Array(this.#words.buffer);
    }
    this.#bytes.set(scratch.subarray(0, length));
    this.#length = length;
    return 1;
  }

  // By words, as arguments can be 4096 bytes long.
  #equals(scratch: Uint8Array, words: Uint32Array): boolean {
    const whole = this.#length >> 2;
    for (let i = 0; i < whole; i++) {
      if (this.#words[i] !== words[i]) return false;
    }
    for (let i = whole << 2; i < this.#length; i++) {
      if (this.#bytes[i] !== scratch[i]) return false;
    }
    return true;
  }
}
