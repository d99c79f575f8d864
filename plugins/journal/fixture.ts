/** What tests of the journal are made of: a folder, rows, and a thread that is none. */

import type { Decision, Occasion, PluginThread, ThreadPort } from "../../core/mod.ts";
import { event, type EventInit } from "../../core/testing.ts";
import { type Row, rowOf } from "./row.ts";

/** 2026-01-02T14:03:07Z, milliseconds since 1970. */
export const START = Date.UTC(2026, 0, 2, 14, 3, 7);

/** Runs a test with the path of a journal in a folder of its own. */
export async function withJournal(run: (path: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(`${folder}/snet.db`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Denied by rule `no lan` of plugin `rules`; only what a test is about needs to be said. */
export interface RowInit extends EventInit {
  readonly decision?: Partial<Decision> | null;
  readonly occasion?: Partial<Occasion>;
  readonly keepPayload?: boolean;
}

export function row({ decision = {}, occasion = {}, keepPayload = false, ...init }: RowInit = {}): Row {
  const whole: Decision = {
    verdict: { action: "deny", why: 'rule "no lan"', errno: 111 },
    plugin: "rules",
    rule: 3,
    cause: "verdict",
    ...decision,
  };
  const named: Occasion = {
    time: START,
    held: 12.34,
    rule: { name: "no lan", where: "web.yaml:5:5" },
    ...occasion,
  };
  return rowOf(event(init), decision === null ? undefined : whole, named, { payload: keepPayload });
}

/** A thread whose work is done when it is told to, and at once where the one who started it waits for it. */
export class StandIn implements PluginThread {
  onmessage: PluginThread["onmessage"] = null;
  onerror: PluginThread["onerror"] = null;
  isTerminated = false;
  readonly messages: unknown[] = [];
  readonly #inner: ThreadPort;

  constructor(serve: (port: ThreadPort) => void) {
    const tell = (data: unknown) => this.onmessage?.({ data } as MessageEvent);
    this.#inner = { onmessage: null, postMessage: tell };
    serve(this.#inner);
  }

  postMessage(message: unknown): void {
    this.messages.push(message);
    if ("isLast" in (message as object)) this.work();
  }

  /** Does what it was told to until now; returns whether there was anything. */
  work(): boolean {
    const messages = this.messages.splice(0);
    for (const data of messages) this.#inner.onmessage?.({ data } as MessageEvent);
    return messages.length > 0;
  }

  terminate(): void {
    this.isTerminated = true;
  }
}

/** A clock whose tasks run when a test says so. */
export class Tasks {
  readonly waiting = new Map<symbol, { readonly milliseconds: number; readonly task: () => void }>();

  readonly later = (milliseconds: number, task: () => void): () => void => {
    const key = Symbol();
    this.waiting.set(key, { milliseconds, task });
    return () => void this.waiting.delete(key);
  };

  /** Runs what waits now. */
  run(): void {
    const tasks = [...this.waiting.values()];
    this.waiting.clear();
    for (const { task } of tasks) task();
  }
}
