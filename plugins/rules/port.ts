/** Ports of rules: numbers, ranges and names of services; and the table that finds all ranges of a port. */

import { didYouMean } from "../../core/mod.ts";
import { sharedInts } from "../parts/shared.ts";

/** First and last port. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Services by name. A short list of our own and not /etc/services, so that a rule means the same on every machine
 * (numbers by the IANA registry of service names).
 */
const SERVICES: Readonly<Record<string, number>> = {
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  dns: 53,
  domain: 53,
  dhcp: 67,
  http: 80,
  kerberos: 88,
  pop3: 110,
  ntp: 123,
  imap: 143,
  snmp: 161,
  ldap: 389,
  https: 443,
  smb: 445,
  submissions: 465,
  syslog: 514,
  submission: 587,
  ipp: 631,
  ldaps: 636,
  "dns-over-tls": 853,
  imaps: 993,
  pop3s: 995,
  socks: 1080,
  nfs: 2049,
  mysql: 3306,
  rdp: 3389,
  mdns: 5353,
  postgresql: 5432,
  mqtt: 1883,
  redis: 6379,
};

/** Reads `443`, `8000-8100` or the name of a service. Throws an Error that says what would be right. */
export function parsePorts(text: string): PortRange {
  if (Object.hasOwn(SERVICES, text)) return { first: SERVICES[text]!, last: SERVICES[text]! };
  const match = /^(\d+)(?:\s*-\s*(\d+))?$/.exec(text);
  if (match === null) {
    const hint = didYouMean(text, Object.keys(SERVICES));
    throw new Error(
      `"${text}" is not a port${hint || `; write a number, a range such as "8000-8100", or a service`}`,
    );
  }
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (last > 65535 || first > 65535) throw new Error(`"${text}": a port is a number from 0 to 65535`);
  if (first > last) throw new Error(`"${text}" runs backwards; did you mean "${last}-${first}"?`);
  return { first, last };
}

/** A block of ports: those that begin with the bits of `first`; `shift` bits are free. */
export interface PortBlock {
  readonly first: number;
  readonly shift: number;
}

/** The fewest aligned blocks that hold exactly the ports of a range: at most 30. */
export function portBlocks({ first, last }: PortRange): readonly PortBlock[] {
  const blocks: PortBlock[] = [];
  while (first <= last) {
    let shift = 0;
    while (shift < 16 && (first & (1 << shift)) === 0 && first + (2 << shift) - 1 <= last) shift++;
    blocks.push({ first, shift });
    first += 1 << shift;
  }
  return blocks;
}

/** What a {@linkcode PortTable} knows, as data that another thread can be handed. */
export interface PortData {
  /** For each port where its list begins in `lists`. */
  readonly places: SharedArrayBuffer;
  /** [length, numbers…] for each run of ports that have the same. */
  readonly lists: SharedArrayBuffer;
}

/** A block with its number. */
export type NumberedBlock = PortBlock & { readonly number: number };

/** Makes the table of blocks, of which each stands there once; undefined of none. */
export function portData(blocks: readonly NumberedBlock[]): PortData | undefined {
  if (blocks.length === 0) return undefined;
  const bySize = Array.from({ length: 17 }, () => new Map<number, number>());
  const starts = new Set([0]);
  for (const { first, shift, number } of blocks) {
    bySize[shift]!.set(first >>> shift, number);
    starts.add(first).add(first + (1 << shift));
  }
  const places = new Int32Array(65536);
  const lists: number[] = [0];
  const runs = [...starts, 65536].sort((a, b) => a - b);
  for (const [index, port] of runs.entries()) {
    const numbers = bySize.map((size, shift) => size.get(port >>> shift)).filter((number) =>
      number !== undefined
    );
    const place = numbers.length === 0 ? 0 : lists.push(numbers.length, ...numbers) - numbers.length - 1;
    places.fill(place, port, runs[index + 1]);
  }
  return { places: sharedInts(places), lists: sharedInts(lists) };
}

/** Finds the numbers of all blocks that hold a port: one look, however many blocks there are. */
export class PortTable {
  readonly #places: Int32Array | undefined;
  readonly #lists: Int32Array;

  constructor(data: PortData | undefined) {
    this.#places = data && new Int32Array(data.places);
    this.#lists = new Int32Array(data?.lists ?? new SharedArrayBuffer(0));
  }

  /** Writes the numbers for a port to `found`; returns how many there are. */
  match(port: number, found: number[]): number {
    const places = this.#places;
    if (places === undefined) return 0;
    const place = places[port & 0xffff]!;
    const count = this.#lists[place]!;
    for (let i = 0; i < count; i++) found[i] = this.#lists[place + 1 + i]!;
    return count;
  }
}
