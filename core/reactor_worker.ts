/**
 * The reactor's Worker: it blocks in receiving from the source, answers events, and does what the main thread asks of it
 * between two turns, woken over the same source. Once started it never returns to the Worker's own event loop, so everything
 * it needs is imported statically.
 */

import { receiveMessageOnPort } from "node:worker_threads";
import { Clock, clockGettime, PollSet, SnetSocket } from "../ffi/mod.ts";
import type { SettingsReply } from "../ffi/mod.ts";
import { Chain } from "./chain.ts";
import type { Link } from "./chain.ts";
import type { PluginTable } from "./config.ts";
import { systemContext } from "./context.ts";
import { configureKernel, deadlines, wantedEvents } from "./kernel.ts";
import type { Wanted } from "./kernel.ts";
import { Loop } from "./loop.ts";
import type { LoopCounts } from "./loop.ts";
import type { PluginContext } from "./plugin.ts";
import { Ring } from "./ring.ts";
import { setUp } from "./setup.ts";
import type { PreparedConfig } from "./setup.ts";
import type { KernelSource } from "./source.ts";
import { eventMask, familyMask } from "./events.ts";
import { ConfigError } from "./yaml.ts";

/** The first message to the Worker; the port carries the others. */
export interface StartMessage {
  readonly port: MessagePort;
  readonly ring: SharedArrayBuffer;
  readonly config: PreparedConfig;
  /** The kernel's settings before snet first changed them; absent at the first start. */
  readonly baseline: SettingsReply | undefined;
}

/** What main asks for; each gets one {@linkcode Reply} with its number. */
export type Request =
  & { readonly number: number }
  & (
    | { readonly ask: "load"; readonly config: PreparedConfig }
    | { readonly ask: "counts" }
    | { readonly ask: "flush" }
    | { readonly ask: "stop" }
  );

/** What the Worker says; number 0 answers the start. */
export type Reply =
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly error: WireError }
  /** A plugin threw for the first time since it was loaded. */
  | { readonly failed: string; readonly message: string };

/** An error in a shape that a message port keeps. */
export interface WireError {
  readonly message: string;
  /** Of a {@linkcode ConfigError}. */
  readonly problems?: readonly string[];
  /** Of an error of the kernel or the library: `EPERM`, `FamilyNotFoundError` … */
  readonly code?: string;
}

/** How the Worker stands with the kernel. */
export interface Attached extends Wanted {
  /** The source's descriptor, for main to close should the Worker die. */
  readonly fd: number;
  readonly features: number;
  readonly delay: number;
  readonly policy: number;
  readonly baseline: SettingsReply;
}

/** Name shown to a second daemon that finds the kernel taken. */
const ATTACH_NAME = "snet daemon";
/** Milliseconds until answers that the kernel had no room for are sent again. */
const RETRY_DELAY = 1;

/** Makes this Worker the reactor: it waits for its {@linkcode StartMessage} and then serves until it is stopped. */
export function serveAsReactor(plugins: PluginTable): void {
  const scope = globalThis as unknown as {
    onmessage: (event: MessageEvent<StartMessage>) => void;
    close(): void;
  };
  scope.onmessage = ({ data }) => {
    try {
      using worker = ReactorWorker.start(data, plugins);
      worker.run();
    } catch (error) {
      data.port.postMessage({ number: 0, error: toWire(error) } satisfies Reply);
    }
    scope.close();
  };
}

class ReactorWorker implements Disposable {
  readonly #source: KernelSource;
  readonly #plugins: PluginTable;
  readonly #context: PluginContext;
  readonly #port: MessagePort;
  readonly #loop: Loop;
  readonly #baseline: SettingsReply;
  #config: PreparedConfig;
  #attached: Attached;

