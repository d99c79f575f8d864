/** Plugins that may wait, asked by the slow lane on the main thread: here, over HTTP, in a process of their own. */

import { parseConfig } from "../../core/config.ts";
import { messageOf } from "../../core/event_message.ts";
import { allow, type PluginContext, type PluginInstance } from "../../core/mod.ts";
import { prepare, setUp } from "../../core/setup.ts";
import { SlowLane } from "../../core/slow_lane.ts";
import { event } from "../../core/testing.ts";
import { PLUGINS } from "../../plugins/mod.ts";

/** Nanoseconds of so many calls, of which so many are under way at once. */
export interface Load {
  readonly calls: number;
  readonly underWay: number;
}

const POLICY = { timeout: 600_000, whenLate: "deny", whenFailed: "deny" } as const;
const CONTEXT: PluginContext = { clock: Date.now, verifiedExe: () => true };

/** The messages of programs of their own, so that no two calls are equal. */
function messages(count: number): readonly Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: count }, (_, pid) => messageOf(event({ task: { pid } })));
}

/** A lane with one plugin, and what is asked of it. */
export class Asker {
  readonly #lane: SlowLane;
  readonly #waiting = new Map<bigint, () => void>();
  #lastId = 0n;

  constructor(instance: PluginInstance<"slow">) {
    this.#lane = new SlowLane([{ name: "asked", events: ["snet.connect"], policy: POLICY, instance }], {
      fallback: "deny",
      answer: ({ id, verdict: { action, why } }) => {
        if (action !== "allow") throw new Error(`a question of the benchmark was denied: ${why}`);
        this.#waiting.get(id)!();
        this.#waiting.delete(id);
      },
    });
  }

  /** Asks one question; the promise settles with the answer. */
  ask(message: Uint8Array<ArrayBuffer>): Promise<void> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#lane.ask(
        { id, message, read: 0, until: 0, asked: undefined },
        performance.now() + POLICY.timeout,
      );
    });
  }

  close(): void {
    this.#lane.close();
  }
}

/** Does something again and again, so much of it at once; nanoseconds of each. */
export async function measure(
  { calls, underWay }: Load,
  act: (slot: number) => Promise<unknown>,
): Promise<number> {
  let left = calls;
  const start = performance.now();
  await Promise.all(Array.from({ length: underWay }, async (_, slot) => {
    while (left-- > 0) await act(slot);
  }));
  return (performance.now() - start) * 1e6 / calls;
}

/** Round trips to a plugin. */
export async function measureAsker(asker: Asker, load: Load): Promise<number> {
  const events = messages(load.underWay);
  return await measure(load, (slot) => asker.ask(events[slot]!));
}

/** The webhook and a server on loopback that allows everything, in a thread of its own; `fetch` asks it without snet. */
export async function openWebhook(): Promise<
  { readonly asker: Asker; fetch(): Promise<unknown>; close(): void }
> {
  const server = new Worker(`data:text/javascript,${encodeURIComponent(SERVER)}`, { type: "module" });
  const { data: port } = await new Promise<MessageEvent<number>>((resolve) => server.onmessage = resolve);
  const url = `http://127.0.0.1:${port}/`;
  const text = `default: deny\nplugins: [{ webhook: { url: "${url}" } }]\n`;
  const { plugins } = prepare(PLUGINS, parseConfig("/etc/snet.yaml", text, PLUGINS), CONTEXT);
  const instance = setUp(PLUGINS, plugins, CONTEXT)[0]!.instance as PluginInstance<"slow">;
  const asker = new Asker(instance);
  return {
    asker,
    fetch: async () => await (await fetch(url, { method: "POST", body: BODY })).text(),
    close: () => {
      asker.close();
      instance.close?.();
      server.terminate();
    },
  };
}

/** As long as what the webhook posts. */
const BODY = "x".repeat(1000);
const SERVER = `
const allowed = JSON.stringify({ action: "allow", why: "all" });
const headers = { "content-type": "application/json" };
Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => postMessage(port) }, async (request) => {
  await request.text();
  return new Response(allowed, { headers });
});
`;

/** What one more question costs while so many wait, and what each of those keeps. */
export async function measureCrowd(
  count: number,
  load: Load,
): Promise<{ nanoseconds: number; bytes: number }> {
  const yes = Promise.resolve(allow("at once"));
  const crowd = messages(count + load.underWay).slice(load.underWay);
  const asker = new Asker({
    decide: ({ task: { pid } }) => pid < load.underWay ? yes : new Promise(() => {}),
  });
  const before = heapUsed();
  // As the port hands them over: each with bytes of its own.
  for (const message of crowd) void asker.ask(message.slice());
  const bytes = count === 0 ? 0 : (heapUsed() - before) / count;
  const nanoseconds = await measureAsker(asker, load);
  asker.close();
  return { nanoseconds, bytes };
}

/** Bytes of what is in use, which only a collection tells. */
function heapUsed(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error("the benchmark needs --v8-flags=--expose-gc");
  gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}
