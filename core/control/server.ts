/**
 * HTTP on a unix socket, with the credentials of who asks.
 *
 * `Deno.serve({ path })` does not give the descriptor of a connection, without which SO_PEERCRED cannot be asked
 * for, and the alternative, a second socket for root alone, could not tell one user from another, as answering
 * questions needs. Deno's node:http does give it. Where it should one day not, `uid` is undefined and nothing
 * can be changed through the socket: the failure is on the safe side.
 */

import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { once } from "node:events";
import { geteuid } from "../../ffi/mod.ts";
import { sendBody } from "../node_http.ts";
import { listenForGroup, removeSocket } from "../unix_socket.ts";
import { PATHS } from "./api.ts";
import { type Peer, peerOf } from "./peer.ts";

/** Something that answers requests, such as a Hono application. */
export interface Application {
  fetch(request: Request, environment: { readonly peer: Peer }): Response | Promise<Response>;
}

export interface ControlServer extends AsyncDisposable {
  /** Ends every connection and removes the socket. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Connections that one user may have. Whoever holds more would take the descriptors by which the daemon looks
 * programs up, and node:http accepts nobody any more once there was none left.
 */
const MOST_CONNECTIONS = 32;

/** Connections that all users may have, but for root and the daemon's own: who maps uids has thousands of them. */
const MOST_OF_ALL = 256;

/** Bytes that a request may bring along: an answer to a question is a tenth of that. */
const BODY_LIMIT = 4096;

/** The same, of who may change rules, which are sent as whole files; what the page takes (web/guard.ts). */
const FILE_LIMIT = 2 * 1024 * 1024;

/**
 * Listens on a unix socket that its owner and the members of group `gid` can open. A socket that is left over at
 * that path is replaced: the caller holds the lock that says that nobody serves it.
 *
 * Throws an Error of one line.
 */
export async function serveControl(
  path: string,
  gid: number | undefined,
  app: Application,
): Promise<ControlServer> {
  try {
    const sockets = new Map<Socket, Peer>();
    /** Connections with a request that has no whole answer yet. */
    const busy = new Set<Socket>();
    const server = createServer((request, response) => {
      const { socket } = request;
      // Whoever sends more meanwhile could have any number of streams by one connection; nor would they hear of its end.
      if (busy.has(socket)) return void socket.destroy();
      busy.add(socket);
      // As it was when it connected: who has a process's number later is another matter.
      const peer = sockets.get(socket) ?? { uid: undefined };
      void answer(app, request, response, peer).finally(() => busy.delete(socket));
    });
    server.on("connection", (socket: Socket) => {
      const peer = peerOf(() => descriptorOf(socket));
      if (!hasRoom([...sockets.values()], peer, geteuid())) return void socket.destroy();
      sockets.set(socket, peer);
      socket.on("close", () => sockets.delete(socket));
    });
    await listenForGroup(server, path, gid);
    return {
      async [Symbol.asyncDispose]() {
        const closed = once(server, "close");
        server.close();
        for (const socket of sockets.keys()) socket.destroy();
        await closed;
        removeSocket(path);
      },
    };
  } catch (error) {
    throw new Error(`Cannot listen on ${path}: ${(error as Error).message}`);
  }
}

/** Whether one more may connect beside those that have; `ownUid` is the daemon's user. */
export function hasRoom(peers: readonly Peer[], { uid }: Peer, ownUid: number): boolean {
  const isPrivileged = (uid: number | undefined) => uid === 0 || uid === ownUid;
  if (peers.filter((peer) => peer.uid === uid).length >= MOST_CONNECTIONS) return false;
  return isPrivileged(uid) || peers.filter((peer) => !isPrivileged(peer.uid)).length < MOST_OF_ALL;
}

async function answer(
  app: Application,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  peer: Peer,
): Promise<void> {
  const { method = "GET", url = "/" } = incoming;
  // From the start: a client that goes while its answer is made must not leave a stream that nobody ends.
  const gone = new Promise<void>((resolve) => outgoing.on("close", resolve));
  try {
    // Clients write the path, or all of it.
    const target = new URL(url, "http://snet");
    const limit = limitOf(target.pathname, peer);
    const body = method === "GET" || method === "HEAD" ? undefined : await bodyOf(incoming, limit);
    if (body === "too long") {
      outgoing.writeHead(413, { "content-type": "application/json", "connection": "close" });
      outgoing.end(JSON.stringify({ error: `A request may bring ${limit} bytes along` }));
      return;
    }
    const request = new Request(target, { method, ...(body && { body }) });
    const response = await app.fetch(request, { peer });
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    if (response.body !== null) await sendBody(response.body, outgoing, gone);
    outgoing.end();
  } catch {
    // The client went away, or what it sent was no request: nobody is left to tell.
    outgoing.destroy();
  }
}

function limitOf(path: string, { uid }: Peer): number {
  const isOfFile = path.startsWith(`${PATHS.rules}/`) || path.startsWith(`${PATHS.plugins}/`);
  const isFile = isOfFile && (uid === 0 || uid === geteuid());
  return isFile ? FILE_LIMIT : BODY_LIMIT;
}

/** What a request brings along. Rejects where the client goes before it has sent all. */
async function bodyOf(
  incoming: IncomingMessage,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | "too long"> {
  let body = new Uint8Array(BODY_LIMIT);
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
    const needed = length + chunk.length;
    if (needed > limit) return "too long";
    if (needed > body.length) {
      const larger = new Uint8Array(Math.min(limit, Math.max(needed, 2 * body.length)));
      larger.set(body.subarray(0, length));
      body = larger;
    }
    body.set(chunk, length);
    length += chunk.length;
  }
  return body.subarray(0, length);
}

/** The descriptor of a connection; undefined once it is closed, or should node:http give none. */
function descriptorOf(socket: Socket): number | undefined {
  const { fd } = (socket as unknown as { readonly _handle?: { readonly fd?: unknown } })._handle ?? {};
  return typeof fd === "number" && fd >= 0 ? fd : undefined;
}
