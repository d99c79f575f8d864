/**
 * What a DNS answer tells of names and addresses (RFC 1035, 9460).
 *
 * The reader is snet's own, since names decide here. Libraries such as dns-packet hand labels over as UTF-8 joined by dots, so
 * that a dot within a label cannot be told from one between two and different names become one, and they refuse a whole
 * message for one record of a kind that is of no interest.
 */

import { domainToASCII } from "node:url";

/** What is no DNS message, or one that no resolver sends. */
export class MalformedError extends Error {
  /** Name of the class. */
  override readonly name = "MalformedError";
}

/** A record that tells something: another name for the owner, or addresses of it. */
export interface DnsRecord {
  /** As {@linkcode NameAnswer.names} are written. */
  readonly owner: string;
  /** Seconds. */
  readonly ttl: number;
  /** Of CNAME. */
  readonly target?: string;
  /** Of A, AAAA and the hints of SVCB and HTTPS: 4 or 16 bytes each. */
  readonly addresses: readonly Uint8Array[];
}

/** Names and the addresses behind them. */
export interface NameAnswer {
  /**
   * From the name that was asked for, over each that an alias led to, to the one that has the addresses: lower case, without
   * the dot at the end; other bytes than those of host names as `\ddd` (RFC 4343), but names in UTF-8, as multicast DNS has
   * them, as `xn--`.
   */
  readonly names: readonly string[];
  /** 4 or 16 bytes each. */
  readonly addresses: readonly Uint8Array[];
  /** Seconds for which all of it is true. */
  readonly ttl: number;
}

/** Aliases that resolvers follow are fewer (unbound 11, systemd-resolved 16). */
export const MOST_NAMES = 20;

const TYPE_A = 1;
const TYPE_CNAME = 5;
const TYPE_AAAA = 28;
const TYPE_SVCB = 64;
const TYPE_HTTPS = 65;
const TYPE_ANY = 255;
/** Questions whose answers tell addresses. */
const ASKED = new Set([TYPE_A, TYPE_AAAA, TYPE_SVCB, TYPE_HTTPS, TYPE_ANY]);
const CLASS_IN = 1;

const HEADER = 12;
const IS_RESPONSE = 0x8000;
const OPCODE = 0x7800;
const IS_TRUNCATED = 0x0200;
const RCODE = 0x000f;

/** SvcParamKeys of RFC 9460. */
const IPV4_HINT = 4;
const IPV6_HINT = 6;

/**
 * Names and addresses of a response to one question for addresses; undefined where the message is something else, an error
 * or an answer without any.
 *
 * Throws a {@linkcode MalformedError} of one line.
 */
export function readResponse(message: Uint8Array): NameAnswer | undefined {
  const reader = new MessageReader(message);
  if (message.length < HEADER) throw new MalformedError(`${message.length} bytes are no DNS message`);
  const flags = reader.u16(2);
  if ((flags & IS_RESPONSE) === 0 || (flags & (OPCODE | RCODE)) !== 0) return undefined;
  if (reader.u16(4) !== 1) return undefined;
  const records = reader.u16(6);
  reader.at = HEADER;
  const asked = reader.name();
  const type = reader.u16(reader.at);
  const cls = reader.u16(reader.at + 2);
  reader.at += 4;
  if (!ASKED.has(type) || cls !== CLASS_IN) return undefined;
  const answers: DnsRecord[] = [];
  for (let i = 0; i < records; i++) {
    // Records may be missing at the end of a truncated answer, which is asked again over TCP.
    if (reader.at === message.length && (flags & IS_TRUNCATED) !== 0) break;
    const record = reader.record();
    if (record !== undefined) answers.push(record);
  }
  return follow([asked], answers);
}

/**
 * One record that stands alone, as on the wire but without compressed names; undefined for kinds that tell nothing here.
 *
 * Throws a {@linkcode MalformedError} of one line.
 */
export function readRecord(bytes: Uint8Array): DnsRecord | undefined {
  const reader = new MessageReader(bytes);
  const record = reader.record();
  if (reader.at !== bytes.length) throw new MalformedError("bytes behind a record");
  return record;
}

/**
 * Goes from the last of the names over aliases to addresses; records that are not on the way prove nothing and are left
 * out. Undefined where it leads to none. Throws a {@linkcode MalformedError} where it does not end.
 */
export function follow(asked: readonly string[], records: readonly DnsRecord[]): NameAnswer | undefined {
  const names = [...asked];
  let ttl = Infinity;
  for (;;) {
    const owned = records.filter(({ owner }) => owner === names.at(-1));
    const alias = owned.find(({ target }) => target !== undefined);
    if (alias === undefined) {
      const told = owned.filter(({ addresses }) => addresses.length > 0);
      if (told.length === 0) return undefined;
      ttl = Math.min(ttl, ...told.map((record) => record.ttl));
      return { names, addresses: told.flatMap(({ addresses }) => addresses), ttl };
    }
    ttl = Math.min(ttl, alias.ttl);
    names.push(alias.target!);
    if (names.length > MOST_NAMES) throw new MalformedError(`more than ${MOST_NAMES} aliases in a row`);
  }
}

/** A name as {@linkcode NameAnswer.names} are written, from its text with `\.` and `\ddd` in it (RFC 1035, 5.1). */
export function nameOfText(text: string): string {
  const labels: number[][] = [[]];
  for (const [part, decimal, quoted] of text.matchAll(/\\(\d{3})|\\([^])|[^]/gu)) {
    if (part === ".") labels.push([]);
    else if (decimal !== undefined) labels.at(-1)!.push(Number(decimal) & 255);
    else labels.at(-1)!.push(...encoder.encode(quoted ?? part));
  }
  // The dot at the end.
  if (labels.length > 1 && labels.at(-1)!.length === 0) labels.pop();
  return labels.map((bytes) => labelText(Uint8Array.from(bytes))).join(".");
}

