/**
 * The daemon on the main thread: it owns the configuration and the reactor, and does what the control API asks.
 * What belongs to a process (signals, lock, socket) is in core/daemon_process.ts.
 */

import { isDeepStrictEqual } from "node:util";
import { Action, Cause, Feature } from "../ffi/mod.ts";
import type { CountersMessage, TicketMessage } from "../ffi/mod.ts";
import type { Link } from "./chain.ts";
import type { Journal, RuleCheck } from "./cli/builtin.ts";
import type { Config } from "./config.ts";
import type { Loaded } from "./external/mod.ts";
import type {
  HistoryJson,
  HistorySpan,
  Observation,
  PluginList,
  Reloaded,
  Stats,
  Status,
  TicketList,
} from "./control/api.ts";
import type { Controlled } from "./control/app.ts";
import { History } from "./control/history.ts";
import { type LastHits, noteHits } from "./control/last_hits.ts";
import { FileChanges } from "./control/file_changes.ts";
import { OptionDesk } from "./control/option_desk.ts";
import { profilesOf } from "./control/rule_profiles.ts";
import { RuleDesk } from "./control/rule_desk.ts";
import { bitNames, namesOf, observationJson, ticketJson } from "./control/json.ts";
import { pluginListJson } from "./control/plugin_list.ts";
import { pluginList, pluginText, reactorStats, ruleNames } from "./control/links.ts";
import type { SnetEvent } from "./event.ts";
import { familyName } from "./events.ts";
import { Feed } from "./feed.ts";
import type { Told } from "./feed.ts";
import { prepareLanes, setUpLanes } from "./lanes.ts";
import type { Lanes } from "./lanes.ts";
import type { Log } from "./log.ts";
import type { LoopCounts } from "./loop.ts";
import type { Occasion, PluginContext } from "./plugin.ts";
import type { Attached } from "./reactor.ts";
import type { Ring } from "./ring.ts";
import { knownAs } from "./names/known.ts";
import type { Names, NamesChange } from "./names/mod.ts";
import { ProcessFacts } from "./process/process_facts.ts";
import { Desks, desksOf } from "./questions/desks.ts";
import { type World, worldOfSelf } from "./questions/may_answer.ts";
import { closeLinks } from "./setup.ts";
import type { PreparedConfig } from "./setup.ts";
import { RequestError } from "./control/request_error.ts";
import type { PageKeeper } from "./web/keeper.ts";
import type { Logins } from "./web/page.ts";

/** What the daemon needs of the reactor. */
export interface ReactorLike {
  readonly attached: Attached | undefined;
  readonly restarts: number;
  load(config: PreparedConfig, slow: readonly Link[]): Promise<void>;
  counts(): Promise<LoopCounts>;
  flush(): Promise<number>;
}

/** What the daemon asks of the kernel itself, past the reactor: listing must not hold up verdicts. */
export interface KernelQueries {
  stats(): Required<CountersMessage>;
  tickets(): TicketMessage[];
}

export interface DaemonParts {
  readonly version: string;
  /** Reads the configuration, or a draft of its text, with what the command line says in its place. */
  readonly read: (draft?: string) => Promise<Loaded>;
  /** Is told what is in force, after each try to read. */
  readonly settle?: (config: Config) => Promise<void>;
  readonly context: PluginContext;
  readonly reactor: ReactorLike;
  readonly kernel: KernelQueries;
  readonly ring: Ring;
  /** Who there is on this machine; as this process sees it if absent. */
  readonly world?: World;
  /** Who tells the names behind addresses. */
  readonly names?: Names;
  /** The page, and who gets in; undefined while it is not known whether there is one. */
  readonly page?: () => Pick<PageKeeper, "logins" | "state"> | undefined;
  /** Checks the options of the plugin `rules`. */
  readonly checkRules?: (options: Readonly<Record<string, unknown>>) => Promise<RuleCheck>;
  /** Opens what the plugin `journal` has written. */
  readonly openJournal?: (path: string) => Promise<Journal>;
  readonly log: Log;
}

