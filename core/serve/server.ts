/** A server at work: its clients' sessions, its plugins, and what the control API asks of it. */

import { isDeepStrictEqual } from "node:util";
import type { PluginTable } from "../config.ts";
import type { Observation, Reloaded, ServeStats, Stats, Status, TicketList } from "../control/api.ts";
import type { Controlled } from "../control/app.ts";
import { observationJson } from "../control/json.ts";
import { pluginList, pluginStats, pluginText, ruleNames } from "../control/links.ts";
import { Desks, desksOf } from "../questions/desks.ts";
import { worldOfSelf } from "../questions/may_answer.ts";
import { ALL_EVENTS } from "../events.ts";
import type { Log } from "../log.ts";
import type { Instead, PluginContext } from "../plugin.ts";
import type { Served } from "./app.ts";
import { type Client, Clients, costOf, refusal } from "./clients.ts";
import { listenText, type ServeConfig } from "./config.ts";
import { Judge } from "./judge.ts";
import type { Policy, Refused, Reply, Turn } from "./protocol.ts";
import { Session, type SessionParts } from "./session.ts";

export interface ServerParts {
  readonly version: string;
  /** Reads the configuration, with what the command line says in its place. */
  readonly read: () => ServeConfig;
  readonly plugins: PluginTable;
  readonly context: PluginContext;
  readonly log: Log;
  readonly onFailure?: (plugin: string, message: string, instead: Instead | "default") => void;
  readonly onBreaker?: (plugin: string, state: "open" | "closed", pause: number) => void;
  /** Runs a task after so many milliseconds, unless the returned function is called before. */
  readonly after?: SessionParts["after"];
  readonly settled?: SessionParts["settled"];
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** Milliseconds after which a session without a turn has been left: a client that is there turns again at once. */
export const GRACE = 5000;
/** Sessions of one client: of two asking plugins, and of the same after a reload. */
const MOST_SESSIONS = 8;

interface Seat {
  readonly session: Session;
  stopGrace: () => void;
}

export class Server implements Controlled, Served {
  readonly clients: Clients;
  /** What the listener counts. */
  connections: ServeStats["connections"] = { open: 0, refused: 0, timeouts: 0, tooLarge: 0, tls: 0 };
  readonly #parts: ServerParts;
  readonly #judge: Judge;
  readonly #now: () => number;
  readonly #after: SessionParts["after"];
  readonly #seats = new Map<string, Seat>();
  readonly #started = new Date();
  #loaded = this.#started;
  #refused: string | undefined;
  #dropped = 0;
  #config: ServeConfig;
  /** What waits for people here, of whichever machine. */
  readonly questions = new Desks({ ...worldOfSelf(), isElsewhere: true });

  /** Throws a ConfigError where plugins have something against their options. */
  constructor(config: ServeConfig, parts: ServerParts) {
    const { plugins, context, log, onFailure, onBreaker, now } = parts;
    this.#parts = parts;
    this.#config = config;
    this.#after = parts.after ?? after;
    this.#now = now ?? (() => performance.now());
    this.clients = new Clients(config.clients, context.clock, this.#now);
    this.#judge = new Judge(config, {
      ...{ plugins, context, log },
      ...(onFailure !== undefined && { onFailure }),
      ...(onBreaker !== undefined && { onBreaker }),
      now: this.#now,
    });
    this.#placeDesks();
  }

  /** What folders are watched. */
  get config(): ServeConfig["chain"] {
    return this.#config.chain;
  }

  get serveConfig(): ServeConfig {
    return this.#config;
  }

  get policy(): Policy | undefined {
    return this.#config.policy;
  }

