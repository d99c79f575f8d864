/** Where the attributes of a netlink message lie. Everything is checked once; reading afterwards cannot fail. */

import { ATTRIBUTE_SETS, type AttributeSpec, type SetName } from "./protocol.ts";

/** Bytes before the value of an attribute (struct nlattr). */
export const ATTRIBUTE_HEADER = 4;

/** Netlink speaks the host's byte order, and every host that Deno runs on is little-endian. */
export const LITTLE_ENDIAN = true;

/** Bits of nla_type: one that is no part of the number (NLA_F_NET_BYTEORDER), and those that are. */
const FLAG_NET_BYTEORDER = 0x4000;
export const NUMBER_MASK = 0x3fff;

const UNBOUNDED = 0xffff;

interface Bounds {
  readonly shortest: Uint16Array;
  readonly longest: Uint16Array;
  /** 1 where the value must end with a NUL. */
  readonly isString: Uint8Array;
  /** 1 for padding, which may come more than once. */
  readonly isPad: Uint8Array;
}

/** The view of an index before it is filled; one for all, as thousands of events may wait at once. */
const NOTHING = new DataView(new ArrayBuffer(0));

const BOUNDS = new Map<SetName, Bounds>();

/** Rounds up to the alignment of netlink messages and attributes, 4 bytes. */
export function align(length: number): number {
  return (length + 3) & ~3;
}

/** An index of the attributes of one message or nest; filled again and again without allocation. */
export class AttributeIndex {
  /** Offset of each attribute's value by its number, 0 where it is absent. */
  readonly #offsets: number[];
  readonly #bounds: Bounds;
  #view: DataView = NOTHING;
  /** Of the view; made when it is asked for. */
  #bytes: Uint8Array | undefined;

  constructor(set: SetName) {
    const specs = ATTRIBUTE_SETS[set];
    this.#offsets = new Array<number>(specs.length).fill(0);
    this.#bounds = boundsOf(set, specs);
  }

  /** The bytes that the offsets refer to. */
  get bytes(): Uint8Array {
    return this.#bytes ??= bytesOf(this.#view);
  }

  /**
   * Indexes the attributes between two offsets. Attributes that this protocol does not know are passed over,
   * as later kernels may append some.
   *
   * @returns false if an attribute is cut short, has a length that its type cannot have, or comes twice.
   * What came before it is indexed.
   */
  fill(view: DataView, start: number, end: number): boolean {
    this.clear();
    return this.add(view, start, end);
  }

  /** Indexes further attributes of the message that {@linkcode fill} was given. */
  add(view: DataView, start: number, end: number): boolean {
    this.#use(view);
    const offsets = this.#offsets;
    const { shortest, longest, isString, isPad } = this.#bounds;
    const count = offsets.length;
    let at = start;
    while (at < end) {
      if (at + ATTRIBUTE_HEADER > end) return false;
      const header = view.getUint32(at, LITTLE_ENDIAN);
      const total = header & 0xffff;
      const type = header >>> 16;
      if (total < ATTRIBUTE_HEADER || at + total > end || type & FLAG_NET_BYTEORDER) return false;
      const number = type & NUMBER_MASK;
      const value = at + ATTRIBUTE_HEADER;
      at += align(total);
      if (number === 0 || number >= count || isPad[number]) continue;
      const length = total - ATTRIBUTE_HEADER;
      if (length < shortest[number]! || length > longest[number]! || offsets[number] !== 0) return false;
      if (isString[number] && view.getUint8(value + length - 1) !== 0) return false;
      offsets[number] = value;
    }
    return true;
  }

  /** Forgets every attribute. */
  clear(): void {
    // For so few, fill() costs more.
    const offsets = this.#offsets;
    for (let i = 0; i < offsets.length; i++) offsets[i] = 0;
  }

  has(number: number): boolean {
    return this.#offsets[number] !== 0;
  }

  /** Offset of the value, 0 if absent. */
  offset(number: number): number {
    return this.#offsets[number]!;
  }

  /** Bytes of the value, 0 if absent. */
  length(number: number): number {
    const offset = this.#offsets[number]!;
    return offset === 0
      ? 0
      : this.#view.getUint16(offset - ATTRIBUTE_HEADER, LITTLE_ENDIAN) - ATTRIBUTE_HEADER;
  }

  u16(number: number): number {
    const offset = this.#offsets[number]!;
    return offset === 0 ? 0 : this.#view.getUint16(offset, LITTLE_ENDIAN);
  }

  u32(number: number): number {
    const offset = this.#offsets[number]!;
    return offset === 0 ? 0 : this.#view.getUint32(offset, LITTLE_ENDIAN);
  }

  u64(number: number): bigint {
    const offset = this.#offsets[number]!;
    return offset === 0 ? 0n : this.#view.getBigUint64(offset, LITTLE_ENDIAN);
  }

  /** IPv4 addresses and the like: 32 bits, highest first. */
  networkU32(number: number): number {
    const offset = this.#offsets[number]!;
    return offset === 0 ? 0 : this.#view.getUint32(offset);
  }

  /** The value as a view into the message; undefined if absent. */
  binary(number: number): Uint8Array | undefined {
    const offset = this.#offsets[number]!;
    return offset === 0 ? undefined : this.bytes.subarray(offset, offset + this.length(number));
  }

  #use(view: DataView): void {
    if (view === this.#view) return;
    this.#view = view;
    this.#bytes = undefined;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: DataView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function boundsOf(set: SetName, specs: readonly (AttributeSpec | undefined)[]): Bounds {
  const known = BOUNDS.get(set);
  if (known) return known;
  const bounds: Bounds = {
    shortest: new Uint16Array(specs.length),
    longest: new Uint16Array(specs.length),
    isString: new Uint8Array(specs.length),
    isPad: new Uint8Array(specs.length),
  };
  specs.forEach((spec, number) => {
    if (spec === undefined) return;
    const [shortest, longest] = lengths(spec);
    bounds.shortest[number] = shortest;
    bounds.longest[number] = longest;
    bounds.isString[number] = spec.type === "string" ? 1 : 0;
    bounds.isPad[number] = spec.type === "pad" ? 1 : 0;
  });
  BOUNDS.set(set, bounds);
  return bounds;
}

/** Fewest and most bytes of a value. */
function lengths({ type, exactLength, maxLength }: AttributeSpec): readonly [number, number] {
  switch (type) {
    case "u8":
      return [1, 1];
    case "u16":
      return [2, 2];
    case "u32":
      return [4, 4];
    case "u64":
      return [8, 8];
    case "string":
      return [1, maxLength === undefined ? UNBOUNDED : maxLength + 1];
    case "binary":
      return [exactLength ?? 0, exactLength ?? maxLength ?? UNBOUNDED];
    case "nest":
    case "pad":
      return [0, UNBOUNDED];
  }
}
