/** A hostile plugin in the slow lane, and behind it one that goes on answering. */

import { parseEvents } from "../../core/events.ts";
import type { PluginContext, PluginInstance } from "../../core/plugin.ts";
import { openSandbox, type Sandbox, type SandboxSpec } from "../../core/sandbox/mod.ts";
import { type SlowAnswer, SlowLane } from "../../core/slow_lane.ts";
import { event } from "../../core/testing.ts";
import { builtProgram, specOf } from "./place.ts";

const EXAMPLE = new URL("../../core/sandbox/examples/no_telnet.py", import.meta.url).pathname;

/** What the well-behaved plugin says. */
export const GOOD_ANSWER = "port 23 is not encrypted";

const CONTEXT: PluginContext = { clock: Date.now, verifiedExe: () => false };

/** Opens a plugin as an operator's dist/snet does. */
export function open(spec: SandboxSpec): Promise<Sandbox> {
  return openSandbox(spec, { own: builtProgram() });
}

/** Opens it and sets it up. */
export async function setUp(
  spec: SandboxSpec,
  options: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly sandbox: Sandbox; readonly instance: PluginInstance<"slow"> }> {
  const sandbox = await open(spec);
  try {
    await sandbox.configure(options);
    return { sandbox, instance: sandbox.plugin.setup(options, CONTEXT) as PluginInstance<"slow"> };
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

/** Two plugins and a lane; `await using` ends them. */
export class Stage implements AsyncDisposable {
  /** What the operator was told. */
  readonly told: readonly string[];
  readonly #lane: SlowLane;
  readonly #sandboxes: readonly Sandbox[];
  readonly #hostile: PluginInstance<"slow">;
  readonly #answers = new Map<bigint, PromiseWithResolvers<SlowAnswer>>();
  #next = 1n;

  private constructor(
    hostile: Awaited<ReturnType<typeof setUp>>,
    good: Awaited<ReturnType<typeof setUp>>,
    told: readonly string[],
    timeout: number,
  ) {
    this.told = told;
    this.#sandboxes = [hostile.sandbox, good.sandbox];
    this.#hostile = hostile.instance;
    const link = (name: string, instance: PluginInstance, timeout: number) => ({
      ...{ name, instance, lane: "slow" as const, events: parseEvents(["snet.connect"]) },
      policy: { timeout, whenLate: "pass" as const, whenFailed: "pass" as const },
    });
    this.#lane = new SlowLane([
      link("hostile", hostile.instance, timeout),
      link("good", good.instance, 60_000),
    ], {
      fallback: "deny",
      answer: (answer) => this.#answers.get(answer.id)?.resolve(answer),
    });
  }

  /** `timeout`: milliseconds that the hostile one has for an answer. */
  static async with(
    program: SandboxSpec["program"],
    more: Omit<NonNullable<Parameters<typeof specOf>[1]>, "log"> & { readonly timeout?: number } = {},
  ): Promise<Stage> {
    const told: string[] = [];
    const log = (_level: string, message: string) => void told.push(message);
    const good = await setUp(specOf({ exec: ["/usr/bin/python3", EXAMPLE] }, { name: "good" }), {
      ports: ["23"],
    });
    try {
      return new Stage(await setUp(specOf(program, { ...more, log })), good, told, more.timeout ?? 500);
    } catch (error) {
      await good.sandbox.close();
      throw error;
    }
  }

  /** A call, unlike all before it: what became of it. */
  ask(): Promise<SlowAnswer> {
    const id = this.#next++;
    const answer = Promise.withResolvers<SlowAnswer>();
    this.#answers.set(id, answer);
    const { message } = event({ id, task: { pid: Number(id) }, remote: { ip: "192.0.2.1", port: 23 } });
    this.#lane.ask(
      { id, message: message.slice(), read: 0, until: 0, asked: undefined },
      performance.now() + 60_000,
    );
    return answer.promise;
  }

  get counters(): Readonly<Record<string, number>> {
    return this.#hostile.counters!();
  }

  /** What it lets through comes to the observer. */
  get hostile(): PluginInstance<"slow"> {
    return this.#hostile;
  }

  /** Ends the hostile one alone. */
  closeHostile(): Promise<void> {
    return this.#sandboxes[0]!.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lane.close();
    await Promise.all(this.#sandboxes.map((sandbox) => sandbox.close()));
  }
}

/** Waits for a state. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const limit = performance.now() + 30_000;
  while (!await isSo()) {
    if (performance.now() > limit) throw new Error(`not so after 30 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