export class Daemon implements Controlled {
  readonly #parts: DaemonParts;
  readonly #feed: Feed;
  readonly #started = new Date();
  #loaded = this.#started;
  #lanes: Lanes;
  #stopPlugins: () => void;
  /** For the page, while there is one. */
  #history: History | undefined;
  #lastHits: { readonly hits: LastHits; readonly stop: () => void } | undefined;
  #refused: string | undefined;
  #dropped = 0;
  #reloading: Promise<unknown> = Promise.resolve();
  /** What waits for people, of whichever plugin. */
  readonly questions: Desks;
  /** Who the programs are that people see; undefined where their numbers are others here. */
  readonly processes?: ProcessFacts;
  /** What people see and change of the rules. */
  readonly rules: RuleDesk;
  /** What people change of the options of plugins. */
  readonly options: OptionDesk;
  /** A reload that has not begun to read yet. */
  #queued: { ifChanged: boolean; readonly done: Promise<Reloaded> } | undefined;

  /** `lanes` is what the reactor runs already. */
  constructor(parts: DaemonParts, lanes: Lanes) {
    this.#parts = parts;
    this.#lanes = lanes;
    this.#feed = new Feed(parts.ring, (plugin) => this.#links[plugin]?.name);
    this.#stopPlugins = this.#observeByPlugins();
    this.#settleHistory();
    const world = parts.world ?? worldOfSelf();
    this.questions = new Desks(world);
    if (!world.isElsewhere) this.processes = ProcessFacts.ofSelf(world.userName);
    this.questions.load(desksOf(lanes.links, lanes.config.default));
    const reload = () => this.reload({ ifChanged: true });
    const changes = new FileChanges({ reload, now: Date.now });
    this.options = new OptionDesk({
      ...{ lanes: () => this.#lanes, draft: (text) => this.#draft(text), changes },
    });
    this.rules = new RuleDesk({
      lanes: () => this.#lanes,
      context: parts.context,
      loaded: () => this.#loaded.getTime(),
      counts: async () => (await parts.reactor.counts()).chain.plugins,
      lastHits: () => this.#lastHits?.hits,
      check: parts.checkRules,
      openJournal: parts.openJournal,
      ...{ reload, now: Date.now, changes },
    });
  }

  get config(): Config {
    return this.#lanes.config;
  }

  /** What is in force; whoever ends the daemon closes its plugins. */
  get lanes(): Lanes {
    return this.#lanes;
  }

  get #links(): readonly Link[] {
    return this.#lanes.links;
  }

