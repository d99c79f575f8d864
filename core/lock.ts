/** Keeps two daemons from serving the same control socket. */

/** A lock that lasts as long as the process, or until it is disposed of. */
export class DaemonLock implements Disposable {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * Takes the lock that belongs to a control socket, `PATH.lock`. The file stays: were it removed, a second daemon
   * could lock its successor.
   *
   * Throws an Error that names the process that has it.
   */
  static take(socket: string): DaemonLock {
    const path = `${socket}.lock`;
    const file = Deno.openSync(path, { read: true, write: true, create: true, mode: 0o644 });
    if (!file.tryLockSync(true)) {
      const owner = Deno.readTextFileSync(path).trim();
      file.close();
      throw new Error(`Another snet daemon${owner && ` (pid ${owner})`} serves ${socket}`);
    }
    file.truncateSync();
    file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
    return new DaemonLock(file);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
