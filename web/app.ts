/** The page's application: what it consists of, who is logged in, and the control API for whoever is. */

import { type Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { Peer } from "../core/control/peer.ts";
import { guard, type GuardOptions } from "./guard.ts";
import { IDLE_TIME, type Role, type Session, type Sessions } from "./sessions.ts";

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
  readonly peerOf: (session: Session) => Peer;
  readonly userName: (uid: number) => string;
  readonly now?: () => number;
}

type Environment = { Variables: { readonly session: Session } };

/** Bytes of what a browser sends to log in. */
const MOST_LOGIN = 1024;
/** Links that are none, within a minute; past them nobody is told why. A link that is one works all the same. */
const MOST_FAILURES = 10;
const MINUTE = 60_000;
/** What a session may change. */
const MAY_CHANGE: Readonly<Record<Role, (path: string) => boolean>> = {
  read: () => false,
  answer: (path) => /^\/v1\/questions\/[^/]+\/answer$/.test(path),
  admin: () => true,
};

export function pageApp(parts: PageParts): Hono<Environment> {
  const { assets, sessions, control, peerOf, userName, scheme } = parts;
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
    maxAge: IDLE_TIME / 1000,
  } as const;
  const sessionOf = (context: Context) =>
    sessions.find(getCookie(context, cookie) ?? "", context.req.header(KEY_HEADER) ?? "");
  const sessionJson = ({ uid, role }: Session) => ({ user: userName(uid), role });

  app.post("/v1/session", async (context) => {
    const begun = sessions.redeem(await secretOf(context.req.raw));
    if (begun === undefined) {
      const status = failures.count() > MOST_FAILURES ? 429 : 401;
      return context.json({
        error: "This link was used already, or is older than a minute: run snet web again",
      }, status);
    }
    setCookie(context, cookie, begun.cookie, options);
    return context.json({ ...sessionJson(begun.session), key: begun.key });
  });
  app.use("/v1/*", async (context, next) => {
    const session = sessionOf(context);
    if (session === undefined) return context.json({ error: "Nobody is logged in: run snet web" }, 401);
    context.set("session", session);
    await next();
  });
  app.get("/v1/session", (context) => context.json(sessionJson(context.get("session"))));
  app.delete("/v1/session", (context) => {
    sessions.end(getCookie(context, cookie) ?? "", context.req.header(KEY_HEADER) ?? "");
    deleteCookie(context, cookie, options);
    return context.json({});
  });
  app.all("/v1/*", (context) => {
    const { method, path, raw } = context.req;
    const session = context.get("session");
    if (method !== "GET" && !MAY_CHANGE[session.role](path)) {
      return context.json({ error: `This session may not do that: its role is "${session.role}"` }, 403);
    }
    return control.fetch(raw, { peer: peerOf(session) });
  });
  app.notFound((context) => context.json({ error: `No ${context.req.path} here` }, 404));
  return app;
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
