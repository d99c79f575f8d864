/** A run as the control API sees it: what was decided, what waits, and what answers. Nothing of it changes but by answers. */

import type { HistoryJson, HistorySpan, Observation, PluginList, Stats, Status } from "../control/api.ts";
import type { Controlled } from "../control/app.ts";
import { History } from "../control/history.ts";
import { observationJson } from "../control/json.ts";
import { noteHits } from "../control/last_hits.ts";
import { pluginList, reactorStats, ruleNames } from "../control/links.ts";
import { pluginListJson } from "../control/plugin_list.ts";
import type { Questions } from "../control/question_routes.ts";
import { RequestError } from "../control/request_error.ts";
import { RuleDesk } from "../control/rule_desk.ts";
import { localUsers } from "../cli/users.ts";
import { VERSION } from "../cli/version.ts";
import { familyName } from "../events.ts";
import type { Lanes } from "../lanes.ts";
import type { Link } from "../link.ts";
import type { LoopCounts } from "../loop.ts";
import type { PluginContext } from "../plugin.ts";
import { ProcessFacts } from "../process/process_facts.ts";
import type { Ring } from "../ring.ts";
import type { Logins } from "../web/page.ts";
import type { Record } from "./record.ts";
import type { RunChain } from "./run_chain.ts";

/** The reactor, as far as it is asked here. */
export interface Counting {
  counts(): Promise<LoopCounts>;
}

export interface RunControlParts {
  /** The program with its arguments, printable. */
  readonly command: string;
  readonly chain: RunChain;
  readonly record: Pick<Record, "observe" | "observers">;
  readonly ring: Pick<Ring, "dropped">;
  readonly context: PluginContext;
  /** Milliseconds in which a call is answered. */
  readonly delay: number;
  readonly questions: Questions;
  readonly logins: () => Logins;
}

export class RunControl implements Controlled, Disposable {
  readonly #parts: RunControlParts;
  readonly #reactor = Promise.withResolvers<Counting>();
  readonly #started = new Date();
  readonly #history: History;
  readonly #lastHits: ReturnType<typeof noteHits>;
  #isHeld = false;
  #dropped = 0;
  readonly rules: RuleDesk;
  /** The programs of the run, whose numbers are those that snet sees. */
  readonly processes = ProcessFacts.ofSelf(localUsers());

  constructor(parts: RunControlParts) {
    this.#parts = parts;
    const { context, record } = parts;
    this.#history = new History({ observe: (observer) => record.observe(observer), now: Date.now });
    this.#lastHits = noteHits((observer) => record.observe(observer), () => this.#links);
    this.rules = new RuleDesk({
      lanes: () => this.#lanes,
      context,
      loaded: () => this.#started.getTime(),
      counts: async () => (await this.#counts()).chain.plugins,
      lastHits: () => this.#lastHits.hits,
      reload: () => this.reload(),
      now: Date.now,
    });
  }

  /** The program is held from now on. */
  begin(reactor: Counting): void {
    this.#isHeld = true;
    this.#reactor.resolve(reactor);
  }

  get questions(): Questions {
    return this.#parts.questions;
  }

  get #links(): readonly Link[] {
    const { links, slow } = this.#parts.chain;
    return [...links, ...slow];
  }

  get #lanes(): Pick<Lanes, "config" | "plugins" | "links"> {
    const { config, plugins } = this.#parts.chain;
    return { config, plugins, links: this.#links };
  }

  async #counts(): Promise<LoopCounts> {
    return await (await this.#reactor.promise).counts();
  }

  status(): Status {
    const { command, chain: { config, events }, record, delay } = this.#parts;
    const started = this.#started.toISOString();
    return {
      version: VERSION,
      pid: Deno.pid,
      started,
      config: `snet run -- ${command}`,
      loaded: started,
      source: {
        kind: "program",
        attached: this.#isHeld,
        events,
        missing: [],
        families: config.families.map(familyName),
        features: [],
        delay,
        policy: "deny",
        restarts: 0,
      },
      default: config.default,
      plugins: pluginList(this.#links),
      observers: record.observers,
    };
  }

  async stats(all: boolean): Promise<Stats> {
    const { chain: { config }, ring } = this.#parts;
    const counts = await this.#counts();
    const { source = {} } = counts;
    const { interrupted = 0, killed = 0 } = source;
    const cancelled = Object.entries({ signal: interrupted, exit: killed });
    return {
      kernel: source,
      daemon: {
        since: this.#started.toISOString(),
        ...reactorStats(counts, this.#links, all, config.plugins),
        cancelled: Object.fromEntries(cancelled.filter(([, count]) => count > 0)),
        dropped: ring.dropped + this.#dropped,
      },
    };
  }

  /** There are none: every call is judged anew. */
  tickets() {
    return { tickets: [] };
  }

  flush() {
    return Promise.resolve({ dropped: 0 });
  }

  reload(): Promise<never> {
    return Promise.reject(new RequestError(409, "A run keeps its rules until the program ends"));
  }

  observe(observer: (observation: Observation) => void): () => void {
    return this.#parts.record.observe((told) => observer(observationJson(told, ruleNames(this.#links))));
  }

  drop(): void {
    this.#dropped++;
  }

  logins(): Logins {
    return this.#parts.logins();
  }

  history(span: HistorySpan): HistoryJson {
    return this.#history.read(span);
  }

  async plugins(withValues: boolean): Promise<PluginList> {
    return pluginListJson(this.#lanes, (await this.#counts()).chain.plugins, withValues);
  }

  [Symbol.dispose](): void {
    this.#history[Symbol.dispose]();
    this.#lastHits.stop();
  }
}
