/**
 * Plays `snet run` for the tests of this folder: starts a program in the same terminal and asks what the test says over
 * a unix socket, without holding any call.
 *
 * usage: fixture.ts SOCKET [--save] [PROGRAM ARGUMENT…]
 *
 * Each line of the socket is {@linkcode Wanted} as JSON; each answer is a line {@linkcode Given}.
 */

import { terminalAsker } from "../../core/run/ask.ts";
import { event, type EventInit } from "../../core/testing.ts";

/** A question to be asked, or with `cancel` one to be forgotten. */
export interface Wanted {
  readonly number: number;
  readonly event?: EventInit;
  /** Milliseconds. */
  readonly delay?: number;
  readonly asked?: { readonly plugin: string; readonly rule: number; readonly why: string };
  readonly cancel?: boolean;
}

/** What was answered to the question of that number; no action where there was no opinion. */
export interface Given {
  readonly number: number;
  readonly action?: string;
  readonly why?: string;
  /** Told by {@linkcode terminalAsker}'s save. */
  readonly saved?: unknown;
}

if (import.meta.main) {
  const [path, ...words] = Deno.args;
  const saves = words[0] === "--save";
  const [program, ...args] = saves ? words.slice(1) : words;
  // As snet run has it: signals of keys are the program's.
  Deno.addSignalListener("SIGINT", () => {});
  Deno.addSignalListener("SIGQUIT", () => {});
  const connection = await Deno.connect({ transport: "unix", path: path! });
  const writer = connection.writable.getWriter();
  const tell = (given: Given) => writer.write(new TextEncoder().encode(`${JSON.stringify(given)}\n`));
  const asker = terminalAsker({
    delay: 60_000,
    fallback: "deny",
    ...(saves && { savedIn: "rules.yaml", save: async (saved) => await tell({ number: -1, saved }) }),
  });
  if (program !== undefined) {
    const child = new Deno.Command(program, { args }).spawn();
    child.status.then(({ code }) => {
      asker.close?.();
      Deno.exit(code);
    });
  }
  const controllers = new Map<number, AbortController>();
  const ask = async ({ number, event: init, delay = 60_000, asked, cancel = false }: Wanted) => {
    if (cancel) return controllers.get(number)?.abort();
    const controller = new AbortController();
    controllers.set(number, controller);
    const asking = { signal: controller.signal, deadline: performance.now() + delay, calls: 1, asked };
    const verdict = await asker.decide!(event(init), asking);
    await tell({ number, ...(verdict && { action: verdict.action, why: verdict.why }) });
  };
  await tell({ number: 0 });
  let rest = "";
  for await (const text of connection.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) ask(JSON.parse(line));
  }
  asker.close?.();
}
