/**
 * Shared memory that grows in place: tables are built where they stay, so no copy of them is ever made, and what is not needed
 * any more goes back to the system at once, which the C library's heap does not promise.
 */

/** Bytes by which it grows. */
const STEP = 1 << 18;

/** Memory as numbers of one kind, up to a number of them; only what is used is taken from the system. */
export class Growing<T extends Uint8Array | Uint16Array | Uint32Array> {
  readonly buffer: SharedArrayBuffer;
  /** As many numbers as there is room for now. */
  values: T;

  constructor(
    readonly kind: {
      new (buffer: SharedArrayBuffer, offset: number, length: number): T;
      BYTES_PER_ELEMENT: number;
    },
    most: number,
  ) {
    const bytes = most * kind.BYTES_PER_ELEMENT;
    this.buffer = new SharedArrayBuffer(Math.min(STEP, bytes), { maxByteLength: bytes });
    this.values = viewOf(kind, this.buffer);
  }

  /** Makes room for so many numbers; `values` is another view then. */
  reserve(length: number): void {
    if (length <= this.values.length) return;
    const { buffer, kind } = this;
    buffer.grow(Math.min(Math.ceil(length * kind.BYTES_PER_ELEMENT / STEP) * STEP, buffer.maxByteLength));
    this.values = viewOf(kind, buffer);
  }
}

/** All of a buffer that no longer grows; a view without a length would follow its growth, and be twenty times slower. */
export function viewOf<T>(
  kind: { new (buffer: SharedArrayBuffer, offset: number, length: number): T; BYTES_PER_ELEMENT: number },
  buffer: SharedArrayBuffer,
): T {
  return new kind(buffer, 0, buffer.byteLength / kind.BYTES_PER_ELEMENT);
}
