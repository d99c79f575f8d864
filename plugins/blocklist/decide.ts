/** Decides by lists that were read. */

import type { NameChains, PluginContext, SnetEvent, Verdict } from "../../core/mod.ts";
import { type DomainData, Domains, EXCEPTED, NONE } from "./domains.ts";
import { type NetworkData, Networks } from "./networks.ts";

/** Lists ready to decide by, as data that another thread can be handed. */
export interface BlocklistData {
  readonly action: "allow" | "deny";
  readonly networks: NetworkData;
  /** Absent where no entry is a domain, or nothing tells names. */
  readonly domains: DomainData | undefined;
  /** The verdict of each list. */
  readonly verdicts: readonly Verdict[];
}

/** Nothing of it changes when other lists are loaded. */
export class Blocklist {
  readonly #isAllow: boolean;
  readonly #networks: Networks;
  readonly #domains: Domains | undefined;
  readonly #verdicts: readonly Verdict[];
  readonly #names: PluginContext["names"];

  constructor({ action, networks, domains, verdicts }: BlocklistData, { names }: PluginContext) {
    this.#isAllow = action === "allow";
    this.#networks = new Networks(networks);
    this.#domains = domains && new Domains(domains);
    this.#verdicts = verdicts;
    this.#names = names;
  }

  /** The verdict of the list that the remote end is on, or undefined. */
  decide(event: SnetEvent): Verdict | undefined {
    const listed = this.#byAddress(event);
    if (listed !== NONE) return this.#verdicts[listed];
    if (this.#domains === undefined || this.#names === undefined) return undefined;
    // The resolver may tell of another name a moment later: no ticket may hold what was decided by names.
    event.readVolatile();
    const names = this.#names(event);
    return names === undefined ? undefined : this.#verdicts[this.#byNames(this.#domains, names)];
  }

  #byAddress(event: SnetEvent): number {
    const { remote } = event;
    if (remote === undefined) return NONE;
    // Going to the address "any" is going to this machine (ip_route_output_key_hash, tcp_v6_connect).
    const { ipv4 } = remote;
    if (ipv4 !== undefined) return this.#networks.find4(ipv4 === 0 ? LOOPBACK : ipv4);
    const { ipv6 } = remote;
    if (ipv6 === undefined) return NONE;
    const a = word(ipv6, 0);
    const b = word(ipv6, 4);
    const c = word(ipv6, 8);
    const d = word(ipv6, 12);
    return this.#networks.find6(a, b, c, (a | b | c | d) === 0 ? 1 : d);
  }

  /**
   * Many answers may have led to an address, and which of them the program means is not known: one that is listed is enough to
   * deny, but to allow all must be.
   */
  #byNames(domains: Domains, chains: NameChains): number {
    let first = NONE;
    for (let i = 0; i < chains.length; i++) {
      const listed = listOfChain(domains, chains[i]!);
      if (listed === NONE) {
        if (this.#isAllow) return NONE;
      } else {
        if (!this.#isAllow) return listed;
        if (first === NONE) first = listed;
      }
    }
    return first;
  }
}

/**
 * The list of the names of one answer. Whoever owns a name says what it is an alias of, so that each of them stands for the
 * address: one that is listed is enough, whether it was asked for or led to, unless one is excepted.
 */
function listOfChain(domains: Domains, names: readonly string[]): number {
  let first = NONE;
  for (let i = 0; i < names.length; i++) {
    const listed = domains.find(names[i]!);
    if (listed === EXCEPTED) return NONE;
    if (first === NONE) first = listed;
  }
  return first;
}

const LOOPBACK = 0x7f000001;

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
