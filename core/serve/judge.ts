/**
 * Decides about the calls of other machines: the plugins of the configuration are asked as in the daemon's slow lane, all of
 * them there. Each question is given an id of the server's own; what only its client can tell of the event is looked up by it.
 */

import { isDeepStrictEqual } from "node:util";
import { Clock, clockGettime, Operand } from "../../ffi/mod.ts";
import { bitNames, namesOf } from "../bit_names.ts";
import type { ChainCounts } from "../chain.ts";
import { splitRuleNumber } from "../chain.ts";
import { eventOfMessage, messageOfJson } from "../event_json.ts";
import type { PluginTable } from "../config.ts";
import type { EventJson } from "../control/api.ts";
import type { SnetEvent } from "../event.ts";
import { type Lanes, setUpLanes } from "../lanes.ts";
import type { Log } from "../log.ts";
import type { Decision, Instead, Occasion, PluginContext } from "../plugin.ts";
import { closeLinks } from "../setup.ts";
import { type SlowAnswer, SlowLane } from "../slow_lane.ts";
import type { Client } from "./clients.ts";
import type { ServeConfig } from "./config.ts";
import type { RemoteAnswer, RemoteQuestion } from "./protocol.ts";

/** What became of a question, for whoever watches. */
export interface Judged {
  readonly event: SnetEvent;
  /** Undefined where the client is to go on by itself. */
  readonly decision: Decision | undefined;
  /** Place of the plugin that answered in the configured list. */
  readonly plugin: number | undefined;
  readonly occasion: Occasion;
}

export interface JudgeParts {
  readonly plugins: PluginTable;
  /** Of this process: whatever in it looks at this machine is replaced by what the clients have verified. */
  readonly context: PluginContext;
  readonly log: Log;
  readonly onFailure?: (plugin: string, message: string, instead: Instead | "default") => void;
  readonly onBreaker?: (plugin: string, state: "open" | "closed", pause: number) => void;
  readonly at?: (time: number, task: () => void) => () => void;
  /** Milliseconds of a clock that never goes back; performance.now() if absent. */
  readonly now?: () => number;
}

/** A question that has no answer yet. */
interface Pending {
  readonly client: Client;
  readonly question: RemoteQuestion;
  readonly message: Uint8Array<ArrayBuffer>;
  readonly since: number;
  readonly respond: (answer: RemoteAnswer) => void;
}

const OPERAND_NAMES = namesOf(Operand);
/** Of no namespace: what a client's other namespaces are called that have the number of the server's own. */
const NO_NAMESPACE = 0;

export class Judge {
  readonly #parts: JudgeParts;
  readonly #context: PluginContext;
  readonly #now: () => number;
  readonly #lane: SlowLane;
  readonly #pending = new Map<bigint, Pending>();
  readonly #observers = new Set<(judged: Judged) => void>();
  #config: ServeConfig;
  #lanes: Lanes;
  #last = 0n;
  /** Those that have failed to observe once: one that fails always must not fill the log. */
  readonly #failedToObserve = new WeakSet<object>();

