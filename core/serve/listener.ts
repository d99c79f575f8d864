/**
 * Listens for clients: HTTP with TLS, or plain on a unix socket or this machine. Whoever has not shown yet that it is a client
 * gets little: so many connections an address, so long for a request, and nothing is read of a message in the name of nobody.
 *
 * node:http has what `Deno.serve` lacks for that: connections can be counted, and ended, before they have said anything.
 */

import { Buffer } from "node:buffer";
import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { parseIpv6 } from "../../ffi/mod.ts";
import { listenAt, removeSocket } from "../unix_socket.ts";
import { connectionKey, headersOf } from "../node_http.ts";
import type { ServeStats } from "../control/api.ts";
import type { Delivery } from "./app.ts";
import { listenText, type ServeConfig } from "./config.ts";
import { SERVE_LIMITS } from "./protocol.ts";

/** Whoever may open the files of its folder may open it. */
const SOCKET_MODE = 0o660;

/** Something that answers messages, such as a Hono application. */
export interface MessageApp {
  fetch(request: Request, delivery: Delivery): Response | Promise<Response>;
}

export interface ListenerParts {
  readonly config: Pick<ServeConfig, "listen" | "tls">;
  readonly app: MessageApp;
  /** Whether the headers are those of a client, by its own word. */
  readonly knows: (headers: Headers) => boolean;
  readonly limits?: Partial<ListenerLimits>;
}

/** How much there may be of what, and for how many milliseconds. */
export interface ListenerLimits {
  /** Connections in all; fewer than a process may have files open. */
  readonly connections: number;
  /** Connections of one address that have not shown yet whose they are, and of one client. */
  readonly strangers: number;
  readonly own: number;
  /** For a whole request, from the connection's start or the former reply on, of who is no client yet. */
  readonly request: number;
  /** The same of a client, between two requests. */
  readonly idle: number;
  /** Until the other side has taken a reply. */
  readonly reply: number;
  /** Bytes of messages that are being read, in all. */
  readonly memory: number;
}

export const LISTENER_LIMITS: ListenerLimits = {
  connections: 4096,
  strangers: 32,
  own: 64,
  request: 10_000,
  idle: 120_000,
  reply: 30_000,
  memory: 64 * 1024 * 1024,
};

export interface Listener extends AsyncDisposable {
  /** `192.0.2.7:8765`, `unix:/run/snet/clients.sock`. */
  readonly address: string;
  readonly counts: ServeStats["connections"];
}

/** What is known of a connection. */
interface Line {
  /** The address at the other end, `unix` where it has none. */
  readonly address: string;
  /** The client that has shown that it is it. */
  client: string | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** There is a request that has no whole reply yet. */
  isBusy: boolean;
  readonly destroy: () => void;
}

/** A message that is being read. */
interface Reading {
  readonly line: Line;
  size: number;
}

/** Starts to listen; throws an Error of one line. */
export async function listenForClients(parts: ListenerParts): Promise<Listener> {
  const { listen } = parts.config;
  try {
    const lines = new Lines(parts);
    await lines.start();
    return lines;
  } catch (error) {
    throw new Error(`Cannot listen on ${listenText(listen)}: ${(error as Error).message}`);
  }
}

