/** Who is at the page. */

/** What a session at the page may do: see; answer the questions of its user too; or all that its user may. */
export type SessionRole = "read" | "answer" | "admin";

/** What kind of link is wanted; other keys are refused. */
export interface WebLinkJson {
  /** The most that the user may if absent: `admin` for root and the daemon's user, `answer` for others. */
  readonly role?: SessionRole;
}

/** A link that logs in, once. */
export interface WebLink {
  readonly link: string;
  /** Until when it must be opened. */
  readonly until: string;
  /** Whom it logs in, printable: a name, or a number. */
  readonly user: string;
  readonly role: SessionRole;
  /** The unix socket on which alone the page is served, where that is so. */
  readonly socket?: string;
}

/** Whoever is logged in at the page. */
export interface WebSession {
  /** Names it; no secret. */
  readonly id: string;
  readonly user: string;
  readonly role: SessionRole;
  /** When it was begun, and when it last asked for something. */
  readonly since: string;
  readonly used: string;
  /** Pages that follow what happens, each with a stream or several. */
  readonly streams: number;
  /** True of the session that asks. */
  readonly isOwn?: boolean;
}

/** Where the page is served, of a configuration that wants one. */
export interface PageState {
  /** `http://127.0.0.1:874`, `unix:/run/snet/web.sock`; empty where it cannot be served. */
  readonly addresses: readonly string[];
  /** Why it cannot. */
  readonly failure?: string;
}

export interface WebSessionList {
  /** The oldest first. */
  readonly sessions: readonly WebSession[];
}

/** By which a browser becomes a session; at the page alone, as all that follows. */
export interface WebLogin {
  /** What stands behind `#login=` in a link. */
  readonly secret: string;
}

/** Whom a session acts for. */
export interface WebVisitor {
  /** Printable: a name, or a number. */
  readonly user: string;
  readonly role: SessionRole;
  /** The program with which the page ends, printable; absent at a daemon's. */
  readonly program?: string;
}

/** A session that has begun; its cookie is set besides. */
export interface WebBegun extends WebVisitor {
  /** To be sent as `x-snet-key` with each request. */
  readonly key: string;
}

/** A session that has ended; it says nothing. */
export type WebEnded = Readonly<Record<string, never>>;

export interface LoggedOut {
  /** Sessions that were ended. */
  readonly ended: number;
}
