/** Messages from and to plain objects, by the generated tables. For commands; events have their own class. */

import { align, ATTRIBUTE_HEADER, AttributeIndex, LITTLE_ENDIAN } from "./attributes.ts";
import { ATTRIBUTE_SETS, type AttributeSpec, type SetName } from "./protocol.ts";
import { utf8, utf8Bytes } from "./strings.ts";

/** Bytes of struct nlmsghdr and struct genlmsghdr. */
export const NETLINK_HEADER = 16;
export const MESSAGE_HEADER = 20;

/** Of so few bytes each is copied for itself: faster than a call. */
const SHORT = 32;

const NLA_F_NESTED = 0x8000;

/** Writes netlink messages one behind the other into memory that is allocated once. */
export class MessageWriter {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #start = 0;
  #length = 0;

  /** @param capacity bytes that all messages of a batch may take together */
  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Bytes written. */
  get length(): number {
    return this.#length;
  }

  /** Bytes that are free. */
  get room(): number {
    return this.bytes.byteLength - this.#length;
  }

  /** Forgets what was written. */
  clear(): void {
    this.#length = 0;
  }

  /** Begins a message of a generic netlink family; {@linkcode end} closes it. */
  begin(family: number, flags: number, sequence: number, command: number, version: number): void {
    const view = this.#view;
    const at = this.#length;
    this.#start = at;
    view.setUint16(at + 4, family, LITTLE_ENDIAN);
    view.setUint16(at + 6, flags, LITTLE_ENDIAN);
    view.setUint32(at + 8, sequence, LITTLE_ENDIAN);
    view.setUint32(at + 12, 0, LITTLE_ENDIAN);
    view.setUint32(at + 16, command | (version << 8), LITTLE_ENDIAN);
    this.#length = at + MESSAGE_HEADER;
  }

  end(): void {
    this.#view.setUint32(this.#start, this.#length - this.#start, LITTLE_ENDIAN);
  }

  u16(number: number, value: number): void {
    const at = this.#header(number, 2);
    this.#view.setUint32(at, value & 0xffff, LITTLE_ENDIAN); // the two bytes of padding become zero
  }

  u32(number: number, value: number): void {
    this.#view.setUint32(this.#header(number, 4), value, LITTLE_ENDIAN);
  }

  u64(number: number, value: bigint): void {
    this.#view.setBigUint64(this.#header(number, 8), value, LITTLE_ENDIAN);
  }

  /** A text with the NUL that ends it. */
  text(number: number, value: string): void {
    this.binary(number, utf8Bytes(`${value}\0`));
  }