class Lines implements Listener {
  readonly counts = { open: 0, refused: 0, timeouts: 0, tooLarge: 0, tls: 0 };
  readonly #parts: ListenerParts;
  readonly #limits: ListenerLimits;
  readonly #server: HttpServer;
  readonly #lines = new Map<string | object, Line>();
  /** The oldest first, and the bytes of all of them. */
  readonly #readings = new Set<Reading>();
  #reading = 0;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
    this.#limits = { ...LISTENER_LIMITS, ...parts.limits };
    const { tls } = parts.config;
    const handle = (request: IncomingMessage, response: ServerResponse) =>
      void this.#handle(request, response);
    this.#server = tls === undefined
      ? createServer(handle)
      : createTlsServer({ cert: tls.cert, key: tls.key, minVersion: "TLSv1.2" }, handle);
    this.#server.on("connection", (socket: Socket) => this.#accept(socket));
    this.#server.on("tlsClientError", () => this.counts.tls++);
    this.#server.on("clientError", (_error: Error, socket: Socket) => socket.destroy());
  }

  async start(): Promise<void> {
    const { listen } = this.#parts.config;
    if ("path" in listen) return await listenAt(this.#server, listen.path, SOCKET_MODE);
    const listening = once(this.#server, "listening");
    this.#server.listen(listen.port, listen.host);
    await listening;
  }

  get address(): string {
    const address = this.#server.address() as AddressInfo | string | null;
    const port = address !== null && typeof address === "object" ? address.port : undefined;
    return listenText(this.#parts.config.listen, port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const { destroy } of [...this.#lines.values()]) destroy();
    await closed;
    const { listen } = this.#parts.config;
    if ("path" in listen) removeSocket(listen.path);
  }

  #accept(socket: Socket): void {
    const address = networkOf(socket.remoteAddress ?? "unix");
    const { connections, strangers } = this.#limits;
    const others = [...this.#lines.values()].filter(({ client }) => client === undefined);
    const isFull = this.#lines.size >= connections;
    if (
      isFull && others.length === 0 || others.filter((line) => line.address === address).length >= strangers
    ) {
      this.counts.refused++;
      socket.destroy();
      return;
    }
    // A client shows at once that it is one: who has not for longest is the least likely to be.
    if (isFull) this.#drop(others[0]!);
    const line: Line = {
      ...{ address, client: undefined, timer: undefined, isBusy: false },
      destroy: () => {
        if (this.#lines.get(key) === line) this.#lines.delete(key);
        socket.destroy();
      },
    };
    const key = connectionKey(socket);
    this.#lines.set(key, line);
    this.counts.open++;
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      clearTimeout(line.timer);
      if (this.#lines.get(key) === line) this.#lines.delete(key);
      this.counts.open--;
    });
    this.#limit(line, this.#limits.request);
  }

  /** Ends a stranger's connection for another's sake. */
  #drop(line: Line): void {
    this.counts.refused++;
    line.destroy();
  }

  /** Ends the connection if nothing else is said of it within so many milliseconds. */
  #limit(line: Line | undefined, milliseconds: number): void {
    if (line === undefined) return;
    clearTimeout(line.timer);
    line.timer = setTimeout(() => {
      this.counts.timeouts++;
      line.destroy();
    }, milliseconds);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const line = this.#lines.get(connectionKey(request.socket));
    const isGone = new AbortController();
    response.on("close", () => isGone.abort());
    try {
      if (line === undefined) throw new Error("a connection that was never accepted");
      // Nobody could tell how much came behind a turn that is held.
      if (line.isBusy) throw new Error("a request before the reply to the former");
      line.isBusy = true;
      const headers = headersOf(request);
      const body = this.#parts.knows(headers) ? await this.#read(request, line) : undefined;
      if (body === undefined) return this.#dismiss(response, line);
      clearTimeout(line.timer);
      const reply = await this.#parts.app.fetch(
        new Request(new URL(request.url ?? "/", "http://snet"), { method: request.method ?? "GET", headers }),
        { body, gone: isGone.signal, known: (client) => this.#know(line, client) },
      );
      if (isGone.signal.aborted) return;
      this.#limit(line, this.#limits.reply);
      // Whoever is no client has had its try: what it sends has to be read, and its signature computed.
      const isStranger = line.client === undefined;
      response.writeHead(reply.status, {
        ...Object.fromEntries(reply.headers),
        ...(isStranger && { connection: "close" }),
      });
      const bytes = new Uint8Array(await reply.arrayBuffer());
      line.isBusy = false;
      response.end(bytes, () => isStranger ? line.destroy() : this.#limit(line, this.#limits.idle));
    } catch {
      // The other side went away, or what it sent was no request: nobody is left to tell.
      request.socket.destroy();
    }
  }

  /** It is a client's connection from now on, if the client has not too many. */
  #know(line: Line, client: string): void {
    if (line.client === client) return;
    line.client = client;
    const own = this.#lines.values().filter((other) => other.client === client).toArray();
    // The oldest has been forgotten by the client, or its proxy.
    if (own.length > this.#limits.own) own[0]!.destroy();
  }

  /** Whoever is no client, or sends too much, is told so and let go. */
  #dismiss(response: ServerResponse, line: Line): void {
    this.#limit(line, this.#limits.reply);
    response.writeHead(401, { "content-type": "application/json", connection: "close" });
    response.end(`{"error":"not signed by a client"}`, () => line.destroy());
  }

  /** The body; undefined where it is too long, or others take the memory. */
  async #read(request: IncomingMessage, line: Line): Promise<Uint8Array | undefined> {
    const declared = Number(request.headers["content-length"] ?? 0);
    const chunks: Uint8Array[] = [];
    const reading: Reading = { line, size: 0 };
    this.#readings.add(reading);
    try {
      let hasRoom = declared <= SERVE_LIMITS.turn;
      if (hasRoom) {
        for await (const chunk of request as AsyncIterable<Uint8Array>) {
          hasRoom = this.#makeRoom(reading, chunk.length);
          if (!hasRoom) break;
          chunks.push(chunk);
        }
      }
      if (hasRoom) return Buffer.concat(chunks, reading.size);
      this.counts.tooLarge++;
      return undefined;
    } finally {
      this.#leave(reading);
    }
  }

  /** Room for more of a message: strangers give way that have been sending for longer, who may never come to an end. */
  #makeRoom(reading: Reading, more: number): boolean {
    if (!this.#readings.has(reading) || reading.size + more > SERVE_LIMITS.turn) return false;
    while (this.#reading + more > this.#limits.memory) {
      const oldest = [...this.#readings].find(({ line, size }) => line.client === undefined && size > 0);
      if (oldest === undefined || oldest === reading) return false;
      this.#leave(oldest);
      this.#drop(oldest.line);
    }
    reading.size += more;
    this.#reading += more;
    return true;
  }

  #leave(reading: Reading): void {
    if (this.#readings.delete(reading)) this.#reading -= reading.size;
  }
}

/** The network that one machine has: an IPv4 address, 64 bits of an IPv6 address; anything else as it is. */
export function networkOf(address: string): string {
  if (!address.includes(":") || address.includes(".")) return address;
  const bytes = new DataView(parseIpv6(address).buffer);
  return [0, 2, 4, 6].map((at) => bytes.getUint16(at).toString(16)).join(":");
}
