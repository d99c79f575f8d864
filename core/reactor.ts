/**
 * The reactor as the main thread sees it: a Worker that answers held calls, asked and told things over a message
 * port, and the slow lane, which answers here what the Worker leaves open. Should the Worker die, its source is closed at
 * once, so that whoever waits is let go. At the kernel it is started again, and when it dies too often, that is the end;
 * a program that seccomp holds has only one listener in its life, so that there the first death is the end.
 */

import { Clock, clockGettime, close, EventFd, wakeEvent, wakeReceiver } from "../ffi/mod.ts";
import type { SettingsReply } from "../ffi/mod.ts";
import { addCounts } from "./chain.ts";
import type { Link } from "./chain.ts";
import { outlineOf } from "./link.ts";
import type { LoopCounts } from "./loop.ts";
import type { Instead } from "./plugin.ts";
import { fromWire, ReactorError } from "./reactor_messages.ts";
import type { Attached, FromWorker, News, Reply, Request } from "./reactor_messages.ts";
import type { SourceSpec, StartMessage, ToWorker } from "./reactor_messages.ts";
import type { Ring } from "./ring.ts";
import type { PreparedConfig } from "./setup.ts";
import { SlowLane } from "./slow_lane.ts";
import type { Question, SlowAnswer } from "./slow_lane.ts";

