/**
 * The reactor's Worker: it blocks in receiving from the source, answers events, and does what the main thread asks of it
 * between two turns, woken over the same source. Once started it returns to the Worker's own event loop only while it imports
 * plugins that are not built in, so everything else that it needs is imported statically.
 */

import { receiveMessageOnPort } from "node:worker_threads";
import { Clock, clockGettime, leaveSignalsToOthers, PollSet } from "../ffi/mod.ts";
import type { Attachment } from "./attachment.ts";
import { KernelAttachment } from "./attachment_kernel.ts";
import { SeccompAttachment } from "./attachment_seccomp.ts";
import { Chain } from "./chain.ts";
import type { Link, LinkOutline } from "./chain.ts";
import type { PluginTable } from "./config.ts";
import { contextOf, systemContext } from "./context.ts";
import { ThreadPlugins } from "./external/thread.ts";
import { outlineOf } from "./link.ts";
import { Loop } from "./loop.ts";
import type { LoopCounts } from "./loop.ts";
import type { PluginContext } from "./plugin.ts";
import { toWire } from "./reactor_messages.ts";
import type { Attached, FromWorker, News, Request, StartMessage, ToWorker } from "./reactor_messages.ts";
import { Ring } from "./ring.ts";
import { SlowDoor } from "./slow_door.ts";
import { closeLinks, setUp } from "./setup.ts";
import type { PreparedConfig, PreparedPlugin } from "./setup.ts";

/** Milliseconds until answers that the source had no room for are sent again. */
const RETRY_DELAY = 1;

/** Opens the source that main has named; what it was given is closed if it throws. */
export type OpenAttachment = (start: StartMessage) => Attachment;

const openNamed: OpenAttachment = ({ source, wakeFd, baseline }) =>
  source === undefined ? KernelAttachment.open(baseline) : SeccompAttachment.open(source, wakeFd);

/** Makes this Worker the reactor: it waits for its {@linkcode StartMessage} and then serves until it is stopped. */
export function serveAsReactor(plugins: PluginTable, open: OpenAttachment = openNamed): void {
  const scope = globalThis as unknown as {
    onmessage: (event: MessageEvent<StartMessage>) => void;
    close(): void;
  };
  scope.onmessage = async ({ data }) => {
    // One that came here could end an answer half way: a descriptor that is handed over with it would be told as number 0.
    leaveSignalsToOthers();
    await serve(data, new ThreadPlugins(plugins), open);
    scope.close();
  };
}

/** Serves until main says stop. Whatever happens, the source is closed before main hears of the end. */
async function serve(start: StartMessage, plugins: ThreadPlugins, open: OpenAttachment): Promise<void> {
  const say = (message: FromWorker) => start.port.postMessage(message);
  try {
    const attachment = open(start);
    let stopped: Request;
    try {
      if (plugins.lacks(start.config.plugins)) await plugins.import(start.config.plugins);
      stopped = await new ReactorWorker(start, plugins, attachment, say).run();
    } finally {
      attachment.source.close();
    }
    say({ number: stopped.number, value: undefined });
  } catch (error) {
    say({ number: 0, error: toWire(error) });
  }
}

class ReactorWorker {
  readonly #attachment: Attachment;
  readonly #plugins: ThreadPlugins;
  readonly #context: PluginContext;
  readonly #port: MessagePort;
  readonly #say: (message: FromWorker) => void;
  readonly #door: SlowDoor;
  readonly #loop: Loop;
  #links: readonly Link[];

