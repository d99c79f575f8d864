/** The page's application: what it consists of, who is logged in, and the control API for whoever is. */

import { type Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { WebBegun, WebVisitor } from "../core/control/api.ts";
import { mayChange } from "../core/control/operations.ts";
import type { Peer } from "../core/control/peer.ts";
import { guard, type GuardOptions, MOST_BODY } from "./guard.ts";
import { LONGEST_TIME, type Session, type Sessions } from "./sessions.ts";

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly body: string;
}

/** What the application is made of. */
export interface PageParts extends GuardOptions {
  /** By their paths. */
  readonly assets: Readonly<Record<string, Asset>>;
  readonly sessions: Sessions;
  /** The control API. */
  readonly control: {
    fetch(request: Request, environment: { readonly peer: Peer }): Response | Promise<Response>;
  };
  readonly userName: (uid: number) => string;
  /** Where links come from. */
  readonly advice?: string;
  /** The program with which the page ends. */
  readonly program?: string;
  readonly now?: () => number;
}

/** What the server tells the application of a request. */
export interface Connection {
  /** Called once whoever is connected has shown a session. */
  readonly known: () => void;
}

type Environment = { Bindings: Partial<Connection>; Variables: { readonly session: Session } };

/** Bytes of what a browser sends to log in. */
const MOST_LOGIN = 1024;
/** Links that are none, within a minute; past them nobody is told why. A link that is one works all the same. */
const MOST_FAILURES = 10;
const MINUTE = 60_000;

/** The page's application. */
export function pageApp(parts: PageParts): Hono<Environment> {
  const { assets, sessions, control, userName, scheme } = parts;
  const advice = parts.advice ?? "run snet web";
  // The page itself knows what it says of snet web.
  const more = parts.advice === undefined ? {} : { advice };
  const failures = new Failures(parts.now ?? Date.now);
  const app = new Hono<Environment>();
  app.use(guard(parts));
  for (const [path, { type, body }] of Object.entries(assets)) {
    app.get(
      path,
      (context) => context.body(body, 200, { "content-type": type, "cache-control": "no-cache" }),
    );
  }
  const cookie = scheme === "https" ? "__Host-snet" : "snet";
  const options = {
    httpOnly: true,
    sameSite: "Strict",
    path: "/",
    secure: scheme === "https",
    maxAge: LONGEST_TIME / 1000,
  } as const;
  const sessionOf = (context: Context) =>
    sessions.find(getCookie(context, cookie) ?? "", context.req.header(KEY_HEADER) ?? "");
  const followed = (session: Session, response: Response) => follow(sessions, session, response);
  const sessionJson = ({ uid, role }: Session): WebVisitor => ({
    ...{ user: userName(uid), role },
    ...(parts.program !== undefined && { program: parts.program }),
  });

  app.post("/v1/session", async (context) => {
    const begun = sessions.redeem(await secretOf(context.req.raw));
    const { [cookie]: former = "" } = getCookie(context);
    if (begun === undefined) {
      const status = failures.count() > MOST_FAILURES ? 429 : 401;
      return context.json({
        error: `This link was used already, or its time is over: ${advice}`,
        ...more,
      }, status);
    }
    // A browser is one session at a time.
    sessions.end(former, context.req.header(KEY_HEADER) ?? "");
    setCookie(context, cookie, begun.cookie, options);
    const answer: WebBegun = { ...sessionJson(begun.session), key: begun.key };
    return context.json(answer);
  });
  app.use("/v1/*", async (context, next) => {
    const session = sessionOf(context);
    if (session === undefined) return context.json({ error: `Nobody is logged in: ${advice}`, ...more }, 401);
    context.set("session", session);
    context.env.known?.();
    await next();
  });
  app.get("/v1/session", (context) => context.json(sessionJson(context.get("session"))));
  app.delete("/v1/session", (context) => {
    sessions.end(getCookie(context, cookie) ?? "", context.req.header(KEY_HEADER) ?? "");
    deleteCookie(context, cookie, options);
    return context.json({});
  });
  app.all("/v1/*", async (context) => {
    const { method, path, raw } = context.req;
    const session = context.get("session");
    const isSafe = method === "GET";
    if (!isSafe && !mayChange(session.role, method, path)) {
      return context.json({ error: `This session may not do that: its role is "${session.role}"` }, 403);
    }
    // Read here, once it is known who sends it: nobody else gets memory for that.
    const body = isSafe ? undefined : await bodyOf(raw);
    if (body === "too long") return context.json({ error: `More than ${MOST_BODY} bytes` }, 413);
    const { uid, origin } = session;
    const request = new Request(raw.url, { method, ...(body && { body }) });
    const response = await control.fetch(request, { peer: { uid, ...(origin && { origin }) } });
    if (!isStream(response)) return response;
    return followed(session, response) ??
      context.json({ error: "Too many pages follow what happens: close one, or run snet web logout" }, 429);
  });
  // Of what ends in the middle nobody is left to be told; the rest the control API tells itself.
  app.onError((_error, context) => context.json({ error: "This request cannot be answered" }, 500));
  app.notFound((context) => context.json({ error: `No ${context.req.path} here` }, 404));
  return app;
}

function isStream(response: Response): boolean {
  return response.headers.get("content-type") === "text/event-stream";
}

/** The same stream, which ends with its session; undefined where the user has too many. */
function follow(sessions: Sessions, session: Session, response: Response): Response | undefined {
  const reader = response.body!.getReader();
  let end = () => {};
  const release = sessions.follow(session, () => end());
  if (release === undefined) {
    void reader.cancel();
    return undefined;
  }
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      end = () => {
        end = () => {};
        release();
        controller.close();
        void reader.cancel();
      };
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        // A session whose time is over may have sent nothing since by which that was seen.
        if (done || !sessions.list.includes(session)) end();
        else controller.enqueue(value);
      } catch (error) {
        end = () => {};
        release();
        throw error;
      }
    },
    async cancel() {
      end = () => {};
      release();
      await reader.cancel();
    },
  }, { highWaterMark: 0 });
  return new Response(body, response);
}

/** What a request brings along, at most {@linkcode MOST_BODY} bytes. Rejects where the other side goes. */
async function bodyOf({ body }: Request): Promise<Uint8Array<ArrayBuffer> | "too long" | undefined> {
  if (body === null) return undefined;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > MOST_BODY) return "too long";
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** By which the page sends its key. */
const KEY_HEADER = "x-snet-key";

/** The secret of a link, empty where there is none in it. */
async function secretOf(request: Request): Promise<string> {
  if (Number(request.headers.get("content-length") ?? Infinity) > MOST_LOGIN) return "";
  try {
    const { secret } = await request.json() as { readonly secret?: unknown };
    return typeof secret === "string" ? secret : "";
  } catch {
    return "";
  }
}

/** How often something went wrong within the last minute. */
class Failures {
  #count = 0;
  #since = 0;

  constructor(readonly now: () => number) {}

  count(): number {
    const now = this.now();
    if (now - this.#since > MINUTE) {
      this.#since = now;
      this.#count = 0;
    }
    return ++this.#count;
  }
}
