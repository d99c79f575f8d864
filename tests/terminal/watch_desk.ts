/** Plays the daemon for tests of `snet watch`: its decisions, over its control socket. */

import { eventJson, observation } from "../../core/cli/samples.ts";
import { PATHS, type RowBatch, type RowJson } from "../../core/control/api.ts";
import { row } from "../../core/view/samples.ts";

/** Decisions, and whoever looks at them. */
export class WatchDesk implements AsyncDisposable {
  /** The paths that were asked for. */
  readonly asked: string[] = [];
  #number = 0;
  readonly #readers = new Set<ReadableStreamDefaultController<Uint8Array>>();
  readonly #rows = new Map<number, RowJson>();
  readonly #server: Deno.HttpServer;

  constructor(readonly path: string) {
    this.#server = Deno.serve(
      { path, transport: "unix", onListen: () => {} },
      (request) => this.#answer(new URL(request.url)),
    );
  }

  /** Decisions are made, all at once. */
  decide(...decisions: Partial<RowJson>[]): void {
    const rows = decisions.map((init) => row({ time: Date.now(), ...init, number: ++this.#number }));
    for (const each of rows) this.#rows.set(each.number, each);
    const batch: RowBatch = { rows, missed: 0 };
    const text = `id: ${this.#number}\ndata: ${JSON.stringify(batch)}\n\n`;
    for (const reader of this.#readers) reader.enqueue(new TextEncoder().encode(text));
  }

  #answer({ pathname, search }: URL): Response {
    this.asked.push(`${pathname}${search}`);
    if (pathname === PATHS.rows) return this.#stream();
    const decided = this.#rows.get(Number(pathname.split("/").at(-1)));
    if (decided === undefined) return Response.json({ error: `no ${pathname}` }, { status: 404 });
    const { time, pid, why } = decided;
    return Response.json(observation({
      time: new Date(time).toISOString(),
      why,
      event: eventJson({
        task: { pid, parents: [{ pid: 3, exe: "/usr/bin/make" }], cmdline: ["curl", "a b"] },
      }),
    }));
  }

  #stream(): Response {
    let reader: ReadableStreamDefaultController<Uint8Array>;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        reader = controller;
        this.#readers.add(controller);
        controller.enqueue(new TextEncoder().encode(":\n\n"));
      },
      cancel: () => void this.#readers.delete(reader),
    });
    return new Response(stream, { headers: { "content-type": "text/event-stream" } });
  }

  /** The daemon ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const reader of this.#readers) reader.close();
    this.#readers.clear();
    await this.#server.shutdown();
  }
}