  /** Attaches, and says so. */
  constructor(
    start: StartMessage,
    plugins: ThreadPlugins,
    attachment: Attachment,
    say: (message: FromWorker) => void,
  ) {
    this.#attachment = attachment;
    this.#plugins = plugins;
    this.#port = start.port;
    this.#say = say;
    this.#context = systemContext(start.names);
    // All that takes time comes before attaching: from then on callers wait.
    const context = contextOf(start.config, this.#context);
    this.#links = setUp(plugins.table(start.config.plugins), start.config.plugins, context);
    this.#door = new SlowDoor(say);
    this.#loop = new Loop({
      source: attachment.source,
      chain: this.#chain(start.config, this.#links, start.slow),
      ring: new Ring(start.ring),
      now: () => clockGettime(Clock.Monotonic),
      slow: this.#door,
    });
    attachment.attach(start.config, [...this.#links.flatMap(outlineOf), ...start.slow]);
    this.#decideAsAttached();
    say({ number: 0, value: attachment.attached });
  }

  /** Serves until main says stop, which is what it returns, or throws what broke. */
  async run(): Promise<Request> {
    const attachment = this.#attachment;
    const { source } = attachment;
    const poll = new PollSet([{ fd: source.fd }]);
    const tell = (news: News) => this.#say(news);
    for (let isSent = true;;) {
      if (!isSent) poll.wait(RETRY_DELAY);
      isSent = this.#loop.turn(isSent);
      this.#door.send();
      attachment.report?.(tell);
      if (!source.takeWake()) continue;
      let stop = this.#obey();
      while (stop?.ask === "import") {
        await this.#import(stop);
        stop = this.#obey();
      }
      // There may be answers of the slow lane.
      isSent = this.#loop.send();
      if (stop === undefined) continue;
      // Who has come until now is answered; whoever comes after this waits for the source to close, a moment later.
      this.#loop.turn();
      return stop;
    }
  }

  /** Imports plugins; calls go on being answered meanwhile, as they were. */
  async #import({ number, plugins }: Request & { readonly ask: "import" }): Promise<void> {
    let isDone = false;
    const imported = this.#plugins.import(plugins).finally(() => isDone = true);
    imported.catch(() => {});
    while (!isDone) {
      this.#loop.turn();
      await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY));
    }
    await imported.then(
      () => this.#say({ number, value: undefined }),
      (error) => this.#say({ number, error: toWire(error) }),
    );
  }

  /** Does what main has said; returns the request to stop, or to import. */
  #obey(): Request | undefined {
    for (;;) {
      const received = receiveMessageOnPort(this.#port as never) as { message: ToWorker } | undefined;
      if (received === undefined) return undefined;
      const { message } = received;
      if ("settle" in message) message.settle.forEach((answer) => this.#loop.settle(answer));
      else if (message.ask === "stop" || message.ask === "import") return message;
      else this.#reply(message);
    }
  }

  #reply(request: Request): void {
    const { number } = request;
    try {
      this.#say({ number, value: this.#do(request) });
    } catch (error) {
      this.#say({ number, error: toWire(error) });
    }
  }

  #do(request: Request): unknown {
    switch (request.ask) {
      // These two are the loop's own.
      case "import":
      case "stop":
        return undefined;
      case "load":
        return this.#load(request.config, request.slow);
      case "counts":
        return this.#counts();
      case "flush":
        return this.#flush();
    }
  }

  /** Between two events the one chain takes the other's place; tickets of the former are dropped. */
  #load(config: PreparedConfig, slow: readonly LinkOutline[]): Attached {
    const former = this.#links;
    const keptOf = ({ kept }: PreparedPlugin) =>
      kept === undefined ? undefined : former.find(({ place }) => place === kept);
    const context = contextOf(config, this.#context);
    const links = setUp(this.#plugins.table(config.plugins), config.plugins, context, keptOf);
    try {
      this.#attachment.load(config, [...links.flatMap(outlineOf), ...slow]);
    } catch (error) {
      closeLinks(links, former);
      throw error;
    } finally {
      this.#decideAsAttached();
    }
    this.#links = links;
    this.#loop.use(this.#chain(config, links, slow));
    closeLinks(former, links);
    return this.#attachment.attached;
  }

  #counts(): LoopCounts {
    const { counts } = this.#attachment;
    return { ...this.#loop.counts, ...(counts !== undefined && { source: counts }) };
  }

  #flush(): number {
    const count = this.#attachment.flush();
    this.#decideAsAttached();
    return count;
  }

  #decideAsAttached(): void {
    this.#loop.generation = this.#attachment.generation;
    this.#loop.deadlineOf = this.#attachment.deadlineOf;
    this.#loop.canHold = this.#attachment.canHold;
  }

  #chain(config: PreparedConfig, links: readonly Link[], slow: readonly LinkOutline[]): Chain {
    const told = new Set<string>();
    const onFailure = (failed: string, message: string) => {
      if (told.has(failed)) return;
      told.add(failed);
      this.#say({ failed, message });
    };
    return new Chain(links, config.default, onFailure, slow);
  }
}