  private constructor(start: StartMessage, plugins: PluginTable, source: KernelSource) {
    this.#source = source;
    this.#plugins = plugins;
    this.#port = start.port;
    this.#config = start.config;
    this.#context = systemContext();
    // All that takes time comes before attaching: from then on callers wait.
    const links = setUp(plugins, start.config.plugins, this.#context);
    this.#loop = new Loop({
      source,
      chain: this.#chain(start.config, links),
      ring: new Ring(start.ring),
      now: () => clockGettime(Clock.Monotonic),
    });
    const wanted = this.#wanted(start.config, links, source.settings().features ?? 0);
    const reply = source.attach({
      name: ATTACH_NAME,
      events: eventMask(wanted.events),
      families: familyMask(start.config.families),
      flags: start.config.kernel.attachFlags,
      payloadMax: start.config.kernel.payload,
    });
    this.#loop.generation = reply.generation;
    this.#baseline = start.baseline ?? source.settings();
    const { features, delay, policy } = reply;
    this.#attached = { ...wanted, features, delay, policy, fd: source.fd, baseline: this.#baseline };
    this.#configure(start.config, wanted);
  }

  static start(message: StartMessage, plugins: PluginTable): ReactorWorker {
    const source = SnetSocket.open();
    try {
      const worker = new ReactorWorker(message, plugins, source);
      worker.#say({ number: 0, value: worker.#attached });
      return worker;
    } catch (error) {
      source.close();
      throw error;
    }
  }

  /** Serves until main says stop, or throws what broke. */
  run(): void {
    const poll = new PollSet([{ fd: this.#source.fd }]);
    for (let isSent = true;;) {
      if (!isSent) poll.wait(RETRY_DELAY);
      isSent = this.#loop.turn(isSent);
      if (this.#source.takeWake() && !this.#obey()) return;
    }
  }

  /** Closing the source lets all who wait go, by the kernel's policy. */
  [Symbol.dispose](): void {
    this.#source.close();
  }

  /** Does what main has asked for; false to stop. */
  #obey(): boolean {
    for (;;) {
      const received = receiveMessageOnPort(this.#port as never) as { message: Request } | undefined;
      if (received === undefined) return true;
      const request = received.message;
      try {
        this.#say({ number: request.number, value: this.#do(request) });
      } catch (error) {
        this.#say({ number: request.number, error: toWire(error) });
      }
      if (request.ask === "stop") return false;
    }
  }

  #do(request: Request): unknown {
    switch (request.ask) {
      case "load":
        return this.#load(request.config);
      case "counts":
        return this.#loop.counts satisfies LoopCounts;
      case "flush":
        return this.#flush();
      case "stop":
        // What has been decided is still sent; whoever comes now waits for the socket to close, a moment later.
        return this.#loop.turn();
    }
  }

  /** Between two events the one chain takes the other's place; tickets of the former are dropped. */
  #load(config: PreparedConfig): Attached {
    const links = setUp(this.#plugins, config.plugins, this.#context);
    const wanted = this.#wanted(config, links, this.#attached.features);
    const { events, missing } = this.#attached;
    try {
      this.#configure(config, wanted);
      // Nothing is decided between here and the other chain, so no ticket of the former can follow.
      this.#flush();
    } catch (error) {
      // What the kernel took before it refused is taken back.
      this.#configure(this.#config, { events, missing });
      for (const { instance } of links) instance.close?.();
      throw error;
    }
    this.#loop.use(this.#chain(config, links)).close();
    this.#config = config;
    return this.#attached;
  }

  #wanted(config: PreparedConfig, links: readonly Link[], features: number): Wanted {
    return wantedEvents(config.events, links.flatMap((link) => link.events), features);
  }

  #configure(config: PreparedConfig, wanted: Wanted): void {
    configureKernel(this.#source, config, wanted.events, this.#baseline);
    const { delay, policy } = this.#source.settings();
    this.#attached = {
      ...this.#attached,
      ...wanted,
      delay: delay ?? this.#attached.delay,
      policy: policy ?? this.#attached.policy,
    };
    this.#loop.deadlineOf = deadlines(config, this.#baseline);
  }

  #flush(): number {
    const { generation, count } = this.#source.flush();
    this.#loop.generation = generation;
    return count;
  }

  #chain(config: PreparedConfig, links: readonly Link[]): Chain {
    const told = new Set<string>();
    return new Chain(links, config.default, (failed, message) => {
      if (told.has(failed)) return;
      told.add(failed);
      this.#say({ failed, message });
    });
  }

  #say(reply: Reply): void {
    this.#port.postMessage(reply);
  }
}

function toWire(error: unknown): WireError {
  if (error instanceof ConfigError) return { message: error.message, problems: error.problems };
  if (!(error instanceof Error)) return { message: String(error) };
  const { code } = error as { code?: unknown };
  return { message: error.message, code: typeof code === "string" ? code : error.name };
}
