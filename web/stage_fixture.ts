/** A page that is served on an address of this machine, and browsers of every kind. */

import type { SessionRole } from "../core/control/api.ts";
import type { Peer } from "../core/control/peer.ts";
import type { Application } from "../core/control/server.ts";
import type { Page } from "../core/web/page.ts";
import type { WebConfig } from "../core/web/config.ts";
import { type World, worldOfSelf } from "../core/questions/may_answer.ts";
import { LIMITS, type Limits } from "./listener.ts";
import { openPage } from "./page.ts";

/** What came back on a connection, as it is. */
export interface Reply {
  /** 0 where nothing came. */
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface StageOptions {
  readonly config?: Partial<WebConfig>;
  readonly limits?: Partial<Limits>;
  readonly control?: Application;
  readonly world?: World;
}

/** Of a session that was begun. */
export interface Credentials {
  readonly cookie: string;
  readonly key: string;
}

export class Stage implements AsyncDisposable {
  /** What the control API was asked: `0 GET /v1/status body`. */
  readonly asked: string[] = [];
  readonly clock = { now: 1_800_000_000_000 };
  #page: Page | undefined;

  static async open({ config, limits, control, world = worldOfSelf() }: StageOptions = {}): Promise<Stage> {
    const stage = new Stage();
    stage.#page = await openPage({
      config: {
        listen: { host: "127.0.0.1", port: 0 },
        socket: undefined,
        names: [],
        tls: undefined,
        ...config,
      },
      gid: undefined,
      control: control ?? { fetch: (request, { peer }) => stage.#answer(request, peer) },
      world,
      log: () => {},
    }, { limits: { ...LIMITS, ...limits }, now: () => stage.clock.now });
    return stage;
  }

  get page(): Page {
    return this.#page!;
  }

  get port(): number {
    return Number(/:(\d+)$/.exec(this.page.addresses[0]!)![1]);
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  async #answer(request: Request, { uid }: Peer): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const body = await request.text();
    this.asked.push(`${uid} ${request.method} ${pathname}${search}${body && ` ${body}`}`);
    return Response.json({ ok: true });
  }

  connect(): Promise<Deno.TcpConn> {
    return Deno.connect({ hostname: "127.0.0.1", port: this.port });
  }

  /** Sends lines of a request, and then a body, as they are; what comes until the page closes the connection. */
  async raw(lines: readonly string[], body = ""): Promise<Reply> {
    using connection = await this.connect();
    await write(connection, `${lines.join("\r\n")}\r\n\r\n${body}`);
    return parseReply(await rest(connection));
  }

  /** A request as the page itself would send it, but for what `headers` say; undefined leaves one out. */
  async ask(
    path: string,
    { method = "GET", headers = {}, session, body = "" }: {
      readonly method?: string;
      readonly headers?: Readonly<Record<string, string | undefined>>;
      readonly session?: Credentials;
      readonly body?: string;
    } = {},
  ): Promise<Reply> {
    const all: Record<string, string | undefined> = {
      host: this.host,
      ...(method !== "GET" && { origin: `http://${this.host}`, "content-length": String(body.length) }),
      ...(session && { cookie: session.cookie, "x-snet-key": session.key }),
      connection: "close",
      ...headers,
    };
    const lines = Object.entries(all).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}: ${value}`]
    );
    return await this.raw([`${method} ${path} HTTP/1.1`, ...lines], body);
  }

  /** The secret of a new link. */
  link(role: SessionRole, uid = 0): string {
    return new URL(this.page.logins.invite({ uid }, role).link).hash.slice("#login=".length);
  }

  async logIn(role: SessionRole, uid = 0): Promise<Credentials> {
    const reply = await this.ask("/v1/session", {
      method: "POST",
      body: JSON.stringify({ secret: this.link(role, uid) }),
    });
    const { key } = JSON.parse(reply.text);
    return { cookie: reply.headers.get("set-cookie")!.split(";")[0]!, key };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page[Symbol.asyncDispose]();
  }
}

export async function write(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  // Whoever is sent away in the middle of it has been answered.
  for (let at = 0; at < bytes.length;) {
    const length = await connection.write(bytes.subarray(at)).catch(() => undefined);
    if (length === undefined) return;
    at += length;
  }
}

/** All that comes on a connection until it is closed. */
export async function rest(connection: Deno.Conn): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(65536);
  for (;;) {
    const length = await connection.read(buffer).catch(() => null);
    if (length === null) return text;
    text += new TextDecoder().decode(buffer.subarray(0, length));
  }
}

/** The first reply in a text, without what stands between the parts of its body. */
export function parseReply(text: string): Reply {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return { status: 0, headers: new Headers(), text };
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = /^([^:]+): *(.*)$/.exec(line)!;
    headers.append(name!, value!);
  }
  const body = text.slice(end + 4);
  const isChunked = headers.get("transfer-encoding") === "chunked";
  return {
    status: Number(first.split(" ")[1]),
    headers,
    text: isChunked ? body.replace(/[0-9a-f]+\r\n([^]*?)\r\n/g, (_, chunk) => chunk) : body,
  };
}