  /**
   * Reads the configuration again and takes it over, if it is right; otherwise nothing changes and the log says
   * why. With `ifChanged`, what is as it was is left alone, and its tickets with it.
   */
  reload({ ifChanged = false } = {}): Promise<Reloaded> {
    if (this.#queued !== undefined) {
      this.#queued.ifChanged &&= ifChanged;
      return this.#queued.done;
    }
    // One after the other: of two changes the later must win.
    const done = this.#reloading.then(() => {
      const queued = this.#queued!;
      this.#queued = undefined;
      return this.#reload(queued.ifChanged);
    });
    this.#queued = { ifChanged, done };
    this.#reloading = done.catch(() => {});
    return done;
  }

  async #reload(ifChanged: boolean): Promise<Reloaded> {
    const { read, settle, context, reactor, names, log } = this.#parts;
    try {
      const { config, plugins } = await read();
      if (ifChanged && sameConfig(config, this.config)) {
        // What was refused before is not what stands there now.
        this.#refused = undefined;
        return this.#reloaded();
      }
      // Here and not in the reactor, where calls would wait for it.
      const lanes = setUpLanes(plugins, config, context, this.#lanes);
      let change: NamesChange | undefined;
      try {
        change = await names?.open(config.names);
        await reactor.load(lanes.fast, lanes.slow);
      } catch (error) {
        change?.drop();
        closeLinks(lanes.links, this.#links);
        throw error;
      }
      change?.take();
      this.#takeOver(lanes);
    } catch (error) {
      this.#refused = (error as Error).message;
      log("error", `Not reloaded, the former configuration stays: ${this.#refused}`);
      throw error;
    } finally {
      await settle?.(this.config);
    }
    log("info", `Reloaded: ${pluginText(this.#links)}`);
    this.warn();
    return this.#reloaded();
  }

  /** What a text of the configuration says, checked as a reload does it; in its turn, since it may start processes. */
  #draft(text: string): Promise<Config> {
    const done = this.#reloading.then(async () => {
      const { read, settle, context } = this.#parts;
      try {
        const { config, plugins } = await read(text);
        prepareLanes(plugins, config, context, this.#lanes);
        return config;
      } finally {
        await settle?.(this.config);
      }
    });
    this.#reloading = done.catch(() => {});
    return done;
  }

  /** Logs what is odd about the configuration. */
  warn(): void {
    for (const warning of this.config.warnings) this.#parts.log("warning", warning);
  }

  status(): Status {
    const { reactor, version } = this.#parts;
    const page = this.#parts.page?.()?.state;
    const { attached } = reactor;
    const profile = profilesOf(this.config)?.active;
    return {
      version,
      pid: Deno.pid,
      started: this.#started.toISOString(),
      config: this.config.path,
      loaded: this.#loaded.toISOString(),
      ...(this.#refused === undefined ? {} : { refused: this.#refused }),
      source: {
        kind: "kernel",
        attached: attached !== undefined,
        events: attached?.events ?? [],
        missing: attached?.missing ?? [],
        families: this.config.families.map(familyName),
        features: bitNames(FEATURE_NAMES, attached?.features ?? 0),
        delay: attached?.delay ?? 0,
        policy: attached?.policy === Action.Deny ? "deny" : "allow",
        restarts: reactor.restarts,
      },
      default: this.config.default,
      plugins: pluginList(this.#links),
      ...(profile !== undefined && { profile }),
      observers: this.#feed.observers,
      ...(page !== undefined && { page }),
    };
  }

  async stats(all: boolean): Promise<Stats> {
    const { kernel, reactor, ring, names } = this.#parts;
    const told = names?.status();
    const counts = await reactor.counts();
    return {
      kernel: Object.fromEntries(
        Object.entries(kernel.stats()).map(([name, count]) => [name, Number(count)]),
      ),
      ...(told !== undefined && { names: told }),
      daemon: {
        since: this.#loaded.toISOString(),
        ...reactorStats(counts, this.#links, all, this.config.plugins),
        cancelled: Object.fromEntries(
          counts.cancelled.flatMap((count, cause) =>
            count === 0 ? [] : [[CAUSE_NAMES.get(cause) ?? cause, count]]
          ),
        ),
        dropped: ring.dropped + this.#dropped,
      },
    };
  }

  tickets(most?: number): TicketList {
    const { kernel } = this.#parts;
    if (most !== undefined) {
      const kept = Number(kernel.stats().tickets);
      if (kept > MOST_LISTED) return { tickets: [], more: kept };
    }
    const rules = ruleNames(this.#links);
    const all = kernel.tickets();
    if (most === undefined || all.length <= most) {
      return { tickets: all.map((ticket) => ticketJson(ticket, rules)) };
    }
    const first = all.toSorted((a, b) => Number((b.hits ?? 0n) - (a.hits ?? 0n))).slice(0, most);
    return { tickets: first.map((ticket) => ticketJson(ticket, rules)), more: all.length - most };
  }

  async flush(): Promise<{ dropped: number }> {
    return { dropped: await this.#parts.reactor.flush() };
  }

  observe(observer: (observation: Observation) => void): () => void {
    return this.#feed.observe((told) =>
      observer(observationJson(told, ruleNames(this.#links), this.#namesOf(told.event)))
    );
  }

  /** Names behind the remote address, while somebody is configured to tell them. */
  #namesOf(event: SnetEvent): readonly string[] {
    return this.config.names === undefined ? [] : knownAs(this.#parts.context.names?.(event));
  }

  drop(): void {
    this.#dropped++;
  }

  logins(): Logins {
    const page = this.#parts.page?.();
    if (page === undefined) throw new RequestError(404, "There is no page here");
    return page.logins();
  }

  history(span: HistorySpan): HistoryJson {
    if (this.#history !== undefined) return this.#history.read(span);
    throw new RequestError(
      404,
      `Nothing is counted, since no page is served; write "web: {}" into snet.yaml`,
    );
  }

  async plugins(withValues: boolean): Promise<PluginList> {
    const { chain } = await this.#parts.reactor.counts();
    const list = pluginListJson(this.#lanes, chain.plugins, withValues);
    return withValues ? { ...list, ...this.options.state() } : list;
  }

  /** Tells the plugins no more; they are not closed yet. */
  close(): void {
    // What was decided until now is for the plugins that are told of it now.
    this.#feed.drain();
    this.#stopPlugins();
    this.#history?.[Symbol.dispose]();
    this.#lastHits?.stop();
  }

  #takeOver(lanes: Lanes): void {
    if (lanes.config.control.socket !== this.config.control.socket) {
      this.#parts.log("warning", "The control socket stays where it is until the daemon is started again");
    }
    // What was decided until now is for the former plugins.
    this.#feed.drain();
    const former = this.#links;
    const stopFormer = this.#stopPlugins;
    this.#lanes = lanes;
    // Before the former ones stop: while nobody observes, decisions are not even written down.
    this.#stopPlugins = this.#observeByPlugins();
    stopFormer();
    closeLinks(former, lanes.links);
    this.#settleHistory();
    this.questions.load(desksOf(lanes.links, lanes.config.default));
    this.#loaded = new Date();
    this.#refused = undefined;
  }

  /** Counts decisions while there is a page to show them. */
  #settleHistory(): void {
    const isWanted = this.config.web !== undefined;
    if (isWanted === (this.#history !== undefined)) return;
    this.#history?.[Symbol.dispose]();
    this.#history = isWanted
      ? new History({
        observe: (observer) => this.#feed.observe(observer),
        hostOf: (event) => this.#namesOf(event)[0],
        now: Date.now,
      })
      : undefined;
    this.#lastHits?.stop();
    this.#lastHits = isWanted
      ? noteHits((observer) => this.#feed.observe(observer), () => this.#links)
      : undefined;
  }

  #observeByPlugins(): () => void {
    const stops = this.#links.flatMap(({ name, events, instance }) => {
      if (instance.observe === undefined && instance.notice === undefined) return [];
      const woken = new Set(events);
      let hasFailed = false;
      return [this.#feed.observe((told: Told) => {
        if (!woken.has(told.event.name)) return;
        try {
          this.#tell(instance, told);
        } catch (error) {
          // One that fails always must not fill the log.
          if (!hasFailed) this.#parts.log("error", `Plugin "${name}" failed to observe: ${error}`);
          hasFailed = true;
        }
      })];
    });
    return () => stops.forEach((stop) => stop());
  }

  #tell(instance: Link["instance"], { event, decision, plugin, held, time }: Told): void {
    const rule = decision?.rule;
    const known = rule === undefined ? undefined : this.#links[plugin!]?.instance.rules?.at(rule);
    const names = this.#namesOf(event);
    const occasion: Occasion = { time, held, rule: known, ...(names.length > 0 && { names }) };
    if (decision === undefined) instance.notice?.(event, occasion);
    else instance.observe?.(event, decision, occasion);
  }

  #reloaded(): Reloaded {
    return { loaded: this.#loaded.toISOString(), plugins: pluginList(this.#links) };
  }
}

/** Tickets that are listed to whoever looks at the page: to list more would hold up whoever waits for this thread. */
const MOST_LISTED = 4096;

const FEATURE_NAMES = namesOf(Feature);
const CAUSE_NAMES = namesOf(Cause);

/** Compared as it is, not as one text: files of lists are long, and would be written twice for that. */
function sameConfig(a: Config, b: Config): boolean {
  return isDeepStrictEqual(a, b);
}
