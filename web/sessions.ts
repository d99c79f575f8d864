/**
 * Who is logged in at the page. A link that works once, made by somebody whose user id the control socket has told,
 * becomes a session, which two secrets stand for, a cookie and a key. Browsers send cookies to every port of a machine, so
 * that any program that serves a page there is shown them; the key the page keeps for itself, but so would a script that
 * got into the page. Neither of the two is worth anything alone. Nothing of it outlives the daemon.
 */

import { createHash, randomBytes } from "node:crypto";

/** What a session may do: see; answer the questions of its user; or all that its user may. */
export type Role = "read" | "answer" | "admin";

/** Whoever a session acts for. */
export interface Visitor {
  readonly uid: number;
  readonly role: Role;
}

export interface Session extends Visitor {
  /** When it was begun, and last used; milliseconds since 1970. */
  readonly since: number;
  readonly used: number;
}

/** Milliseconds in which a link must be opened. */
export const LINK_TIME = 60_000;
/** Milliseconds after which a session that nobody uses ends. */
export const IDLE_TIME = 12 * 3_600_000;
/** Links and sessions at once; the oldest makes room. */
const MOST_LINKS = 32;
const MOST_SESSIONS = 128;
/** Bytes of what nobody can guess. */
const SECRET = 32;

/** What the browser is given, once. */
export interface Begun {
  /** For a cookie that no script can read. */
  readonly cookie: string;
  /** For the page itself, to be sent with each request. */
  readonly key: string;
  readonly session: Session;
}

type Kept = Session & { used: number };

export class Sessions {
  readonly #now: () => number;
  /** By the hash of the secret: whoever sees the memory of this table, or how long a look takes, learns no secret. */
  readonly #links = new Map<string, Visitor & { readonly until: number }>();
  readonly #sessions = new Map<string, Kept>();

  /** @param now milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** A secret for a link, which becomes a session once, within {@linkcode LINK_TIME}. */
  invite({ uid, role }: Visitor): string {
    const secret = newSecret();
    put(this.#links, hashOf(secret), { uid, role, until: this.#now() + LINK_TIME }, MOST_LINKS);
    return secret;
  }

  /** Begins the session of a link; undefined where there is no such link any more. */
  redeem(secret: string): Begun | undefined {
    const hash = hashOf(secret);
    const link = this.#links.get(hash);
    this.#links.delete(hash);
    const now = this.#now();
    if (link === undefined || now > link.until) return undefined;
    const { uid, role } = link;
    const cookie = newSecret();
    const key = newSecret();
    const session: Kept = { uid, role, since: now, used: now };
    put(this.#sessions, hashOf(cookie, key), session, MOST_SESSIONS);
    return { cookie, key, session };
  }

  /** The session of a cookie and its key, which is used by that. */
  find(cookie: string, key: string): Session | undefined {
    const hash = hashOf(cookie, key);
    const session = this.#sessions.get(hash);
    if (session === undefined) return undefined;
    const now = this.#now();
    if (now - session.used > IDLE_TIME) {
      this.#sessions.delete(hash);
      return undefined;
    }
    session.used = now;
    return session;
  }

  end(cookie: string, key: string): void {
    this.#sessions.delete(hashOf(cookie, key));
  }

  /** Those that have not ended. */
  get list(): readonly Session[] {
    const now = this.#now();
    return [...this.#sessions.values()].filter(({ used }) => now - used <= IDLE_TIME);
  }
}

function newSecret(): string {
  return randomBytes(SECRET).toString("base64url");
}

function hashOf(...secrets: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(secrets)).digest("base64");
}

function put<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  if (map.size >= most) map.delete(map.keys().next().value!);
  map.set(key, value);
}
