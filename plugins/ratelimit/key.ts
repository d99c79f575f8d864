/** What calls are counted by, as words of a key. */

import { type Address, ALL_EVENTS, type EventName, type SnetEvent } from "../../core/mod.ts";
import { isInbound } from "../rules/rule.ts";
import { finish, mix } from "./key_table.ts";

/** What calls can be counted by; all of those that an entry names together make its key. */
export const PARTS_OF_KEY = [
  "program",
  "user",
  "cgroup",
  "event",
  "destination",
  "destination-port",
  "source",
] as const;

/** One of them. */
export type PartOfKey = (typeof PARTS_OF_KEY)[number];

/** What two machines may call the same though it is not. */
const OF_MACHINE: readonly PartOfKey[] = ["program", "user", "cgroup"];

/** Words of an address: its kind, and 128 bits; of a scope or interface one more. */
const ADDRESS_WORDS = 6;

const WORDS: Readonly<Record<PartOfKey, number>> = {
  program: 5,
  user: 1,
  cgroup: 2,
  event: 1,
  destination: ADDRESS_WORDS,
  "destination-port": ADDRESS_WORDS + 1,
  source: ADDRESS_WORDS,
};

const EVENT_INDEX = new Map<EventName, number>(ALL_EVENTS.map((name, index) => [name, index]));

/** A number for each event; those of declared families get theirs when they first come. */
function eventIndex(name: EventName): number {
  const known = EVENT_INDEX.get(name);
  if (known !== undefined) return known;
  EVENT_INDEX.set(name, EVENT_INDEX.size);
  return EVENT_INDEX.size - 1;
}

/** Kinds of address, as the first of its words says them. Other families are theirs plus `OTHER`. */
const NO_ADDRESS = 0;
const IPV4 = 1;
const IPV6 = 2;
const PATH = 3;
const ABSTRACT = 4;
const CLIENT = 5;
const OTHER = 16;

const LOOPBACK = 0x7f000001;
/** No port has this number. */
const NO_PORT = -1;

/** Writes the key of one event after the other into the same words. */
export class KeyWriter {
  /** The key of the event that was written last. */
  readonly key: Int32Array;
  readonly #parts: readonly PartOfKey[];
  readonly #isOfClient: boolean;
  readonly #long = new BigUint64Array(1);
  readonly #halves = new Int32Array(this.#long.buffer);
  #at = 0;

  /**
   * @param parts without any, all events have the same key
   * @param seed known to nobody else: of names that are longer than a key only a hash is kept
   * @param clientOf tells which machine a call is of, where it is another: two have no program, user or cgroup in common
   */
  constructor(
    parts: readonly PartOfKey[],
    readonly seed: number,
    readonly clientOf?: (event: SnetEvent) => string | undefined,
  ) {
    this.#parts = PARTS_OF_KEY.filter((part) => parts.includes(part));
    this.#isOfClient = clientOf !== undefined && OF_MACHINE.some((part) => parts.includes(part));
    const client = this.#isOfClient ? ADDRESS_WORDS : 0;
    this.key = new Int32Array(this.#parts.reduce((sum, part) => sum + WORDS[part], client));
  }

  /** Makes `key` the event's. */
  write(event: SnetEvent): void {
    this.#at = 0;
    if (this.#isOfClient) this.#text(CLIENT, this.clientOf!(event) ?? "");
    for (let i = 0; i < this.#parts.length; i++) this.#write(this.#parts[i]!, event);
  }

  #write(part: PartOfKey, event: SnetEvent): void {
    switch (part) {
      case "program":
        return this.#program(event);
      case "user":
        return this.#word(event.task.uid);
      case "cgroup":
        return this.#words(event.task.cgroup);
      case "event":
        return this.#word(eventIndex(event.name));
      case "destination":
        return this.#destination(event);
      case "destination-port":
        this.#destination(event);
        return this.#port(event);
      case "source":
        return this.#address(isInbound(event.name) ? event.remote : event.local, false);
    }
  }

  /** The file that is executed: a path could be another file elsewhere, and a file can have many paths. */
  #program({ task }: SnetEvent): void {
    this.#words(task.exeDev);
    this.#words(task.exeIno);
    this.#word(task.exeGeneration);
  }

  #destination(event: SnetEvent): void {
    if (isInbound(event.name)) this.#address(event.local, false);
    else this.#address(event.remote, true);
  }

  #port(event: SnetEvent): void {
    const address = isInbound(event.name) ? event.local : event.remote;
    this.#word(address?.port ?? address?.vsockPort ?? NO_PORT);
  }

  /** `out` where the address is gone to: "any" is then this machine (ip_route_output_key_hash, tcp_v6_connect). */
  #address(address: Address | undefined, out: boolean): void {
    const end = this.#at + ADDRESS_WORDS;
    if (address === undefined) this.#word(NO_ADDRESS);
    else this.#addressWords(address, out);
    while (this.#at < end) this.#word(0);
  }

  #addressWords(address: Address, out: boolean): void {
    const { ipv4 } = address;
    if (ipv4 !== undefined) {
      this.#word(IPV4);
      return this.#word(out && ipv4 === 0 ? LOOPBACK : ipv4);
    }
    const { ipv6 } = address;
    if (ipv6 !== undefined) return this.#ipv6(ipv6, out, address.scopeId ?? 0);
    const { path } = address;
    if (path !== undefined) return this.#text(PATH, path);
    const { abstract } = address;
    if (abstract !== undefined) return this.#text(ABSTRACT, abstract);
    this.#word(OTHER + address.family);
    this.#word(address.portId ?? address.cid ?? address.ifindex ?? 0);
    this.#word(address.groups ?? address.protocol ?? 0);
    const bytes = address.hardware ?? address.raw;
    if (bytes !== undefined) this.#bytes(bytes);
  }

  #ipv6(bytes: Uint8Array, out: boolean, scope: number): void {
    this.#word(IPV6);
    let all = 0;
    for (let at = 0; at < 16; at += 4) {
      const word = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
      all |= word;
      this.#word(word);
    }
    if (out && all === 0) this.key[this.#at - 1] = 1;
    this.#word(scope);
  }

  /** 128 bits of a name: nobody finds another one with the same who does not know the seed. */
  #text(kind: number, text: string): void {
    this.#word(kind);
    for (let lane = 0; lane < 4; lane++) {
      let hash = mix(this.seed, lane);
      for (let i = 0; i < text.length; i++) hash = mix(hash, text.charCodeAt(i));
      this.#word(finish(hash));
    }
    this.#word(text.length);
  }

  #bytes(bytes: Uint8Array): void {
    let hash = this.seed;
    for (let i = 0; i < bytes.length; i++) hash = mix(hash, bytes[i]!);
    this.#word(finish(hash));
  }

  #words(value: bigint): void {
    this.#long[0] = value;
    this.#word(this.#halves[0]!);
    this.#word(this.#halves[1]!);
  }

  #word(value: number): void {
    this.key[this.#at++] = value;
  }
}
