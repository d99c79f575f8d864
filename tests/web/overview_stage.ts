/** The page as the daemon serves it, with decisions, plugins and counters of the test: for the overview, and the plugins. */

import type { SessionRole, Stats, Status, TicketJson } from "../../core/control/api.ts";
import { controlApp, type Controlled } from "../../core/control/app.ts";
import { History } from "../../core/control/history.ts";
import { pluginStats } from "../../core/control/links.ts";
import { pluginListJson } from "../../core/control/plugin_list.ts";
import { parseConfig } from "../../core/config.ts";
import type { Told } from "../../core/feed.ts";
import { type Lanes, setUpLanes } from "../../core/lanes.ts";
import type { LinkCounts } from "../../core/link.ts";
import { worldOfSelf } from "../../core/questions/may_answer.ts";
import { event } from "../../core/testing.ts";
import { allow, deny } from "../../core/verdict.ts";
import type { Page } from "../../core/web/page.ts";
import { PLUGINS } from "../../plugins/mod.ts";
import { COUNTER_DOCS } from "../../ffi/mod.ts";
import { openPage } from "../../web/page.ts";

/** What must be seen nowhere. */
export const SECRET = "hunter2";

const CONFIG = `default: deny
plugins:
  - ratelimit: { rate: 50, per: 10s }
  - notify: { to: exec, command: [/usr/bin/logger, ${SECRET}], rate: 7 }
  - webhook: { url: "https://hooks.example.org/${SECRET}", timeout: 3s, whenLate: deny }
`;

/** How the plugins do. */
const COUNTS: readonly LinkCounts[] = [
  counts("ratelimit", 0, { calls: 1234, denied: 40, time: { p50: 1.2, p99: 11 } }),
  counts("webhook", 2, {
    ...{ lane: "slow", calls: 60, failed: 57, lastFailure: "hooks.example.org answered 503" },
    slow: {
      ...{ timeout: 3000, whenLate: "deny", whenFailed: "pass", waiting: 2 },
      breaker: { state: "open", failures: 7, opened: 2, shortCircuited: 31 },
    },
  }),
];

/** What the stage begins with. */
export interface OverviewOptions {
  /** Of `snet.yaml`. */
  readonly config?: string;
  readonly counts?: readonly LinkCounts[];
  readonly status?: Partial<Status>;
  /** Names by the addresses that they are behind. */
  readonly names?: Readonly<Record<string, string>>;
  /** Milliseconds for which it has counted already. */
  readonly age?: number;
}

/** The daemon as far as these views see it. */
export class OverviewStage implements AsyncDisposable {
  readonly #observers = new Set<(told: Told) => void>();
  readonly #history: History;
  readonly #lanes: Lanes;
  /** What the kernel answers without asking, the most hits first. */
  tickets: readonly TicketJson[] = [];
  #page: Page | undefined;
  /** Milliseconds by which its clock is behind. */
  #behind: number;

  private constructor(readonly options: OverviewOptions) {
    this.#behind = options.age ?? 0;
    this.#history = new History({
      observe: (observer) => {
        this.#observers.add(observer);
        return () => this.#observers.delete(observer);
      },
      hostOf: ({ remote }) => this.options.names?.[remote?.ip ?? ""],
      now: () => Date.now() - this.#behind,
    });
    this.#behind = 0;
    const config = parseConfig("/etc/snet/snet.yaml", options.config ?? CONFIG, PLUGINS);
    this.#lanes = setUpLanes(PLUGINS, config, { clock: Date.now, verifiedExe: () => true, log: () => {} });
  }

  static async open(options: OverviewOptions = {}): Promise<OverviewStage> {
    const stage = new OverviewStage(options);
    stage.#page = await openPage({
      config: { listen: { host: "127.0.0.1", port: 0 }, socket: undefined, names: [], tls: undefined },
      gid: undefined,
      control: controlApp(stage.#controlled(), 0),
      world: worldOfSelf(),
      log: () => {},
    });
    return stage;
  }

  #controlled(): Controlled {
    const all = this.options.counts ?? COUNTS;
    const controlled = {
      status: () => statusOf(this.options.status),
      stats: () => Promise.resolve(statsOf(all, this.#lanes)),
      history: (span: Parameters<History["read"]>[0]) => this.#history.read(span),
      plugins: (withValues: boolean) => Promise.resolve(pluginListJson(this.#lanes, all, withValues)),
      logins: () => this.#page!.logins,
      tickets: (most = Infinity) => {
        const more = this.tickets.length - most;
        return { tickets: this.tickets.slice(0, most), ...(more > 0 && { more }) };
      },
      flush: () => {
        const dropped = this.tickets.length;
        this.tickets = [];
        return Promise.resolve({ dropped });
      },
      observe: () => () => {},
      questions: {
        list: () => ({ questions: [] }),
        observe: () => () => {},
      },
    };
    // These views ask this daemon for nothing else.
    return controlled as unknown as Controlled;
  }

  /** A link that works once, for root. */
  link(role: SessionRole = "admin"): string {
    return this.#page!.logins.invite({ uid: 0 }, role).link;
  }

  get sessions(): number {
    return this.#page!.logins.list({ uid: 0 }).sessions.length;
  }

  /** Decisions are made, or were some milliseconds ago. */
  decide(exe: string, { denied = false, times = 1, ip = "192.0.2.1", ago = 0 } = {}): void {
    const told: Told = {
      event: event({ task: { exe }, remote: { ip, port: 443 } }),
      decision: {
        verdict: denied ? deny("no") : allow("yes"),
        ...{ plugin: "ratelimit", rule: undefined, cause: "verdict" },
      },
      ...{ plugin: 0, held: 1, time: Date.now() - ago },
    };
    for (let i = 0; i < times; i++) this.#observers.forEach((observe) => observe(told));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#history[Symbol.dispose]();
    for (const { instance } of this.#lanes.links) instance.close?.();
    await this.#page?.[Symbol.asyncDispose]();
  }
}

function counts(name: string, place: number, more: Partial<LinkCounts>): LinkCounts {
  return {
    ...{ name, place, lane: "fast", calls: 0, allowed: 0, denied: 0, asked: 0, failed: 0 },
    ...{ late: 0, cancelled: 0, shared: 0, lastFailure: undefined, hits: new Float64Array(0) },
    ...more,
  };
}

function statusOf(more: Partial<Status> = {}): Status {
  const started = new Date().toISOString();
  return {
    ...{ version: "0.1.0", pid: 1, started, loaded: started, config: "/etc/snet/snet.yaml" },
    source: {
      ...{ kind: "kernel", attached: true, events: [], missing: [], families: [], features: [] },
      ...{ delay: 5000, policy: "deny", restarts: 0 },
    },
    ...{ default: "deny", plugins: [], observers: 1 },
    ...more,
  };
}

function statsOf(all: readonly LinkCounts[], { links, config }: Lanes): Stats {
  const zeros = Object.fromEntries(Object.keys(COUNTER_DOCS).map((name) => [name, 0]));
  return {
    kernel: { ...zeros, waiting: 3, tickets: 412, ticketAllowed: 8000, ticketDenied: 76 },
    daemon: {
      since: new Date().toISOString(),
      decisions: { verdict: 4711, default: 0, ask: 0, failed: 57, late: 0 },
      ...{ late: 0, refused: 0, malformed: 0, overruns: 0, notified: 0, cancelled: { signal: 12 } },
      ...{ unremembered: 0, dropped: 0, waiting: 2 },
      plugins: all.map((each) => pluginStats(each, links, false, config.plugins)),
    },
  };
}
