/**
 * The reactor as the main thread sees it: a Worker that answers held calls, asked and told things over a message
 * port. Should it die, its socket is closed at once, so that the kernel lets go whoever waits, and it is started
 * again; when it dies too often, that is the end.
 */

import { close, wakeReceiver } from "../ffi/mod.ts";
import type { SettingsReply } from "../ffi/mod.ts";
import type { LoopCounts } from "./loop.ts";
import type { Attached, Reply, Request, StartMessage, WireError } from "./reactor_worker.ts";
import type { Ring } from "./ring.ts";
import type { PreparedConfig } from "./setup.ts";
import { ConfigError } from "./yaml.ts";

export type { Attached } from "./reactor_worker.ts";

/** What is used of a Worker. */
export interface WorkerLike {
  postMessage(message: StartMessage, transfer: Transferable[]): void;
  onerror: ((event: ErrorEvent) => void) | null;
  terminate(): void;
}

export interface ReactorOptions {
  /** Starts a thread that calls `serveAsReactor`. */
  readonly spawn: () => WorkerLike;
  readonly ring: Ring;
  /** A plugin threw for the first time since it was loaded. */
  readonly onFailure: (plugin: string, message: string) => void;
  /** The Worker died and was started again. */
  readonly onRestart: (why: Error) => void;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** An error that crossed from the Worker; `code` is `EPERM`, `FamilyNotFoundError` and the like. */
export class ReactorError extends Error {
  override readonly name = "ReactorError";
  constructor(message: string, readonly code?: string) {
    super(message);
  }
}

/** A reactor that dies more often than this within {@linkcode RESTART_WINDOW} is broken, not unlucky. */
const RESTART_LIMIT = 5;
/** Milliseconds. */
const RESTART_WINDOW = 60_000;

type Settle = { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void };
/** A request without the number that it gets when it is sent. */
type Ask = Request extends infer R ? R extends Request ? Omit<R, "number"> : never : never;

export class Reactor {
  /** Times that the Worker was started again. */
  restarts = 0;
  /** Settles when the Worker has died once too often; never if it is stopped. */
  readonly broken: Promise<Error>;
  readonly #options: ReactorOptions;
  readonly #now: () => number;
  readonly #break: (why: Error) => void;
  readonly #asked = new Map<number, Settle>();
  #config: PreparedConfig;
  #baseline: SettingsReply | undefined;
  #attached: Attached | undefined;
  #worker: WorkerLike | undefined;
  #port: MessagePort | undefined;
  #number = 0;
  #deaths: number[] = [];

  private constructor(config: PreparedConfig, options: ReactorOptions) {
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.broken = promise;
    this.#break = resolve;
    this.#config = config;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Starts a Worker that attaches to the kernel with a configuration.
   *
   * Throws a {@linkcode ConfigError} where plugins refuse it, and a {@linkcode ReactorError} where the kernel does.
   */
  static async start(config: PreparedConfig, options: ReactorOptions): Promise<Reactor> {
    const reactor = new Reactor(config, options);
    try {
      await reactor.#start();
    } catch (error) {
      reactor.#end();
      throw error;
    }
    return reactor;
  }

  /** How the Worker stands with the kernel; undefined while it is being started again. */
  get attached(): Attached | undefined {
    return this.#attached;
  }

  /** Decides by another configuration from the next event on; tickets of the former are dropped. */
  async load(config: PreparedConfig): Promise<void> {
    this.#attached = await this.#ask<Attached>({ ask: "load", config });
    this.#config = config;
  }

  counts(): Promise<LoopCounts> {
    return this.#ask({ ask: "counts" });
  }

  /** Drops all tickets; returns how many there were. */
  flush(): Promise<number> {
    return this.#ask({ ask: "flush" });
  }

  /** Sends what is decided and detaches. */
  async stop(): Promise<void> {
    await this.#ask({ ask: "stop" });
    this.#end();
  }

  async #start(): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    const worker = this.#options.spawn();
    this.#port = port1;
    this.#worker = worker;
    port1.onmessage = ({ data }) => this.#hear(data as Reply);
    // Whatever a Worker cannot catch itself ends here; without this it would end the whole process.
    worker.onerror = (event) => {
      event.preventDefault();
      this.#died(new ReactorError(event.message), true);
    };
    const started = Promise.withResolvers<unknown>();
    this.#asked.set(0, started);
    worker.postMessage({
      port: port2,
      ring: this.#options.ring.buffer,
      config: this.#config,
      baseline: this.#baseline,
    }, [port2]);
    this.#attached = await started.promise as Attached;
    this.#baseline ??= this.#attached.baseline;
  }

  #hear(reply: Reply): void {
    if ("failed" in reply) return this.#options.onFailure(reply.failed, reply.message);
    const asked = this.#asked.get(reply.number);
    this.#asked.delete(reply.number);
    if ("value" in reply) asked?.resolve(reply.value);
    else if (asked !== undefined) asked.reject(fromWire(reply.error));
    // Number 0 answered the start already: this is what made the Worker give up. It has closed its socket.
    else this.#died(fromWire(reply.error), false);
  }

  #died(why: Error, socketIsOpen: boolean): void {
    if (socketIsOpen && this.#attached !== undefined) close(this.#attached.fd);
    this.#attached = undefined;
    this.#dropWorker();
    for (const { reject } of this.#asked.values()) reject(why);
    const isStarting = this.#asked.has(0);
    this.#asked.clear();
    // A start that fails is told to whoever started it.
    if (!isStarting) void this.#restart(why);
  }

  async #restart(why: Error): Promise<void> {
    const now = this.#now();
    this.#deaths = [...this.#deaths.filter((then) => now - then < RESTART_WINDOW), now];
    if (this.#deaths.length > RESTART_LIMIT) {
      this.#end();
      return this.#break(why);
    }
    this.restarts++;
    this.#options.onRestart(why);
    try {
      await this.#start();
    } catch (error) {
      this.#end();
      this.#break(error as Error);
    }
  }

  #ask<T>(request: Ask): Promise<T> {
    if (this.#port === undefined || this.#attached === undefined) {
      return Promise.reject(new ReactorError("the reactor is not running"));
    }
    const number = ++this.#number;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#asked.set(number, { resolve, reject });
    this.#port.postMessage({ ...request, number });
    wakeReceiver(this.#attached.fd);
    return promise as Promise<T>;
  }

  #dropWorker(): void {
    this.#port?.close();
    this.#port = undefined;
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  #end(): void {
    this.#attached = undefined;
    this.#dropWorker();
  }
}

function fromWire({ message, problems, code }: WireError): Error {
  return problems === undefined ? new ReactorError(message, code) : new ConfigError(problems);
}
