/** A plugin in a sandbox, as the chain sees it: a plugin of the slow lane whose answers come from its process. */

import { isDeepStrictEqual } from "node:util";
import { domainStrength, seccompLacks } from "../../ffi/mod.ts";
import { decisionJson, eventJson } from "../control/json.ts";
import type { SnetEvent } from "../event.ts";
import { noteOperands } from "../operand_reads.ts";
import type { Asking, Decision, Occasion, Plugin, PluginContext, PluginInstance } from "../plugin.ts";
import type { Verdict } from "../verdict.ts";
import { OPERANDS } from "./check.ts";
import type { AskMessage, Declaration, Ready } from "./protocol.ts";
import type { Question } from "./session.ts";
import type { Sandbox, SandboxSpec } from "./spec.ts";
import { Supervisor } from "./supervisor.ts";
import type { Surroundings } from "./process.ts";
import { checkMachine } from "./machine.ts";
import { ownProgram } from "./own_program.ts";
import { SYSTEM_TIMERS } from "./timers.ts";

/**
 * Starts the plugin's process and hears what it declares.
 *
 * Rejects with an Error of one line where it cannot be confined or started, or declares no plugin.
 */
export async function openSandbox(
  spec: SandboxSpec,
  surroundings: Partial<Surroundings> = {},
): Promise<Sandbox> {
  checkMachine(spec, { lacks: seccompLacks(), ...domainStrength() });
  const sandbox = new Processes(spec, { timers: SYSTEM_TIMERS, own: ownProgram(), ...surroundings });
  try {
    return sandbox.opened(await sandbox.declaration());
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

type Options = Readonly<Record<string, unknown>>;

/** A process that no configuration uses yet; `ready` once it has taken options. */
interface Spare {
  readonly supervisor: Supervisor;
  ready: Ready | undefined;
}

/** The processes of one plugin: one for each configuration that has it set up. */
class Processes {
  readonly #spec: SandboxSpec;
  readonly #surroundings: Surroundings;
  readonly #all = new Set<Supervisor>();
  /** Started, and not taken by `setup` yet. */
  #spare: Spare | undefined;

  constructor(spec: SandboxSpec, surroundings: Surroundings) {
    this.#spec = spec;
    this.#surroundings = surroundings;
  }

  declaration(): Promise<Declaration> {
    return this.#startSpare().supervisor.declaration();
  }

  opened(declaration: Declaration): Sandbox {
    const { doc, version, on, options, wants, timeout, whenLate, whenFailed, asks, needsPayload } =
      declaration;
    const plugin: Plugin = {
      name: this.#spec.name,
      lane: "slow",
      // Whether it asks for them only it knows.
      byNames: true,
      ...{ doc, on, options },
      ...(version !== undefined && { version }),
      ...(wants !== undefined && { wants }),
      ...(timeout !== undefined && { timeout }),
      ...(whenLate !== undefined && { whenLate }),
      ...(whenFailed !== undefined && { whenFailed }),
      ...(asks !== undefined && { asks }),
      ...(needsPayload !== undefined && { needsPayload }),
      setup: (prepared, context) => this.#setUp(prepared as Options, context),
    };
    return { plugin, configure: (options) => this.#configure(options), close: () => this.close() };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((supervisor) => supervisor.close()));
    this.#all.clear();
  }

  async #configure(options: Options): Promise<void> {
    // One that has other options than these already cannot take them any more.
    if (this.#spare?.supervisor.options !== undefined) this.#end(this.#spare.supervisor);
    const spare = this.#spare ?? this.#startSpare();
    try {
      spare.ready = await spare.supervisor.setUp(options);
    } catch (error) {
      this.#end(spare.supervisor);
      throw error;
    }
  }

  #setUp(options: Options, context: PluginContext): PluginInstance<"slow"> {
    const known = this.#spare?.supervisor.options;
    if (known !== undefined && !isDeepStrictEqual(known, options)) this.#end(this.#spare!.supervisor);
    const { supervisor, ready } = this.#spare ?? this.#startSpare();
    this.#spare = undefined;
    supervisor.serve(options);
    return instanceOf(supervisor, ready, context, () => this.#end(supervisor));
  }

  #startSpare(): Spare {
    const supervisor = new Supervisor(this.#spec, this.#surroundings);
    this.#all.add(supervisor);
    return this.#spare = { supervisor, ready: undefined };
  }

  #end(supervisor: Supervisor): void {
    if (this.#spare?.supervisor === supervisor) this.#spare = undefined;
    void supervisor.close().then(() => this.#all.delete(supervisor));
  }
}

function instanceOf(
  supervisor: Supervisor,
  ready: Ready | undefined,
  context: PluginContext,
  close: () => void,
): PluginInstance<"slow"> {
  const { decides = true, observes = ready === undefined, events, rules } = ready ?? {};
  const observe = (event: SnetEvent, decision: Decision, occasion: Occasion) =>
    supervisor.observe(() => decisionJson(event, decision, occasion));
  const notice = (event: SnetEvent, occasion: Occasion) =>
    supervisor.observe(() => ({ ...decisionJson(event, TOLD, occasion), asked: false }));
  return {
    ...(events !== undefined && { events }),
    ...(decides && { decide: (event, asking) => decide(supervisor, context, event, asking) }),
    ...(observes && { observe, notice }),
    ...(rules !== undefined && { rules }),
    counters: () => ({ ...supervisor.counters }),
    close,
  };
}

/** Stands for the decision where nothing was decided. */
const TOLD: Decision = {
  verdict: { action: "allow", why: "" },
  plugin: undefined,
  rule: undefined,
  cause: "verdict",
};

async function decide(
  supervisor: Supervisor,
  context: PluginContext,
  event: SnetEvent,
  asking: Asking,
): Promise<Verdict | undefined> {
  const { verdict, read } = await supervisor.ask(() => questionOf(event, asking, context), asking.signal);
  // Everything, where the plugin does not tell.
  noteOperands(event, read ?? OPERANDS);
  return verdict;
}

function questionOf(event: SnetEvent, { deadline, asked }: Asking, context: PluginContext): Question {
  // What is shown is not read: the answer tells what was.
  const shown = event.copy();
  return {
    left: Math.max(0, Math.round(deadline - performance.now())),
    event: eventJson(shown),
    ...(asked !== undefined && { asked: askedJson(asked) }),
    about: aboutOf(shown, context),
  };
}

function askedJson({ plugin, rule, why }: NonNullable<Asking["asked"]>): NonNullable<AskMessage["asked"]> {
  return { plugin, ...(rule !== undefined && { rule }), why };
}

function aboutOf(event: SnetEvent, context: PluginContext): NonNullable<AskMessage["about"]> {
  const cgroupPath = context.cgroupPath?.(event);
  const names = context.names?.(event);
  return {
    exeVerified: context.verifiedExe(event),
    ...(cgroupPath !== undefined && { cgroupPath }),
    ...(names !== undefined && { names }),
  };
}