  /** Bytes of a text, to which the NUL is added. */
  textBytes(number: number, value: Uint8Array): void {
    const at = this.#header(number, value.length + 1);
    this.bytes.set(value, at);
    this.bytes.fill(0, at + value.length, this.#length);
  }

  binary(number: number, value: Uint8Array): void {
    const { length } = value;
    const at = this.#header(number, length);
    const { bytes } = this;
    if (length > SHORT) bytes.set(value, at);
    else for (let i = 0; i < length; i++) bytes[at + i] = value[i]!;
    for (let i = at + length; i < this.#length; i++) bytes[i] = 0;
  }

  /** A nest, whose attributes `write` appends. */
  nest(number: number, write: () => void): void {
    const at = this.beginNest(number);
    write();
    this.endNest(at);
  }

  /** Begins a nest; {@linkcode endNest} is given what it returns. */
  beginNest(number: number): number {
    return this.#header(number | NLA_F_NESTED, 0) - ATTRIBUTE_HEADER;
  }

  endNest(at: number): void {
    this.#view.setUint16(at, this.#length - at, LITTLE_ENDIAN);
  }

  /** Appends attributes that are encoded already, padding included. */
  append(attributes: Uint8Array): void {
    this.bytes.set(attributes, this.#length);
    this.#length += attributes.length;
  }

  /** Appends an attribute's header and makes room for its value, whose offset it returns. */
  #header(number: number, length: number): number {
    const at = this.#length;
    this.#view.setUint16(at, ATTRIBUTE_HEADER + length, LITTLE_ENDIAN);
    this.#view.setUint16(at + 2, number, LITTLE_ENDIAN);
    this.#length = at + align(ATTRIBUTE_HEADER + length);
    return at + ATTRIBUTE_HEADER;
  }
}

/**
 * Appends the attributes of a message in the order of their numbers.
 *
 * @throws RangeError for a key that the set lacks, and a value that its attribute cannot hold.
 */
export function writeAttributes(writer: MessageWriter, set: SetName, message: object): void {
  const values = new Map<string, unknown>(Object.entries(message).filter(([, value]) => value !== undefined));
  ATTRIBUTE_SETS[set].forEach((spec, number) => {
    if (spec === undefined || !values.has(spec.key)) return;
    writeAttribute(writer, number, spec, values.get(spec.key));
    values.delete(spec.key);
  });
  for (const key of values.keys()) throw new RangeError(`"${key}" is no attribute of ${set}`);
}

function writeAttribute(writer: MessageWriter, number: number, spec: AttributeSpec, value: unknown): void {
  if (spec.type === "u64" && typeof value === "bigint" && BigInt.asUintN(64, value) === value) {
    writer.u64(number, value);
  } else if (spec.type === "u32" && typeof value === "number" && value >>> 0 === value) {
    writer.u32(number, value);
  } else if (spec.type === "u16" && typeof value === "number" && (value & 0xffff) === value) {
    writer.u16(number, value);
  } else if (spec.type === "string" && typeof value === "string" && fitsText(spec, value)) {
    writer.text(number, value);
  } else if (spec.type === "binary" && value instanceof Uint8Array && fitsBinary(spec, value.length)) {
    writer.binary(number, value);
  } else if (spec.type === "nest" && spec.nested && typeof value === "object" && value !== null) {
    const { nested } = spec;
    writer.nest(number, () => writeAttributes(writer, nested, value));
  } else {
    throw new RangeError(`${spec.name}: ${shown(value)} does not fit ${described(spec)}`);
  }
}

function fitsText({ maxLength = Infinity }: AttributeSpec, value: string): boolean {
  return !value.includes("\0") && utf8Bytes(value).length <= maxLength;
}

function fitsBinary({ exactLength, maxLength = Infinity }: AttributeSpec, length: number): boolean {
  return exactLength === undefined ? length <= maxLength : length === exactLength;
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function described({ type, exactLength, maxLength }: AttributeSpec): string {
  if (type === "string") return `a text${maxLength === undefined ? "" : ` of at most ${maxLength} bytes`}`;
  if (exactLength !== undefined) return `${exactLength} bytes`;
  return type === "u64" ? "u64 (a bigint)" : type;
}

/**
 * Reads the attributes between two offsets into a plain object; what is absent has no key.
 *
 * @throws RangeError if they are malformed.
 */
export function readAttributes(set: SetName, view: DataView, start: number, end: number): object {
  const index = new AttributeIndex(set);
  if (!index.fill(view, start, end)) {
    throw new RangeError(`malformed attributes of ${set} in a netlink message`);
  }
  const message: Record<string, unknown> = {};
  ATTRIBUTE_SETS[set].forEach((spec, number) => {
    if (spec && index.has(number)) message[spec.key] = readAttribute(index, number, spec, view);
  });
  return message;
}

function readAttribute(index: AttributeIndex, number: number, spec: AttributeSpec, view: DataView): unknown {
  const offset = index.offset(number);
  const length = index.length(number);
  switch (spec.type) {
    case "u8":
      return view.getUint8(offset);
    case "u16":
      return index.u16(number);
    case "u32":
      return index.u32(number);
    case "u64":
      return index.u64(number);
    case "string":
      return utf8(index.bytes.slice(offset, offset + length - 1));
    case "nest":
      return readAttributes(spec.nested!, view, offset, offset + length);
    case "binary":
    case "pad":
      return index.bytes.slice(offset, offset + length);
  }
}
