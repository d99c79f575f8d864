/** A resolver that writes dnstap as a source of names: a socket on which snet listens, for that resolver's user alone. */

import { chmodSync, chownSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { geteuid } from "../../ffi/mod.ts";
import { listenAt, removeSocket } from "../unix_socket.ts";
import type { NameSourceJson } from "./status.ts";
import { MalformedError } from "./dns.ts";
import { readDnstap } from "./dnstap.ts";
import { FrameStream } from "./frame_stream.ts";
import { distrust } from "./peer.ts";
import { type NameSource, SourceCounts, type SourceParts } from "./source.ts";

/** Threads of one resolver write by connections of their own. */
const MOST_CONNECTIONS = 256;

/** Listens until it is closed. */
export class DnstapSource implements NameSource {
  readonly #path: string;
  readonly #parts: SourceParts;
  readonly #counts = new SourceCounts();
  readonly #server: Server;
  readonly #senders = new Set<Socket>();
  #uid: number | undefined;
  #since: number | undefined;
  #failure: string | undefined;
  #hasDoubted = false;
  #isOpen = false;

  private constructor(path: string, uid: number | undefined, parts: SourceParts) {
    this.#path = path;
    this.#uid = uid;
    this.#parts = parts;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /**
   * Makes the socket, which only root and `uid`, the resolver's user, can open; one that is left over there is replaced.
   * Rejects with an Error of one line.
   */
  static async listen(path: string, uid: number | undefined, parts: SourceParts): Promise<DnstapSource> {
    const source = new DnstapSource(path, uid, parts);
    try {
      await source.#listen();
    } catch (error) {
      source.close();
      throw new Error(`Cannot listen on ${path} for dnstap: ${(error as Error).message}`);
    }
    return source;
  }

  status(): NameSourceJson {
    return {
      kind: "dnstap",
      socket: this.#path,
      connected: this.#senders.size > 0,
      ...(this.#since !== undefined && this.#senders.size > 0 &&
        { since: new Date(this.#since).toISOString() }),
      ...this.#counts.json,
      ...(this.#failure !== undefined && { failure: this.#failure }),
    };
  }

  trust(uid: number | undefined): void {
    if (uid === this.#uid) return;
    this.#uid = uid;
    this.#give();
    for (const socket of this.#senders) if (distrust(socket, uid) !== undefined) socket.destroy();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#senders) socket.destroy();
    this.#senders.clear();
    if (this.#isOpen) removeSocket(this.#path);
    this.#isOpen = false;
  }

  /** Only its owner and root can open the socket. */
  #give(): void {
    chownSync(this.#path, this.#uid ?? geteuid(), -1);
    chmodSync(this.#path, 0o600);
  }

  async #listen(): Promise<void> {
    if (await isServed(this.#path)) throw new Error("another program listens there");
    // One that cannot be accepted is for the resolver to try again.
    this.#server.on("error", () => {});
    await listenAt(this.#server, this.#path, 0o600);
    this.#isOpen = true;
    this.#give();
  }

  #accept(socket: Socket): void {
    const doubt = this.#senders.size >= MOST_CONNECTIONS
      ? `there are ${MOST_CONNECTIONS} connections already`
      : distrust(socket, this.#uid);
    // Whoever goes away in the middle of something is noticed by the end of the connection.
    socket.on("error", () => {});
    if (doubt !== undefined) {
      socket.destroy();
      return this.#refuse(doubt);
    }
    if (this.#senders.size === 0) this.#connected();
    this.#senders.add(socket);
    const stream = new FrameStream((frame) => this.#hear(frame), (bytes) => void socket.write(bytes));
    socket.on("data", (bytes: Uint8Array) => {
      if (!this.#senders.has(socket)) return;
      try {
        stream.receive(bytes);
        if (stream.isOver) socket.end();
      } catch (error) {
        if (!(error instanceof MalformedError)) throw error;
        this.#counts.malformed++;
        this.#failure = error.message;
        socket.destroy();
      }
    });
    socket.on("close", () => {
      if (this.#senders.delete(socket)) this.#left();
    });
  }

  #hear(frame: Uint8Array): void {
    try {
      this.#counts.take(readDnstap(frame), this.#parts.onAnswer);
    } catch (error) {
      // One answer that cannot be read says nothing about the next.
      if (!(error instanceof MalformedError)) throw error;
      this.#counts.malformed++;
    }
  }

  #connected(): void {
    const { clock, log } = this.#parts;
    this.#since = clock();
    this.#failure = undefined;
    log("info", `A resolver tells names: ${this.#path}`);
  }

  #left(): void {
    this.#counts.lost++;
    if (this.#senders.size > 0) return;
    this.#parts.log("warning", `No resolver tells names any more: ${this.#path}`);
  }

  #refuse(doubt: string): void {
    this.#counts.refused++;
    // Anybody could fill the log otherwise.
    if (!this.#hasDoubted) this.#parts.log("warning", `Refused a connection to ${this.#path}: ${doubt}`);
    this.#hasDoubted = true;
  }
}

/** Whether somebody listens on a socket; one that is left over refuses connections. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on("error", () => resolve(false));
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