  /** Throws a ConfigError where plugins have something against their options. */
  constructor(config: ServeConfig, parts: JudgeParts) {
    this.#parts = parts;
    this.#now = parts.now ?? (() => performance.now());
    this.#context = this.#contextOf(parts.context);
    this.#config = config;
    this.#lanes = setUpLanes(parts.plugins, config.chain, this.#context);
    this.#lane = new SlowLane(this.#lanes.links, {
      fallback: config.chain.default,
      answer: (answer) => this.#answered(answer),
      ...(parts.onFailure !== undefined && { onFailure: parts.onFailure }),
      ...(parts.onBreaker !== undefined && { onBreaker: parts.onBreaker }),
      ...(parts.at !== undefined && { at: parts.at }),
      now: this.#now,
    });
  }

  get lanes(): Lanes {
    return this.#lanes;
  }

  get counts(): ChainCounts {
    return this.#lane.counts;
  }

  /** Questions that have no answer yet. */
  get waiting(): number {
    return this.#pending.size;
  }

  get observers(): number {
    return this.#observers.size;
  }

  /**
   * Asks the plugins; `respond` gets the answer, once, perhaps before this returns. Returns what the question is cancelled by.
   *
   * Throws an Error of one line where the event is none.
   */
  ask(client: Client, question: RemoteQuestion, respond: (answer: RemoteAnswer) => void): bigint {
    const id = ++this.#last;
    const { timeLeft, asked } = question;
    const message = messageOfJson(this.#eventOf(question, id), {
      time: clockGettime(Clock.Monotonic),
      timeLeft: Math.min(timeLeft, 0xffff_ffff),
    });
    const since = this.#now();
    this.#pending.set(id, { client, question, message, since, respond });
    this.#lane.ask({
      id,
      message,
      read: 0,
      until: since + timeLeft,
      // No rule of this machine has said it.
      asked: asked === undefined ? undefined : { ...asked, rule: undefined, number: 0 },
      client: client.name,
    }, since + timeLeft);
    return id;
  }

  /** Nobody waits for the answer any more. */
  cancel(id: bigint): void {
    this.#lane.cancel(id);
    this.#pending.delete(id);
  }

  /** Takes another configuration over; throws a ConfigError, and nothing has changed, where that cannot be. */
  load(config: ServeConfig): void {
    if (!isDeepStrictEqual(config.chain, this.#config.chain)) {
      const former = this.#lanes;
      const lanes = setUpLanes(this.#parts.plugins, config.chain, this.#context, former);
      this.#lane.load(lanes.links, config.chain.default);
      this.#lanes = lanes;
      closeLinks(former.links, lanes.links);
    }
    this.#config = config;
  }

  /** Shows what becomes of every question until the returned function is called. */
  observe(observer: (judged: Judged) => void): () => void {
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  /** Ends all questions without an answer, and the plugins. */
  close(): void {
    this.#lane.close();
    this.#pending.clear();
    closeLinks(this.#lanes.links);
  }

  /** What is true of this machine only is nothing that could be told of another's event. */
  #contextOf(context: PluginContext): PluginContext {
    const verifiedOf = (event: SnetEvent) => this.#pending.get(event.id)?.question.verified;
    const { cgroupPath: _, names: _names, ...others } = context;
    return {
      ...others,
      verifiedExe: (event) => {
        // The answer is about it.
        void event.task.exe;
        return verifiedOf(event)?.exe === true;
      },
      cgroupPath: (event) => {
        void event.task.cgroup;
        return verifiedOf(event)?.cgroup;
      },
      clientOf: (event) => this.#pending.get(event.id)?.client.name,
    };
  }

  /** The event under the server's own id; the client's network namespace counts as the server's, others do not. */
  #eventOf({ event, verified }: RemoteQuestion, id: bigint): EventJson {
    const { task } = event ?? {};
    // What else is wrong with it, messageOfJson says.
    if (task === null || typeof task !== "object") return event;
    const { netns: host } = this.#parts.context;
    const netns = verified.hostNet ? host ?? task.netns : task.netns === host ? NO_NAMESPACE : task.netns;
    const flags = Array.isArray(event.flags) ? event.flags.filter((flag) => flag !== "notify") : [];
    return { ...event, id: String(id), flags, task: { ...task, netns } };
  }

  #answered({ id, verdict, cause, number, remember, key }: SlowAnswer): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    const { client, question, respond } = pending;
    const isOpen = this.#config.default === "pass" && this.#isByDefault(cause, number);
    if (isOpen) client.counts.passed++;
    else client.counts.answered++;
    const { action, why, errno, scope } = verdict;
    this.#tell(pending, isOpen ? undefined : { verdict, cause, number, remember });
    this.#pending.delete(id);
    respond({
      id: question.id,
      action: isOpen ? "pass" : action === "allow" ? "allow" : "deny",
      why: why.slice(0, 1000),
      ...(action === "deny" && !isOpen && errno !== undefined && { errno }),
      ...(remember > 0 && { remember }),
      ...(remember > 0 && scope !== undefined && { scope }),
      // What was read before the default answers is not told: nothing that comes of it may be remembered.
      key: bitNames(OPERAND_NAMES, cause === "verdict" ? key : Operand.Volatile),
      cause,
    });
  }

  /** Whether the default has answered, and not what a plugin's `whenLate` or `whenFailed` says. */
  #isByDefault(cause: SlowAnswer["cause"], number: number): boolean {
    if (cause === "verdict") return false;
    if (cause === "default" || cause === "ask") return true;
    const place = splitRuleNumber(number)?.plugin;
    const policy = place === undefined ? undefined : this.#lanes.links[place]?.policy;
    const instead = cause === "late" ? policy?.whenLate : policy?.whenFailed;
    return instead === undefined || instead === "pass";
  }

  #tell(
    { client, message, since }: Pending,
    answer: Pick<SlowAnswer, "verdict" | "cause" | "number" | "remember"> | undefined,
  ): void {
    const { links } = this.#lanes;
    const watching = links.filter(({ instance }) => instance.observe ?? instance.notice);
    if (watching.length === 0 && this.#observers.size === 0) return;
    const event = eventOfMessage(message);
    const by = answer && splitRuleNumber(answer.number);
    const link = by && links[by.plugin];
    const decision: Decision | undefined = answer && {
      verdict: { ...answer.verdict, ...(answer.remember > 0 && { remember: answer.remember }) },
      plugin: link?.name,
      rule: by?.rule,
      cause: answer.cause,
    };
    const rule = by?.rule === undefined ? undefined : link?.instance.rules?.at(by.rule);
    const occasion: Occasion = {
      time: this.#parts.context.clock(),
      held: (this.#now() - since) * 1000,
      rule,
      client: client.name,
    };
    for (const { name, events, instance } of watching) {
      if (!events.includes(event.name)) continue;
      try {
        if (decision === undefined) instance.notice?.(event, occasion);
        else instance.observe?.(event, decision, occasion);
      } catch (error) {
        if (!this.#failedToObserve.has(instance)) {
          this.#parts.log("error", `Plugin "${name}" failed to observe: ${error}`);
        }
        this.#failedToObserve.add(instance);
      }
    }
    for (const observer of this.#observers) {
      observer({ event, decision, plugin: by?.plugin, occasion });
    }
  }
}
