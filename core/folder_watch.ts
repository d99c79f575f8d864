/** Reloads the daemon when something changes in the folders that its configuration was read from. */

import type { Log } from "./log.ts";

/** What is reloaded. */
export interface Reloadable {
  readonly config: { readonly folders: readonly string[] };
  reload(options: { readonly ifChanged: boolean }): Promise<unknown>;
}

/** A watch of folders, as `Deno.watchFs` starts it. */
export type StartWatch = (folders: string[]) => AsyncIterable<{ readonly kind: string }> & { close(): void };

/** Milliseconds of quiet after which changed files are read: an editor writes in several steps. */
const SETTLE = 200;
/** Milliseconds after which they are read although there is no quiet: whoever may write there cannot put it off for ever. */
const LONGEST = 2000;

const watchFolders: StartWatch = (folders) => Deno.watchFs(folders, { recursive: false });

/** Watches until it is disposed of. Where that is not possible the daemon runs on, and the log says so. */
export class FolderWatch implements Disposable {
  #watcher: ReturnType<StartWatch> | undefined;
  #folders = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Of the first change that has not been read. */
  #longest: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  constructor(
    readonly daemon: Reloadable,
    readonly log: Log,
    readonly start: StartWatch = watchFolders,
    readonly settle = SETTLE,
    readonly longest = LONGEST,
  ) {
    this.#watch();
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    this.#clearTimers();
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #watch(): void {
    const folders = this.daemon.config.folders.filter(isFolder);
    if (this.#watcher !== undefined && folders.join("\0") === this.#folders) return;
    this.#watcher?.close();
    this.#watcher = undefined;
    try {
      this.#watcher = this.start(folders);
    } catch (error) {
      return this.#giveUp(error);
    }
    this.#folders = folders.join("\0");
    void this.#follow(this.#watcher);
  }

  async #follow(watcher: ReturnType<StartWatch>): Promise<void> {
    try {
      for await (const { kind } of watcher) {
        // Reading the files is an access, too.
        if (kind === "access" || this.#watcher !== watcher) continue;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => void this.#reload(), this.settle);
        this.#longest ??= setTimeout(() => void this.#reload(), this.longest);
      }
    } catch (error) {
      if (this.#watcher !== watcher) return;
      this.#watcher = undefined;
      this.#giveUp(error);
    }
  }

  #giveUp(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.log("warning", `Changed files are not noticed, reload with SIGHUP: ${why}`);
  }

  #clearTimers(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#longest);
    this.#longest = undefined;
  }

  async #reload(): Promise<void> {
    this.#clearTimers();
    // What is wrong with the configuration has been logged.
    await this.daemon.reload({ ifChanged: true }).catch(() => {});
    if (!this.#ended) this.#watch();
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
