/** The signals of a process that goes on until it is told to stop. */

/** What is reloaded; it logs by itself what is wrong. */
export interface Reloading {
  reload(): Promise<unknown>;
}

/** SIGHUP reloads, SIGTERM and SIGINT stop. */
export class Signals implements Disposable {
  /** Settles with the name of the signal that stops it. */
  readonly stopped: Promise<string>;
  readonly #remove: () => void;
  #daemon: Reloading | undefined;
  #isReloadDue = false;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.stopped = promise;
    const handlers: [Deno.Signal, () => void][] = [
      ["SIGHUP", () => this.#reload()],
      ["SIGTERM", () => resolve("SIGTERM")],
      ["SIGINT", () => resolve("SIGINT")],
    ];
    for (const [signal, handler] of handlers) Deno.addSignalListener(signal, handler);
    this.#remove = () => handlers.forEach(([signal, handler]) => Deno.removeSignalListener(signal, handler));
  }

  /** From now on SIGHUP reloads this; one that came before does so at once. */
  reloads(daemon: Reloading): void {
    this.#daemon = daemon;
    if (this.#isReloadDue) this.#reload();
  }

  [Symbol.dispose](): void {
    this.#remove();
  }

  #reload(): void {
    this.#isReloadDue = this.#daemon === undefined;
    // What is wrong with the configuration has been logged.
    this.#daemon?.reload().catch(() => {});
  }
}
