/** systemd-resolved as a source of names: a connection to its monitor, opened again whenever it has ended. */

import { connect } from "node:net";
import type { Socket } from "node:net";
import type { NameSourceJson } from "./status.ts";
import { MalformedError } from "./dns.ts";
import { readMonitor, SUBSCRIBE, VarlinkStream } from "./monitor.ts";
import { distrust } from "./peer.ts";
import { type NameSource, SourceCounts, type SourceParts } from "./source.ts";

/** Milliseconds until it is tried again: at first, and at most. resolved takes a moment to start again. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 30_000;

/** Begins to connect at once. */
export class ResolvedSource implements NameSource {
  readonly #path: string;
  readonly #parts: SourceParts;
  readonly #counts = new SourceCounts();
  #uid: number | undefined;
  #socket: Socket | undefined;
  #since: number | undefined;
  #pause = FIRST_PAUSE;
  #cancel = () => {};
  #failure: string | undefined;
  /** That it does not tell names has been logged. */
  #isToldOff = false;

  /** `uid`: who is believed beside root. */
  constructor(path: string, uid: number | undefined, parts: SourceParts) {
    this.#path = path;
    this.#uid = uid;
    this.#parts = parts;
    this.#connect();
  }

  status(): NameSourceJson {
    return {
      kind: "resolved",
      socket: this.#path,
      connected: this.#since !== undefined,
      ...(this.#since !== undefined && { since: new Date(this.#since).toISOString() }),
      ...this.#counts.json,
      ...(this.#failure !== undefined && { failure: this.#failure }),
    };
  }

  trust(uid: number | undefined): void {
    if (uid === this.#uid) return;
    this.#uid = uid;
    this.close();
    this.#since = undefined;
    this.#connect();
  }

  close(): void {
    this.#cancel();
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  #connect(): void {
    const socket = connect(this.#path);
    this.#socket = socket;
    const stream = new VarlinkStream((text) => this.#hear(text));
    let why = "it has closed the connection";
    const end = (reason: unknown) => {
      why = reason instanceof Error ? reason.message : String(reason);
      socket.destroy();
    };
    socket.on("connect", () => {
      const doubt = distrust(socket, this.#uid);
      if (doubt === undefined) return void socket.write(SUBSCRIBE);
      this.#counts.refused++;
      end(doubt);
    });
    socket.on("data", (bytes: Uint8Array) => {
      // What was on its way when it was given up is not believed any more.
      if (this.#socket !== socket || socket.destroyed) return;
      try {
        stream.receive(bytes);
      } catch (error) {
        if (error instanceof MalformedError) this.#counts.malformed++;
        end(error);
      }
    });
    socket.on("error", end);
    socket.on("close", () => {
      if (this.#socket === socket) this.#retry(why);
    });
  }

  #hear(text: string): void {
    const { onAnswer, clock, log } = this.#parts;
    let answer: ReturnType<typeof readMonitor>;
    try {
      answer = readMonitor(text);
    } catch (error) {
      // One answer that cannot be read says nothing about the next.
      if (!(error instanceof MalformedError)) throw error;
      this.#counts.malformed++;
      return;
    }
    if (answer !== "ready") return this.#counts.take(answer, onAnswer);
    this.#since = clock();
    this.#pause = FIRST_PAUSE;
    this.#failure = undefined;
    this.#isToldOff = false;
    log("info", `systemd-resolved tells names: ${this.#path}`);
  }

  #retry(why: string): void {
    const { log, later } = this.#parts;
    if (this.#since !== undefined) this.#counts.lost++;
    this.#since = undefined;
    this.#failure = why;
    if (!this.#isToldOff) {
      this.#isToldOff = true;
      log("warning", `systemd-resolved tells no names, its monitor is tried again and again: ${why}`);
    }
    this.#cancel = later(this.#pause, () => this.#connect());
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }
}