  /** The policy for a client, which pays for its length. */
  policyFor(client: Client): Policy | Refused {
    const { policy } = this;
    if (policy === undefined) throw new Error("this server has no policy");
    const length = [...policy.files, ...policy.lists].reduce((sum, { text }) => sum + text.length, 0);
    if (client.take(this.#now(), costOf(length))) return policy;
    client.counts.overRate++;
    return refusal("busy", "the policy is asked for too often", this.clients.time);
  }

  async turn(client: Client, turn: Turn, gone: AbortSignal): Promise<Reply> {
    const seat = this.#seatOf(client, turn.session);
    const { session } = seat;
    seat.stopGrace();
    session.inFlight++;
    try {
      return await session.turn(turn, gone);
    } finally {
      session.inFlight--;
      if (session.inFlight === 0) seat.stopGrace = this.#after(GRACE, () => this.#end(client, turn.session));
    }
  }

  reload({ ifChanged = false } = {}): Promise<Reloaded> {
    const { read, log } = this.#parts;
    try {
      const config = read();
      if (ifChanged && isDeepStrictEqual(config, this.#config)) return Promise.resolve(this.#reloaded());
      this.#judge.load(config);
      this.#takeOver(config);
    } catch (error) {
      this.#refused = (error as Error).message;
      log("error", `Not reloaded, the former configuration stays: ${this.#refused}`);
      return Promise.reject(error);
    }
    log("info", `Reloaded: ${this.describe()}`);
    this.warn();
    return Promise.resolve(this.#reloaded());
  }

  /** What is in force, for the log. */
  describe(): string {
    const { clients, default: fallback } = this.#config;
    return `${clients.length} ${clients.length === 1 ? "client" : "clients"}; ${
      pluginText(this.#judge.lanes.links)
    }; default ${fallback}`;
  }

  /** Logs what is odd about the configuration. */
  warn(): void {
    for (const warning of this.config.warnings) this.#parts.log("warning", warning);
  }

  status(): Status {
    const { chain, default: fallback, listen } = this.#config;
    return {
      version: this.#parts.version,
      pid: Deno.pid,
      started: this.#started.toISOString(),
      config: chain.path,
      loaded: this.#loaded.toISOString(),
      ...(this.#refused === undefined ? {} : { refused: this.#refused }),
      source: {
        kind: "clients",
        listen: listenText(listen),
        attached: true,
        events: ALL_EVENTS,
        missing: [],
        families: [],
        features: [],
        delay: 0,
        policy: chain.default,
        restarts: 0,
      },
      default: fallback,
      plugins: pluginList(this.#judge.lanes.links),
      observers: this.#judge.observers,
    };
  }

  stats(all: boolean): Promise<Stats> {
    const counts = this.#judge.counts;
    const { links } = this.#judge.lanes;
    const sum = (key: keyof Client["counts"]) =>
      this.clients.all.reduce((sum, { counts }) => sum + counts[key], 0);
    const cancelled = Object.entries({ "taken back": sum("cancelled"), gone: sum("gone") });
    return Promise.resolve({
      kernel: {},
      serve: this.#serveStats(),
      daemon: {
        since: this.#loaded.toISOString(),
        decisions: counts.causes,
        late: 0,
        refused: sum("overRate") + sum("full"),
        malformed: sum("malformed"),
        overruns: 0,
        notified: 0,
        cancelled: Object.fromEntries(cancelled.filter(([, count]) => count > 0)),
        unremembered: counts.unremembered,
        dropped: this.#dropped,
        waiting: this.#judge.waiting,
        plugins: counts.plugins.toSorted((a, b) => a.place - b.place).map((plugin) =>
          pluginStats(plugin, links, all, this.config.plugins)
        ),
      },
    });
  }

  tickets(): TicketList {
    throw new Error("A server has no tickets: they are in the kernels of its clients");
  }

  flush(): Promise<never> {
    return Promise.reject(new Error("A server has no tickets: they are in the kernels of its clients"));
  }

  observe(observer: (observation: Observation) => void): () => void {
    return this.#judge.observe(({ event, decision, plugin, occasion }) => {
      const { held, time, client } = occasion;
      const told = { event, decision, plugin, held, time };
      const observation = observationJson(told, ruleNames(this.#judge.lanes.links));
      observer(client === undefined ? observation : { ...observation, client });
    });
  }

  drop(): void {
    this.#dropped++;
  }

  /** Ends all sessions and plugins. */
  close(): void {
    for (const { session, stopGrace } of this.#seats.values()) {
      stopGrace();
      session.close();
    }
    this.#seats.clear();
    this.#judge.close();
  }

  #seatOf(client: Client, name: string): Seat {
    const key = seatKey(client, name);
    const known = this.#seats.get(key);
    if (known !== undefined) return known;
    const own = [...this.#seats.values()].filter(({ session }) => session.client === client);
    if (own.length >= MOST_SESSIONS) {
      throw new Error(`client "${client.name}" has ${MOST_SESSIONS} sessions, no more may be`);
    }
    const seat: Seat = {
      session: new Session(client, {
        judge: this.#judge,
        now: this.#now,
        after: this.#after,
        settled: this.#parts.settled ?? settled,
        policy: () => this.policy?.policy,
      }),
      stopGrace() {},
    };
    this.#seats.set(key, seat);
    return seat;
  }

  #end(client: Client, name: string): void {
    const key = seatKey(client, name);
    this.#seats.get(key)?.session.close();
    this.#seats.delete(key);
  }

  #placeDesks(): void {
    const { links, config } = this.#judge.lanes;
    this.questions.load(desksOf(links, config.default));
  }

  #takeOver(config: ServeConfig): void {
    const former = this.#config;
    const { log } = this.#parts;
    this.#config = config;
    this.#loaded = new Date();
    this.#refused = undefined;
    this.#placeDesks();
    this.clients.load(config.clients);
    const staying = new Set(this.clients.all);
    for (const [key, { session, stopGrace }] of this.#seats) {
      if (staying.has(session.client)) continue;
      stopGrace();
      session.close();
      this.#seats.delete(key);
    }
    if (config.policy?.policy !== former.policy?.policy) {
      for (const { session } of this.#seats.values()) session.wake();
    }
    if (!isDeepStrictEqual([config.listen, config.tls], [former.listen, former.tls])) {
      log("warning", "Address and certificate stay what they are until the server is started again");
    }
    if (config.chain.control.socket !== former.chain.control.socket) {
      log("warning", "The control socket stays where it is until the server is started again");
    }
  }

  #serveStats(): ServeStats {
    const sessions = (client: Client) =>
      [...this.#seats.values()].filter(({ session }) => session.client === client).length;
    return {
      unknown: this.clients.unknown,
      connections: this.connections,
      policy: this.policy?.policy,
      clients: this.clients.all.map((client) => ({
        name: client.name,
        sessions: sessions(client),
        waiting: client.waiting,
        ...client.counts,
      })),
    };
  }

  #reloaded(): Reloaded {
    return { loaded: this.#loaded.toISOString(), plugins: pluginList(this.#judge.lanes.links) };
  }
}

function seatKey(client: Client, session: string): string {
  // A name of a client has no space in it.
  return `${client.name} ${session}`;
}

/** One turn of the event loop: promises that have been kept already are. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function after(milliseconds: number, task: () => void): () => void {
  const id = setTimeout(task, milliseconds);
  return () => clearTimeout(id);
}
