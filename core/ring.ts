/**
 * A bounded queue of decisions between the reactor's Worker (the only writer) and the main thread (the only reader),
 * in shared memory. The writer never waits: what does not fit is dropped and counted.
 */

/** What is written about one decision. */
export interface Observed {
  /** Microseconds from the moment the call was held until it was answered; 0 for a notification. */
  held: number;
  /** `ruleNumber` of who answered (core/chain.ts). */
  number: number;
  action: number;
  /** Index into `CAUSES`. */
  cause: number;
  /** What a denied program sees; 0 for EPERM or an allowed call. */
  errno: number;
  /** Milliseconds for which a ticket was asked for; 0 for none. */
  remember: number;
  why: string;
}

/** The event's message follows its decision. */
export type RingHandler = (observed: Observed, message: Uint8Array<ArrayBuffer>) => void;

/** Shared counters before the data: bytes written, bytes read, records dropped, somebody observes. */
const HEAD = 0;
const TAIL = 1;
const DROPPED = 2;
const OBSERVED = 3;
const CONTROL_BYTES = 16;

/** Before each record: its size, message length, reason length, number, remember, action|cause, errno, held (f64). */
const HEADER_BYTES = 40;
/** A record of this size says that the rest of the buffer is unused. */
const SKIP = 0xffff_ffff;
/** A reason longer than this is cut: it is for one line of a table. */
const WHY_LIMIT = 512;

export class Ring {
  readonly #control: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #capacity: number;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();
  readonly #why = new Uint8Array(WHY_LIMIT);

  constructor(readonly buffer: SharedArrayBuffer) {
    this.#control = new Int32Array(buffer, 0, CONTROL_BYTES / 4);
    this.#bytes = new Uint8Array(buffer, CONTROL_BYTES);
    this.#view = new DataView(buffer, CONTROL_BYTES);
    this.#capacity = this.#bytes.length;
  }

  /** A ring that holds `capacity` bytes, a power of two; an event takes about 500. */
  static ofSize(capacity: number): Ring {
    if (capacity < 4096 || (capacity & (capacity - 1)) !== 0) {
      throw new RangeError(`ring capacity ${capacity} is not a power of two of at least 4096`);
    }
    return new Ring(new SharedArrayBuffer(CONTROL_BYTES + capacity));
  }

  /** Whether anybody reads; nothing should be written otherwise. */
  get observed(): boolean {
    return Atomics.load(this.#control, OBSERVED) !== 0;
  }
  set observed(value: boolean) {
    Atomics.store(this.#control, OBSERVED, value ? 1 : 0);
  }

  /** Records that did not fit, since the ring was made. */
  get dropped(): number {
    return Atomics.load(this.#control, DROPPED) >>> 0;
  }

  /** Adds a record; false if there was no room and it was dropped. */
  write(observed: Observed, message: Uint8Array): boolean {
    const why = this.#encoder.encodeInto(observed.why, this.#why).written;
    const size = (HEADER_BYTES + message.length + why + 7) & ~7;
    const head = Atomics.load(this.#control, HEAD);
    const tail = Atomics.load(this.#control, TAIL);
    const free = this.#capacity - ((head - tail) >>> 0);
    let at = head & (this.#capacity - 1);
    const rest = this.#capacity - at;
    // A record is never split: where it does not fit before the end it starts again at the beginning.
    const skip = size > rest ? rest : 0;
    if (size + skip > free) {
      Atomics.add(this.#control, DROPPED, 1);
      return false;
    }
    const view = this.#view;
    if (skip > 0) {
      view.setUint32(at, SKIP, true);
      at = 0;
    }
    view.setUint32(at, size, true);
    view.setUint32(at + 4, message.length, true);
    view.setUint32(at + 8, why, true);
    view.setUint32(at + 12, observed.number, true);
    view.setUint32(at + 16, observed.remember, true);
    view.setUint16(at + 20, observed.action, true);
    view.setUint16(at + 22, observed.cause, true);
    view.setUint32(at + 24, observed.errno, true);
    view.setFloat64(at + 32, observed.held, true);
    this.#bytes.set(message, at + HEADER_BYTES);
    const whyAt = at + HEADER_BYTES + message.length;
    for (let index = 0; index < why; index++) this.#bytes[whyAt + index] = this.#why[index]!;
    Atomics.store(this.#control, HEAD, (head + skip + size) | 0);
    return true;
  }

  /** Hands every waiting record to `handler`, which gets copies; returns how many there were. */
  read(handler: RingHandler): number {
    const head = Atomics.load(this.#control, HEAD);
    let tail = Atomics.load(this.#control, TAIL);
    let count = 0;
    while (tail !== head) {
      const at = tail & (this.#capacity - 1);
      const size = this.#view.getUint32(at, true);
      if (size === SKIP) {
        tail = (tail + this.#capacity - at) | 0;
      } else {
        const { observed, message } = this.#recordAt(at);
        tail = (tail + size) | 0;
        Atomics.store(this.#control, TAIL, tail);
        handler(observed, message);
        count++;
      }
    }
    Atomics.store(this.#control, TAIL, tail);
    return count;
  }

  #recordAt(at: number): { observed: Observed; message: Uint8Array<ArrayBuffer> } {
    const view = this.#view;
    const messageEnd = at + HEADER_BYTES + view.getUint32(at + 4, true);
    const observed: Observed = {
      number: view.getUint32(at + 12, true),
      remember: view.getUint32(at + 16, true),
      action: view.getUint16(at + 20, true),
      cause: view.getUint16(at + 22, true),
      errno: view.getUint32(at + 24, true),
      held: view.getFloat64(at + 32, true),
      why: this.#decoder.decode(this.#bytes.slice(messageEnd, messageEnd + view.getUint32(at + 8, true))),
    };
    return { observed, message: this.#bytes.slice(at + HEADER_BYTES, messageEnd) };
  }
}
