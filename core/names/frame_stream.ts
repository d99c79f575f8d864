/**
 * The receiving end of Frame Streams, by which resolvers write dnstap
 * (https://farsightsec.github.io/fstrm): frames with their length before them, and control frames, which begin with a length
 * of 0. A sender that wants to be answered says READY and waits for ACCEPT; its STOP is answered by FINISH.
 */

import { MalformedError } from "./dns.ts";

/** What it must be that comes. */
const CONTENT_TYPE = "protobuf:dnstap.Dnstap";
/** A DNS message has up to 65,535 bytes, and there is little beside it. */
const LONGEST_FRAME = 128 * 1024;
/** FSTRM_CONTROL_FRAME_LENGTH_MAX. */
const LONGEST_CONTROL = 512;

const ACCEPT = 1;
const START = 2;
const STOP = 3;
const READY = 4;
const FINISH = 5;
/** A field of a control frame. */
const FIELD_CONTENT_TYPE = 1;

/** One connection's. */
export class FrameStream {
  /** No more is to come. */
  isOver = false;
  #rest: Uint8Array = new Uint8Array(0);
  #isStarted = false;
  readonly #onFrame: (frame: Uint8Array) => void;
  readonly #reply: (bytes: Uint8Array) => void;

  constructor(onFrame: (frame: Uint8Array) => void, reply: (bytes: Uint8Array) => void) {
    this.#onFrame = onFrame;
    this.#reply = reply;
  }

  /** Takes bytes as they come. Throws a {@linkcode MalformedError} where they are none; the connection is of no use then. */
  receive(bytes: Uint8Array): void {
    const all = joined(this.#rest, bytes);
    const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
    let at = 0;
    while (!this.isOver && all.length - at >= 4) {
      const length = view.getUint32(at);
      const isControl = length === 0;
      const head = isControl ? 8 : 4;
      if (all.length - at < head) break;
      const size = isControl ? view.getUint32(at + 4) : length;
      checkSize(size, isControl);
      if (all.length - at - head < size) break;
      const frame = all.subarray(at + head, at + head + size);
      at += head + size;
      if (isControl) this.#control(frame);
      else if (this.#isStarted) this.#onFrame(frame);
      else throw new MalformedError("a frame before START");
    }
    // Its own copy: what is shown to a handler may be used again by whoever reads the connection.
    this.#rest = all.slice(at);
  }

  #control(frame: Uint8Array): void {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    const kind = view.getUint32(0);
    if (kind === READY && !this.#isStarted) {
      checkContent(frame, view);
      this.#reply(controlFrame(ACCEPT, CONTENT_TYPE));
    } else if (kind === START && !this.#isStarted) {
      checkContent(frame, view);
      this.#isStarted = true;
    } else if (kind === STOP && this.#isStarted) {
      this.isOver = true;
      this.#reply(controlFrame(FINISH));
    } else {
      throw new MalformedError(`control frame ${kind} where it has no place`);
    }
  }
}

function checkSize(size: number, isControl: boolean): void {
  const most = isControl ? LONGEST_CONTROL : LONGEST_FRAME;
  if (size > most) throw new MalformedError(`a frame of ${size} bytes; ${most} is the most`);
  if (isControl && size < 4) throw new MalformedError(`a control frame of ${size} bytes`);
}

/** READY names all that the sender can send, START what it will. A frame that names none leaves it open. */
function checkContent(frame: Uint8Array, view: DataView): void {
  const found: string[] = [];
  for (let at = 4; at < frame.length;) {
    if (frame.length - at < 8) throw new MalformedError("half a field in a control frame");
    const size = view.getUint32(at + 4);
    if (size > frame.length - at - 8) throw new MalformedError("a field goes on behind its control frame");
    if (view.getUint32(at) === FIELD_CONTENT_TYPE) {
      found.push(new TextDecoder().decode(frame.slice(at + 8, at + 8 + size)));
    }
    at += 8 + size;
  }
  if (found.length > 0 && !found.includes(CONTENT_TYPE)) {
    throw new MalformedError(`"${found.join(", ")}" is sent, not ${CONTENT_TYPE}`);
  }
}

/** A control frame with its escape and length. */
export function controlFrame(kind: number, contentType?: string): Uint8Array<ArrayBuffer> {
  const content = new TextEncoder().encode(contentType ?? "");
  const size = 4 + (contentType === undefined ? 0 : 8 + content.length);
  const bytes = new Uint8Array(8 + size);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, size);
  view.setUint32(8, kind);
  if (contentType !== undefined) {
    view.setUint32(12, FIELD_CONTENT_TYPE);
    view.setUint32(16, content.length);
    bytes.set(content, 20);
  }
  return bytes;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