export { ReactorError } from "./reactor_messages.ts";
export type { Attached, SeccompSpec, SourceSpec } from "./reactor_messages.ts";

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
  /** A plugin threw for the first time since it was loaded; `instead` is who answers in its place. */
  readonly onFailure: (plugin: string, message: string, instead: Instead | "default") => void;
  /** A plugin of the slow lane has failed so often that it is not asked for `pause` milliseconds, or answers again. */
  readonly onBreaker?: (plugin: string, state: "open" | "closed", pause: number) => void;
  /** The Worker died and was started again; never where `source` is given. */
  readonly onRestart: (why: Error) => void;
  /** Where calls come from; the snet kernel if absent. */
  readonly source?: SourceSpec;
  /** The memory of a NameTable, for plugins that decide by names. */
  readonly names?: SharedArrayBuffer;
  /**
   * The slow lane: links that are asked, in this order, after the plugins of the configuration. Where they name no place
   * in the chain, theirs goes on from those. Whoever has made them closes them after the reactor's end.
   */
  readonly slow?: readonly Link[];
  /** Gets what the source has to say to whoever runs the program, one line each. */
  readonly onNotice?: (text: string) => void;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
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
  /** Settles when no task is left whose calls the source could hold; never at the kernel. */
  readonly ended: Promise<void>;
  readonly #options: ReactorOptions;
  readonly #now: () => number;
  readonly #break: (why: Error) => void;
  readonly #tellEnd: () => void;
  readonly #slow: SlowLane;
  /** Plugins of the slow lane whose failure has been told. */
  readonly #told = new Set<string>();
  /** The slow lane's. */
  #links: readonly Link[];
  /** Wakes the Worker where that is not done over the source; kept here, where it is written to. */
  readonly #wake: EventFd | undefined;
  readonly #asked = new Map<number, Settle>();
  /** Answers of the slow lane that the Worker has not been told yet. */
  #settled: SlowAnswer[] = [];
  #config: PreparedConfig;
  #baseline: SettingsReply | undefined;
  #attached: Attached | undefined;
  #worker: WorkerLike | undefined;
  #port: MessagePort | undefined;
  #number = 0;
  #deaths: number[] = [];
  #isOver = false;

  private constructor(config: PreparedConfig, options: ReactorOptions) {
    const broken = Promise.withResolvers<Error>();
    const ended = Promise.withResolvers<void>();
    this.broken = broken.promise;
    this.#break = broken.resolve;
    this.ended = ended.promise;
    this.#tellEnd = ended.resolve;
    this.#config = config;
    this.#options = options;
    this.#wake = options.source && new EventFd();
    this.#now = options.now ?? (() => performance.now());
    this.#links = placed(options.slow ?? [], config);
    this.#slow = new SlowLane(this.#links, {
      fallback: config.default,
      answer: (answer) => this.#settle(answer),
      onFailure: (plugin, message, instead) => {
        if (this.#told.has(plugin)) return;
        this.#told.add(plugin);
        options.onFailure(plugin, message, instead);
      },
      ...(options.onBreaker !== undefined && { onBreaker: options.onBreaker }),
    });
  }

  /**
   * Starts a Worker that holds calls, by a configuration.
   *
   * Throws a {@linkcode ConfigError} where plugins refuse it, and a {@linkcode ReactorError} where the source does. What
   * `source` has given is closed then too.
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

  /** How the Worker stands with its source; undefined while it is being started again. */
  get attached(): Attached | undefined {
    return this.#attached;
  }

  /**
   * Decides by another configuration, and other `slow` links, from the next event on; tickets of the former are dropped.
   * Instances of the slow lane that are among its links again go on as they are. If it throws, all is as before.
   */
  async load(config: PreparedConfig, slow: readonly Link[] = []): Promise<void> {
    const links = placed(slow, config);
    // What is kept is there already, and may be large.
    const plugins = config.plugins.map((plugin) =>
      plugin.kept === undefined ? plugin : withoutPrepared(plugin)
    );
    const brought = config.plugins.filter(({ external, kept }) =>
      external !== undefined && kept === undefined
    );
    if (brought.length > 0) await this.#ask({ ask: "import", plugins: brought.map(withoutPrepared) });
    const request = { ask: "load", config: { ...config, plugins }, slow: links.flatMap(outlineOf) } as const;
    await this.#ask<Attached>(request, (attached) => {
      this.#attached = attached;
      this.#config = config;
      this.#links = links;
      this.#told.clear();
      this.#slow.load(links, config.default);
    });
  }

  /** What both lanes have counted. */
  async counts(): Promise<LoopCounts> {
    const counts = await this.#ask<LoopCounts>({ ask: "counts" });
    return { ...counts, chain: addCounts(counts.chain, this.#slow.counts) };
  }

  /** Drops all tickets; returns how many there were. */
  flush(): Promise<number> {
    return this.#ask({ ask: "flush" });
  }

  /** Sends what is decided and gives the source up; nobody is asked any more. */
  async stop(): Promise<void> {
    this.#slow.close();
    await this.#ask({ ask: "stop" });
    this.#end();
  }

  async #start(): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    const { spawn, ring, source, names } = this.#options;
    const worker = spawn();
    this.#port = port1;
    this.#worker = worker;
    port1.onmessage = ({ data }) => this.#hear(data as FromWorker);
    // Whatever a Worker cannot catch itself ends here; without this it would end the whole process.
    worker.onerror = (event) => {
      event.preventDefault();
      this.#died(new ReactorError(event.message), true);
    };
    const started = Promise.withResolvers<unknown>();
    this.#asked.set(0, started);
    worker.postMessage({
      port: port2,
      ring: ring.buffer,
      config: this.#config,
      source,
      names,
      wakeFd: this.#wake?.fd,
      slow: this.#links.flatMap(outlineOf),
      baseline: this.#baseline,
    }, [port2]);
    this.#attached = await started.promise as Attached;
    this.#baseline ??= this.#attached.baseline;
  }

  #hear(message: FromWorker): void {
    if ("number" in message) this.#take(message);
    else this.#learn(message);
  }

  #learn(news: News): void {
    if ("questions" in news) this.#questions(news.questions, news.cancelled);
    else if ("failed" in news) this.#options.onFailure(news.failed, news.message, "default");
    else if ("notice" in news) this.#options.onNotice?.(news.notice);
    else this.#tellEnd();
  }

  #questions(questions: readonly Question[], cancelled: readonly bigint[]): void {
    const ahead = performance.now() - Number(clockGettime(Clock.Monotonic)) / 1e6;
    for (const question of questions) this.#slow.ask(question, question.until + ahead);
    for (const id of cancelled) this.#slow.cancel(id);
  }

  /** Answers that become due one right after the other cross together, with one wake. */
  #settle(answer: SlowAnswer): void {
    if (this.#settled.push(answer) === 1) queueMicrotask(() => this.#sendSettled());
  }

  #sendSettled(): void {
    if (this.#settled.length === 0) return;
    const settle = this.#settled;
    this.#settled = [];
    this.#tell({ settle });
  }

  #take(reply: Reply): void {
    const asked = this.#asked.get(reply.number);
    this.#asked.delete(reply.number);
    if ("value" in reply) asked?.resolve(reply.value);
    else if (asked !== undefined) asked.reject(fromWire(reply.error));
    // Number 0 answered the start already: this is what made the Worker give up. It has closed its source.
    else this.#died(fromWire(reply.error), false);
  }

  #died(why: Error, sourceIsOpen: boolean): void {
    const fd = this.#options.source?.listener ?? this.#attached?.fd;
    if (sourceIsOpen && fd !== undefined) close(fd);
    this.#attached = undefined;
    this.#dropWorker();
    this.#slow.cancelAll();
    for (const { reject } of this.#asked.values()) reject(why);
    const isStarting = this.#asked.has(0);
    this.#asked.clear();
    // A start that fails is told to whoever started it.
    if (isStarting) return;
    if (this.#options.source === undefined) void this.#restart(why);
    else this.#giveUp(why);
  }

  async #restart(why: Error): Promise<void> {
    const now = this.#now();
    this.#deaths = [...this.#deaths.filter((then) => now - then < RESTART_WINDOW), now];
    if (this.#deaths.length > RESTART_LIMIT) return this.#giveUp(why);
    this.restarts++;
    this.#options.onRestart(why);
    try {
      await this.#start();
    } catch (error) {
      this.#giveUp(error as Error);
    }
  }

  #giveUp(why: Error): void {
    this.#end();
    this.#break(why);
  }

  /** `take` gets what is replied before anything is heard that the Worker says afterwards. */
  #ask<T>(request: Ask, take: (value: T) => void = () => {}): Promise<T> {
    const number = ++this.#number;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    // What is decided already is decided before what is asked for.
    this.#sendSettled();
    if (!this.#tell({ ...request, number })) {
      return Promise.reject(new ReactorError("the reactor is not running"));
    }
    const settle = (value: unknown) => {
      take(value as T);
      resolve(value);
    };
    this.#asked.set(number, { resolve: settle, reject });
    return promise as Promise<T>;
  }

  /** False where no Worker hears. */
  #tell(message: ToWorker): boolean {
    if (this.#port === undefined || this.#attached === undefined) return false;
    this.#port.postMessage(message);
    if (this.#wake === undefined) wakeReceiver(this.#attached.fd);
    else wakeEvent(this.#wake.fd);
    return true;
  }

  #dropWorker(): void {
    this.#port?.close();
    this.#port = undefined;
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#attached = undefined;
    this.#slow.close();
    this.#dropWorker();
    this.#wake?.close();
  }
}

/** What is prepared may be large, and is handed over once. */
function withoutPrepared(plugin: PreparedConfig["plugins"][number]): PreparedConfig["plugins"][number] {
  return { ...plugin, prepared: undefined };
}

/** Links that each know their place in the chain. */
function placed(slow: readonly Link[], { plugins }: PreparedConfig): readonly Link[] {
  return slow.map((link, index) => ({ place: plugins.length + index, ...link }));
}
