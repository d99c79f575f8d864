/** Plays the daemon for tests of `snet watch`: its decisions, over its control socket. */

import { eventJson, observation } from "../../core/cli/samples.ts";
import { PATHS, type RowBatch, type RowJson } from "../../core/control/api.ts";
import { row } from "../../core/view/samples.ts";
import { EventReaders } from "./event_readers.ts";

/** Decisions, and whoever looks at them. */
export class WatchDesk implements AsyncDisposable {
  /** The paths that were asked for. */
  readonly asked: string[] = [];
  #number = 0;
  readonly #readers = new EventReaders();
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
    this.#readers.tell(`id: ${this.#number}\ndata: ${JSON.stringify(batch)}\n\n`);
  }

  #answer({ pathname, search }: URL): Response {
    this.asked.push(`${pathname}${search}`);
    if (pathname === PATHS.rows) return this.#readers.response(":\n\n");
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

  /** The daemon ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#readers.end();
    await this.#server.shutdown();
  }
}
