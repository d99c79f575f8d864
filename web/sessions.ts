/**
 * Who is logged in at the page. A link that works once, made by somebody whose user id the control socket has told,
 * becomes a session, which two secrets stand for, a cookie and a key. Browsers send cookies to every port of a machine, so
 * that any program that serves a page there is shown them; the key the page keeps for itself, but so would a script that
 * got into the page. Neither of the two is worth anything alone. Nothing of it outlives the daemon.
 */

import { createHash, randomBytes } from "node:crypto";
import type { SessionRole } from "../core/control/api.ts";
import type { Origin } from "../core/questions/may_answer.ts";
import { LINK_TIME } from "../core/web/page.ts";

/** Whoever a session acts for. */
export interface Visitor {
  readonly uid: number;
  readonly role: SessionRole;
  /** Who made the link, as it was then. */
  readonly origin?: Origin;
}

export interface Session extends Visitor {
  /** Names it; no secret. */
  readonly id: string;
  /** When it was begun, and last used; milliseconds since 1970. */
  readonly since: number;
  readonly used: number;
  /** Streams that it follows. */
  readonly streams: number;
}

/** Milliseconds after which a session that nobody uses ends. */
export const IDLE_TIME = 12 * 3_600_000;
/** Milliseconds after which every session ends. */
export const LONGEST_TIME = 7 * 24 * 3_600_000;
/** Links and sessions at once, of one user and of all; the oldest makes room. */
const MOST_LINKS = { ofUser: 8, ofAll: 128 };
const MOST_SESSIONS = { ofUser: 16, ofAll: 256 };
/** Streams that the sessions of one user follow at once: eight pages and more. */
const MOST_STREAMS = 24;
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

type Kept = Session & { used: number; streams: number };

export class Sessions {
  readonly #now: () => number;
  /** By the hash of the secret: whoever sees the memory of this table, or how long a look takes, learns no secret. */
  readonly #links = new Map<string, Visitor & { readonly until: number }>();
  readonly #sessions = new Map<string, Kept>();
  /** What follows a stream, told when its session has ended. */
  readonly #followers = new Map<Session, Set<() => void>>();

  /** @param now milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** A secret for a link, which becomes a session once, within so many milliseconds. */
  invite(visitor: Visitor, time = LINK_TIME): string {
    const secret = newSecret();
    this.#links.set(hashOf(secret), { ...visitor, until: this.#now() + time });
    for (const key of tooMany(this.#links, visitor, MOST_LINKS)) this.#links.delete(key);
    return secret;
  }

  /** Begins the session of a link; undefined where there is no such link any more. */
  redeem(secret: string): Begun | undefined {
    const hash = hashOf(secret);
    const link = this.#links.get(hash);
    this.#links.delete(hash);
    const now = this.#now();
    if (link === undefined || now > link.until) return undefined;
    const { until: _, ...visitor } = link;
    const cookie = newSecret();
    const key = newSecret();
    const id = randomBytes(6).toString("hex");
    const session: Kept = { ...visitor, id, since: now, used: now, streams: 0 };
    this.#sessions.set(hashOf(cookie, key), session);
    for (const key of tooMany(this.#sessions, visitor, MOST_SESSIONS)) this.#end(key);
    return { cookie, key, session };
  }

  /** The session of a cookie and its key, which is used by that. */
  find(cookie: string, key: string): Session | undefined {
    const hash = hashOf(cookie, key);
    const session = this.#sessions.get(hash);
    if (session === undefined) return undefined;
    const now = this.#now();
    if (!isOpen(session, now)) {
      this.#end(hash);
      return undefined;
    }
    session.used = now;
    return session;
  }

  /**
   * Counts a stream that a session follows, and calls `end` when the session has ended, until the returned function is
   * called; undefined where its user follows too many.
   */
  follow(session: Session, end: () => void): (() => void) | undefined {
    const kept = session as Kept;
    const ofUser = this.#sessions.values().filter(({ uid }) => uid === session.uid)
      .reduce((count, { streams }) => count + streams, 0);
    if (ofUser >= MOST_STREAMS) return undefined;
    const followers = this.#followers.getOrInsertComputed(session, () => new Set());
    followers.add(end);
    kept.streams++;
    return () => {
      if (!followers.delete(end)) return;
      kept.streams--;
      // Whoever looked on until now has used it until now.
      kept.used = this.#now();
      if (followers.size === 0) this.#followers.delete(session);
    };
  }

  end(cookie: string, key: string): void {
    this.#end(hashOf(cookie, key));
  }

  /** Ends those that fit; how many. */
  endWhere(fits: (session: Session) => boolean): number {
    const found = [...this.#sessions].filter(([, session]) => fits(session));
    for (const [hash] of found) this.#end(hash);
    return found.length;
  }

  /** Those that have not ended, the oldest first. */
  get list(): readonly Session[] {
    const now = this.#now();
    for (const [hash, session] of [...this.#sessions]) if (!isOpen(session, now)) this.#end(hash);
    return [...this.#sessions.values()];
  }

  #end(hash: string): void {
    const session = this.#sessions.get(hash);
    if (session === undefined) return;
    this.#sessions.delete(hash);
    for (const end of [...this.#followers.get(session) ?? []]) end();
  }
}

function isOpen({ since, used, streams }: Session, now: number): boolean {
  return now - since <= LONGEST_TIME && (streams > 0 || now - used <= IDLE_TIME);
}

/** The oldest, where there are more of a user or of all than there may be. Users together leave root its own. */
function* tooMany(
  table: ReadonlyMap<string, Visitor>,
  { uid }: Visitor,
  { ofUser, ofAll }: { readonly ofUser: number; readonly ofAll: number },
): Generator<string> {
  const own = [...table].filter(([, visitor]) => visitor.uid === uid);
  if (own.length > ofUser) yield own[0]![0];
  else if (table.size > ofAll) yield [...table].find(([, other]) => other.uid !== 0 || uid === 0)![0];
}

function newSecret(): string {
  return randomBytes(SECRET).toString("base64url");
}

function hashOf(...secrets: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(secrets)).digest("base64");
}
