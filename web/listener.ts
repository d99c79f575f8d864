/**
 * Listens for browsers: HTTP on an address of this machine, with or without TLS, or on a unix socket. Whoever has not shown a
 * session is a stranger, of whom the oldest makes room for the next: whoever holds connections keeps out nobody who uses one.
 *
 * node:http has what `Deno.serve` lacks for that: connections can be counted, and ended, before they have said anything.
 */

import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { type ListenAddress, listenText } from "../core/listen.ts";
import { connectionKey, headersOf, sendBody } from "../core/node_http.ts";
import { listenForGroup, removeSocket } from "../core/unix_socket.ts";
import type { Connection } from "./app.ts";

/** Something that answers requests, such as a Hono application. */
export interface BrowserApp {
  fetch(request: Request, connection: Connection): Response | Promise<Response>;
}

/** Where browsers are listened for. */
export type Place =
  | { readonly address: ListenAddress; readonly tls?: { readonly cert: string; readonly key: string } }
  | { readonly path: string; readonly gid: number | undefined };

/** How much there may be of what, and for how many milliseconds. */
export interface Limits {
  /** Connections in all, and of strangers. */
  readonly connections: number;
  readonly strangers: number;
  /** For a whole request, from the connection's start or the former answer on. */
  readonly request: number;
  /** Until the other side takes more of an answer. */
  readonly stall: number;
}

export const LIMITS: Limits = { connections: 256, strangers: 64, request: 30_000, stall: 30_000 };

export interface Listener extends AsyncDisposable {
  /** `http://127.0.0.1:874`, `unix:/run/snet/web.sock`. */
  readonly address: string;
  /** 0 on a unix socket. */
  readonly port: number;
}

/** What is known of a connection. */
interface Line {
  isKnown: boolean;
  /** True while a request has no whole answer. */
  isBusy: boolean;
  isOpen: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
  readonly destroy: () => void;
}

/** Starts to listen; throws an Error of one line. */
export async function listenForBrowsers(
  place: Place,
  app: BrowserApp,
  limits: Limits = LIMITS,
): Promise<Listener> {
  const lines = new Lines(place, app, limits);
  try {
    await lines.start();
  } catch (error) {
    throw new Error(`Cannot serve the page on ${placeText(place)}: ${(error as Error).message}`);
  }
  return lines;
}

function placeText(place: Place, port?: number): string {
  if ("path" in place) return listenText(place);
  return `${place.tls === undefined ? "http" : "https"}://${listenText(place.address, port)}`;
}

class Lines implements Listener {
  readonly #place: Place;
  readonly #app: BrowserApp;
  readonly #limits: Limits;
  readonly #server: HttpServer;
  /** The oldest first. */
  readonly #lines = new Map<string | object, Line>();

  constructor(place: Place, app: BrowserApp, limits: Limits) {
    this.#place = place;
    this.#app = app;
    this.#limits = limits;
    const handle = (request: IncomingMessage, response: ServerResponse) =>
      void this.#handle(request, response);
    const tls = "tls" in place ? place.tls : undefined;
    this.#server = tls === undefined
      ? createServer(handle)
      : createTlsServer({ ...tls, minVersion: "TLSv1.2" }, handle);
    this.#server.on("connection", (socket: Socket) => this.#accept(socket));
    // Strangers speak what they like.
    this.#server.on("tlsClientError", () => {});
    this.#server.on("clientError", (_error: Error, socket: Socket) => socket.destroy());
  }

  async start(): Promise<void> {
    const place = this.#place;
    if ("path" in place) return await listenForGroup(this.#server, place.path, place.gid);
    const listening = once(this.#server, "listening");
    this.#server.listen(place.address.port, place.address.host);
    await listening;
  }

  get port(): number {
    const address = this.#server.address() as AddressInfo | string | null;
    return address !== null && typeof address === "object" ? address.port : 0;
  }

  get address(): string {
    return placeText(this.#place, this.port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const { destroy } of [...this.#lines.values()]) destroy();
    await closed;
    if ("path" in this.#place) removeSocket(this.#place.path);
  }

  #accept(socket: Socket): void {
    const strangers = [...this.#lines.values()].filter(({ isKnown }) => !isKnown);
    const { connections, strangers: most } = this.#limits;
    if (strangers.length >= most) strangers[0]!.destroy();
    else if (this.#lines.size >= connections) {
      // One that is not in use is opened again by whoever needs it.
      const idle = this.#lines.values().find(({ isBusy }) => !isBusy);
      if (idle === undefined) return void socket.destroy();
      idle.destroy();
    }
    const line: Line = {
      ...{ isKnown: false, isBusy: false, isOpen: true, timer: undefined },
      destroy: () => socket.destroy(),
    };
    const key = connectionKey(socket);
    this.#lines.set(key, line);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      line.isOpen = false;
      clearTimeout(line.timer);
      if (this.#lines.get(key) === line) this.#lines.delete(key);
    });
    // A machine that is gone says nothing more, and a stream may have nothing to say to it.
    socket.setKeepAlive(true, 60_000);
    this.#limit(line, this.#limits.request);
  }

  /** Ends the connection if nothing else is said of it within so many milliseconds. */
  #limit(line: Line, milliseconds: number): void {
    clearTimeout(line.timer);
    if (line.isOpen) line.timer = setTimeout(line.destroy, milliseconds);
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const line = this.#lines.get(connectionKey(incoming.socket));
    // From the start: who goes while an answer is made must not leave a stream that nobody ends.
    const gone = new Promise<void>((resolve) => outgoing.on("close", resolve));
    try {
      if (line === undefined) throw new Error("a connection that was never accepted");
      // Whoever sends more meanwhile could have any number of answers made by one connection.
      if (line.isBusy) throw new Error("a request before the former one was answered");
      line.isBusy = true;
      this.#limit(line, this.#limits.request);
      // What the answer takes is not the other side's time.
      const request = requestOf(incoming, () => clearTimeout(line.timer));
      const response = await this.#app.fetch(request, {
        known: () => void (line.isKnown = true),
      });
      // What nobody has read of a request is not waited for.
      const isWhole = incoming.complete || incoming.method === "GET" || incoming.method === "HEAD";
      const headers = Object.fromEntries(response.headers);
      outgoing.writeHead(response.status, { ...headers, ...(!isWhole && { connection: "close" }) });
      clearTimeout(line.timer);
      if (response.body !== null) {
        await sendBody(response.body, outgoing, gone, {
          begin: () => this.#limit(line, this.#limits.stall),
          end: () => clearTimeout(line.timer),
        });
      }
      this.#limit(line, this.#limits.request);
      line.isBusy = false;
      outgoing.end(() => {
        if (!isWhole) line.destroy();
      });
    } catch {
      // The other side went away, or what it sent was no request: nobody is left to tell.
      incoming.socket.destroy();
    }
  }
}

/** Calls `whole` once all of the request has come. Throws where what was sent is no request. */
function requestOf(incoming: IncomingMessage, whole: () => void): Request {
  const { method = "GET", url = "/" } = incoming;
  const hasBody = method !== "GET" && method !== "HEAD";
  if (!hasBody) whole();
  return new Request(new URL(url, "http://snet"), {
    method,
    headers: headersOf(incoming),
    ...(hasBody && { body: bodyOf(incoming, whole) }),
  });
}

/** What a request brings along, read when somebody wants it. */
function bodyOf(incoming: IncomingMessage, whole: () => void): ReadableStream<Uint8Array> {
  const chunks = (incoming as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (!done) return controller.enqueue(value);
      whole();
      controller.close();
    },
  }, { highWaterMark: 0 });
}