const encoder = new TextEncoder();

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

/** Longest name on the wire (RFC 1035, 3.1). */
const LONGEST_NAME = 255;
const POINTER = 0xc0;
/** Pointers in one name: no more than it can have labels. Thousands, in thousands of names, would take a moment each. */
const MOST_POINTERS = 127;

/** Reads a message from front to back; whatever points outside of it is a {@linkcode MalformedError}. */
class MessageReader {
  at = 0;
  readonly #view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u16(at: number): number {
    if (at + 2 > this.bytes.length) throw new MalformedError(`nothing at byte ${at} of ${this.bytes.length}`);
    return this.#view.getUint16(at);
  }

  u32(at: number): number {
    return this.u16(at) * 0x10000 + this.u16(at + 2);
  }

  /** The name here; the next place is behind it. */
  name(): string {
    const { bytes } = this;
    let text = "";
    let length = 0;
    let at = this.at;
    // A pointer leads to what stands before: each further back than the last, so that they come to an end.
    let limit = at;
    let pointers = 0;
    for (;;) {
      if (at >= bytes.length) throw new MalformedError("a name goes on behind the end");
      const size = bytes[at]!;
      if ((size & POINTER) === POINTER) {
        const to = this.u16(at) & 0x3fff;
        if (to >= limit) throw new MalformedError(`the name at byte ${at} points to byte ${to}, not back`);
        if (pointers++ === 0) this.at = at + 2;
        if (pointers > MOST_POINTERS) {
          throw new MalformedError(`a name of more than ${MOST_POINTERS} pointers`);
        }
        at = limit = to;
        continue;
      }
      if ((size & POINTER) !== 0) throw new MalformedError(`a label of unknown kind at byte ${at}`);
      length += size + 1;
      if (length > LONGEST_NAME) throw new MalformedError(`a name longer than ${LONGEST_NAME} bytes`);
      if (size === 0) break;
      if (at + 1 + size > bytes.length) throw new MalformedError("a label goes on behind the end");
      text += (text && ".") + labelText(bytes.subarray(at + 1, at + 1 + size));
      at += 1 + size;
    }
    if (pointers === 0) this.at = at + 1;
    return text;
  }

  /** The record here, undefined if it tells nothing; the next place is behind it. */
  record(): DnsRecord | undefined {
    const owner = this.name();
    const { at } = this;
    const type = this.u16(at);
    const cls = this.u16(at + 2);
    const ttl = this.u32(at + 4);
    const size = this.u16(at + 8);
    const from = at + 10;
    const to = from + size;
    if (to > this.bytes.length) throw new MalformedError("a record goes on behind the end");
    this.at = to;
    if (cls !== CLASS_IN) return undefined;
    // RFC 2181, 8: with the highest bit set it is to be taken for 0.
    const common = { owner, ttl: ttl > 0x7fff_ffff ? 0 : ttl };
    switch (type) {
      case TYPE_A:
      case TYPE_AAAA:
        if (size !== (type === TYPE_A ? 4 : 16)) throw new MalformedError(`an address of ${size} bytes`);
        return { ...common, addresses: [this.bytes.slice(from, to)] };
      case TYPE_CNAME:
        return { ...common, target: this.#nameWithin(from, to), addresses: [] };
      case TYPE_SVCB:
      case TYPE_HTTPS:
        return { ...common, addresses: this.#hints(from, to) };
    }
  }

  #nameWithin(from: number, to: number): string {
    this.at = from;
    const name = this.name();
    if (this.at !== to) throw new MalformedError("a name that does not fill its record");
    return name;
  }

  /** Addresses that a program may use without asking for them (RFC 9460, 7.3). */
  #hints(from: number, to: number): Uint8Array[] {
    this.at = from + 2;
    this.name();
    const addresses: Uint8Array[] = [];
    let { at } = this;
    while (at < to) {
      const key = this.u16(at);
      const end = at + 4 + this.u16(at + 2);
      if (end > to) throw new MalformedError("a parameter goes on behind its record");
      const size = key === IPV4_HINT ? 4 : key === IPV6_HINT ? 16 : 0;
      if (size > 0 && (end - at - 4) % size !== 0) throw new MalformedError("hints that are no addresses");
      for (let hint = at + 4; size > 0 && hint < end; hint += size) {
        addresses.push(this.bytes.slice(hint, hint + size));
      }
      at = end;
    }
    if (at !== to) throw new MalformedError("a service that does not fill its record");
    this.at = to;
    return addresses;
  }
}

const HOST_CHARACTERS = /^[A-Za-z0-9_-]*$/;
const fatal = new TextDecoder("utf-8", { fatal: true });

/** A label so that no two are one but for the case of letters. */
function labelText(bytes: Uint8Array): string {
  const text = String.fromCharCode(...bytes);
  if (HOST_CHARACTERS.test(text)) return text.toLowerCase();
  if (!isAscii(text)) {
    const ascii = asciiLabel(bytes);
    if (ascii !== "") return ascii;
  }
  return Array.from(
    text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()),
    (char) => HOST_CHARACTERS.test(char) ? char : `\\${char.charCodeAt(0).toString().padStart(3, "0")}`,
  ).join("");
}

/** `xn--…` of a label in UTF-8; empty if it is none. */
function asciiLabel(bytes: Uint8Array): string {
  try {
    const ascii = domainToASCII(fatal.decode(bytes));
    // Other writings of plain letters are no letters here: two names must not become one.
    return ascii.startsWith("xn--") && HOST_CHARACTERS.test(ascii) ? ascii : "";
  } catch {
    return "";
  }
}
