/** A module's plugin as the protocol sees it: what it declares, and its answers to what the daemon says. */

import { Operand } from "../../ffi/mod.ts";
import { bitNames, namesOf } from "../bit_names.ts";
import type { Observation } from "../control/api.ts";
import { eventOfMessage, messageOfJson } from "../event_json.ts";
import type { SnetEvent } from "../event.ts";
import { parseEvents } from "../events.ts";
import type { Asking, Plugin, PluginContext, PluginInstance } from "../plugin.ts";
import { checkVerdict } from "../verdict.ts";
import { pluginOf } from "../external/declaration.ts";
import { errorText } from "./error_text.ts";
import {
  type AskMessage,
  type HostMessage,
  LONGEST_TEXT,
  type PluginMessage,
  PROTOCOL_VERSION,
} from "./protocol.ts";

const OPERAND_NAMES = namesOf(Operand);

/** What the daemon knows beside an event. */
type About = NonNullable<AskMessage["about"]>;

/** The plugin at work. */
export class ModulePlugin {
  readonly #plugin: Plugin;
  readonly #send: (message: PluginMessage) => void;
  #instance: PluginInstance | undefined;
  /** Of the questions that are not answered yet. */
  readonly #asked = new Map<number, AbortController>();
  /** By the event that is being decided about. */
  readonly #about = new WeakMap<SnetEvent, About>();

  /** Throws an Error of one line where what a file exports is no plugin. */
  constructor(exported: unknown, send: (message: PluginMessage) => void) {
    this.#plugin = pluginOf(exported);
    this.#send = send;
  }

  /** Takes one message of the daemon. */
  take(message: HostMessage): void {
    switch (message.type) {
      case "hello":
        return this.#declare();
      case "setup":
        return this.#setUp(message.options);
      case "ask":
        return void this.#answer(message);
      case "cancel":
        return this.#cancel(message.id);
      case "observe":
        return message.decisions.forEach((decision) => this.#observe(decision));
      case "ping":
        return this.#send({ type: "pong", id: message.id });
      case "bye":
        return this.#instance?.close?.();
    }
  }

  #declare(): void {
    const { name, doc, version, on, options, wants, asks, needsPayload } = this.#plugin;
    const { timeout, whenLate, whenFailed } = this.#plugin;
    this.#send({
      type: "declaration",
      protocol: PROTOCOL_VERSION,
      ...{ name, doc, on, options },
      ...(version !== undefined && { version }),
      ...(wants !== undefined && { wants }),
      ...(timeout !== undefined && { timeout }),
      ...(whenLate !== undefined && { whenLate }),
      ...(whenFailed !== undefined && { whenFailed }),
      ...(asks !== undefined && { asks }),
      ...(needsPayload !== undefined && { needsPayload }),
    });
  }

  #setUp(options: Readonly<Record<string, unknown>>): void {
    const plugin = this.#plugin;
    try {
      const context = this.#context();
      const prepared = plugin.prepare === undefined ? options : plugin.prepare(options as never, context);
      const instance = plugin.setup(prepared, context);
      const { rules, events, decide, observe, notice } = instance;
      this.#instance = instance;
      this.#send({
        type: "ready",
        decides: decide !== undefined,
        observes: observe !== undefined || notice !== undefined,
        ...(events !== undefined && { events: parseEvents(events) }),
        ...(rules !== undefined && { rules: Array.from({ length: rules.length }, (_, i) => rules.at(i)!) }),
      });
    } catch (error) {
      this.#send({ type: "failure", why: errorText(error) });
    }
  }

  #context(): PluginContext {
    return {
      clock: Date.now,
      verifiedExe: (event) => this.#about.get(event)?.exeVerified ?? false,
      cgroupPath: (event) => this.#about.get(event)?.cgroupPath,
      names: (event) => this.#about.get(event)?.names,
      log: (level, message) => this.#send({ type: "log", level, message: message.slice(0, LONGEST_TEXT) }),
    };
  }

  async #answer({ id, left, event: json, asked, about }: AskMessage): Promise<void> {
    const controller = new AbortController();
    this.#asked.set(id, controller);
    const asking: Asking = {
      signal: controller.signal,
      deadline: performance.now() + left,
      calls: 1,
      asked: asked && { plugin: asked.plugin, rule: asked.rule, why: asked.why },
    };
    try {
      const event = eventOfMessage(messageOfJson(json, { timeLeft: left }));
      if (about !== undefined) this.#about.set(event, about);
      const answer = await this.#instance?.decide?.(event, asking);
      const verdict = answer === undefined ? null : checkVerdict(answer);
      if (!this.#asked.has(id)) return;
      this.#send({ type: "answer", id, verdict, read: bitNames(OPERAND_NAMES, event.read) });
    } catch (error) {
      if (this.#asked.has(id)) this.#send({ type: "failure", id, why: errorText(error) });
    } finally {
      this.#asked.delete(id);
    }
  }

  #cancel(id: number): void {
    this.#asked.get(id)?.abort();
    this.#asked.delete(id);
  }

  #observe(
    { event: json, names, asked, action, why, errno, remember, plugin, rule, cause, held, time }: Observation,
  ): void {
    const event = eventOfMessage(messageOfJson(json));
    const name = rule?.name === undefined ? undefined : { name: rule.name, where: rule.where ?? "" };
    const occasion = { time: Date.parse(time), held, rule: name, ...(names !== undefined && { names }) };
    if (!asked) return this.#instance?.notice?.(event, occasion);
    const verdict = {
      ...{ action, why },
      ...(errno !== undefined && { errno }),
      ...(remember !== undefined && { remember }),
    };
    this.#instance?.observe?.(event, { verdict, plugin, rule: rule?.number, cause }, occasion);
  }
}
