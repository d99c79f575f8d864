/** Who may ask: each message is some client's by its signature, of now, and comes once. */

import { signedHeaders, verifySigned } from "../signature.ts";
import type { ClientConfig } from "./config.ts";
import { CLIENT_HEADER, type Refused, SERVE_LIMITS, SERVE_VERSION } from "./protocol.ts";
import { Seen } from "./seen.ts";

/** What a client has done since the server was started. */
export interface ClientCounts {
  /** Messages that were taken, and questions in them. */
  turns: number;
  questions: number;
  /** Questions that were answered: by a verdict or the default, or left to the client. */
  answered: number;
  passed: number;
  /** Questions that it took back, and those of which it was heard no more. */
  cancelled: number;
  gone: number;
  /** Questions that were not taken: too many in a second, too many that wait, not to be understood. */
  overRate: number;
  full: number;
  malformed: number;
  /** Messages that were not taken: signed by none of its secrets, of another time, come before. */
  forged: number;
  stale: number;
  replayed: number;
}

/** A client at work; the same over a reload, if it is still in the configuration. */
export class Client {
  readonly counts: ClientCounts = {
    turns: 0,
    questions: 0,
    answered: 0,
    passed: 0,
    cancelled: 0,
    gone: 0,
    overRate: 0,
    full: 0,
    malformed: 0,
    forged: 0,
    stale: 0,
    replayed: 0,
  };
  /** Messages of this client that cannot come again; a message's time is within `skew` before and behind. */
  readonly seen = new Seen(2 * SERVE_LIMITS.skew);
  /** Questions that wait. */
  waiting = 0;
  #tokens: number;
  #filled = -Infinity;

  constructor(public config: ClientConfig) {
    this.#tokens = 2 * config.rate;
  }

  get name(): string {
    return this.config.name;
  }

  /** False where it asks too much; `now` is milliseconds of a clock that never goes back, `cost` what is asked at once. */
  take(now: number, cost = 1): boolean {
    const { rate } = this.config;
    this.#tokens = Math.min(2 * rate, this.#tokens + (now - this.#filled) * rate / 1000);
    this.#filled = now;
    // What costs more than there can be is paid with all there is.
    const price = Math.min(cost, 2 * rate);
    if (this.#tokens < price) return false;
    this.#tokens -= price;
    return true;
  }

  /** The headers of a reply. */
  sign(id: string, time: number, body: string): Record<string, string> {
    return signedHeaders(this.config.secrets, id, time, body);
  }
}

/** Bytes that count as one message more: reading them takes as long. */
const BYTES = 16 * 1024;

/** What so many bytes cost, besides being a message. */
export function costOf(bytes: number): number {
  return Math.floor(bytes / BYTES);
}

/** A message whose sender is known, and what is wrong with it where it is not taken. */
export interface Received {
  readonly client: Client;
  /** The message's own id, which the reply bears. */
  readonly id: string;
  readonly refused: Refused | undefined;
}

export class Clients {
  #clients = new Map<string, Client>();
  /** Messages of nobody who is known. */
  unknown = 0;
  readonly #now: () => number;
  /** Seconds since 1970: what is from before might have come to the server that ran before this one. */
  readonly #started: number;
  readonly #origin: number;

  /**
   * `clock` is milliseconds since 1970, and looked at once: were it set back, what was forgotten could come again. `now` is
   * milliseconds of a clock that never goes back.
   */
  constructor(configs: readonly ClientConfig[], clock: () => number, now: () => number) {
    this.#now = now;
    this.#origin = now();
    this.#started = Math.floor(clock() / 1000);
    this.load(configs);
  }

  /** Seconds since 1970, as the wall clock of the start goes on: clients take it for theirs. */
  get time(): number {
    return this.#started + Math.floor((this.#now() - this.#origin) / 1000);
  }

  /** Those of another configuration; what is known of those that stay is kept. */
  load(configs: readonly ClientConfig[]): void {
    this.#clients = new Map(configs.map((config) => {
      const client = this.#clients.get(config.name) ?? new Client(config);
      client.config = config;
      return [config.name, client];
    }));
  }

  /** In the order of the configuration. */
  get all(): readonly Client[] {
    return [...this.#clients.values()];
  }

  /** Whether there is such a client, before anything else is read of its message. */
  knows(headers: Headers): boolean {
    const isKnown = this.#clients.has(headers.get(CLIENT_HEADER) ?? "");
    if (!isKnown) this.unknown++;
    return isKnown;
  }

  /** Who has sent a message; undefined where that cannot be told. */
  receive(headers: Headers, body: Uint8Array): Received | undefined {
    const client = this.#clients.get(headers.get(CLIENT_HEADER) ?? "");
    if (client === undefined) return undefined;
    const signed = verifySigned(client.config.secrets, headers, body);
    if (signed === undefined) {
      client.counts.forged++;
      return undefined;
    }
    const { id } = signed;
    return { client, id, refused: this.#refusal(client, id, signed.time, costOf(body.length)) };
  }

  #refusal(client: Client, id: string, sent: number, cost: number): Refused | undefined {
    const { time } = this;
    if (Math.abs(time - sent) > SERVE_LIMITS.skew || sent < this.#started) {
      client.counts.stale++;
      return refusal("clock", `the message is of ${sent}, the server's clock says ${time}`, time);
    }
    // Before its id is kept, so that the rate bounds how many there are.
    if (!client.take(this.#now(), 1 + cost)) {
      client.counts.overRate++;
      return refusal("busy", `more than ${client.config.rate} messages and questions a second`, time);
    }
    if (client.seen.add(id, time)) return undefined;
    client.counts.replayed++;
    return refusal("replayed", "the message has come before", time);
  }
}

/** What a client is told whose message is not taken. */
export function refusal(cause: Refused["cause"], why: string, time: number): Refused {
  return { version: SERVE_VERSION, type: "snet.refused", cause, why, time };
}
