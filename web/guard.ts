/**
 * What every request to the page must be, before anybody looks at it: for a name that is this page's own (against DNS
 * rebinding), from the page itself where it comes from a page, and small. And what every answer says to the browser.
 */

import { isIP } from "node:net";
import type { Context, MiddlewareHandler } from "hono";

/** Bytes of a body; a file of rules is the longest. */
export const MOST_BODY = 2 * 1024 * 1024;

/** Scripts and styles are files of this page, and nothing may put it into a frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** Where the page is. */
export interface GuardOptions {
  /** Names, without a port, by which the page may be called besides those of this machine: `router.lan`. */
  readonly names: ReadonlySet<string>;
  /** True where any address may stand in the place of a name: no other site's name is resolved to that. */
  readonly addresses?: boolean;
  readonly scheme: "http" | "https";
}

/**
 * Names that no other machine can have: a site that has its own name resolved to this machine still calls it by that. The
 * port is left open, as the page may be reached through a tunnel.
 */
const OWN_NAMES = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Refuses what no browser of this page sends. */
export function guard(options: GuardOptions): MiddlewareHandler {
  return async (context, next) => {
    const refusal = refusalOf(context, options);
    // Not told what would be right: whoever asks by another name is to learn nothing of this machine.
    if (refusal !== undefined) context.res = context.json({ error: refusal.why }, refusal.status);
    else await next();
    for (const [name, value] of Object.entries(HEADERS)) context.res.headers.set(name, value);
    if (!context.res.headers.has("cache-control")) context.res.headers.set("cache-control", "no-store");
  };
}

interface Refusal {
  readonly status: 403 | 413 | 421;
  readonly why: string;
}

function refusalOf({ req }: Context, { names, addresses, scheme }: GuardOptions): Refusal | undefined {
  const host = req.header("host")?.toLowerCase();
  const name = host?.replace(/:\d+$/, "");
  const isOwnName = name !== undefined &&
    (OWN_NAMES.has(name) || names.has(name) || addresses === true && isAddress(name));
  if (!isOwnName) {
    return { status: 421, why: "This page is not served by that name" };
  }
  const origin = req.header("origin");
  const isSafe = req.method === "GET" || req.method === "HEAD";
  if (origin === undefined ? !isSafe : origin !== `${scheme}://${host}`) {
    return { status: 403, why: "Only the page itself may ask for that" };
  }
  // Sent by every browser of today; a link from elsewhere may open the page (`navigate`), and do no more.
  const site = req.header("sec-fetch-site");
  const isOwn = site === undefined || site === "same-origin" || site === "none";
  if (!isOwn && !(isSafe && req.header("sec-fetch-mode") === "navigate" && req.path === "/")) {
    return { status: 403, why: "Only the page itself may ask for that" };
  }
  const length = Number(req.header("content-length") ?? 0);
  if (!(length <= MOST_BODY)) return { status: 413, why: `More than ${MOST_BODY} bytes` };
  return undefined;
}

/** Whether a name of a URL is an address. */
function isAddress(name: string): boolean {
  const [, bracketed] = /^\[(.+)\]$/.exec(name) ?? [];
  return bracketed === undefined ? isIP(name) === 4 : isIP(bracketed) === 6;
}
