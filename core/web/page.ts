/** The page as the daemon knows it; what it is made of is handed in by the entry point (core/cli/builtin.ts). */

import type { SessionRole, WebLink, WebSessionList } from "../control/api.ts";
import type { Application } from "../control/server.ts";
import type { Peer } from "../control/peer.ts";
import type { Log } from "../log.ts";
import type { World } from "../questions/may_answer.ts";
import type { WebConfig } from "./config.ts";

/** Milliseconds in which a link must be opened, unless it is made for another time. */
export const LINK_TIME = 60_000;

/** Who gets into the page, and who is there. */
export interface Logins {
  /**
   * A link for whoever asks, to be opened within so many milliseconds; with the most that its user may if no role is given.
   * Throws a RequestError.
   */
  invite(peer: Peer, role: SessionRole | undefined, time?: number): WebLink;
  /** The sessions of whoever asks; all of them for root and the daemon's user. */
  list(peer: Peer): WebSessionList;
  /** Ends one of these, or all without an id; how many. Throws a RequestError where there is no such session. */
  end(peer: Peer, id: string | undefined): number;
}

/** A page that is served until it is disposed of. */
export interface Page extends AsyncDisposable {
  readonly logins: Logins;
  /** Where: `http://127.0.0.1:874`, `unix:/run/snet/web.sock`. */
  readonly addresses: readonly string[];
}

export interface PageOptions {
  readonly config: WebConfig;
  /** The group that may open the page's unix socket; undefined for none. */
  readonly gid: number | undefined;
  /** The control API, as it is for whoever is logged in. */
  readonly control: Application;
  readonly world: World;
  readonly log: Log;
  /** Where links come from, for whoever has none; `run snet web` if absent. */
  readonly advice?: string;
  /** The program with which the page ends, printable; absent where it stays. */
  readonly program?: string;
}

/** Starts to serve the page. Rejects with an Error of one line. */
export type OpenPage = (options: PageOptions) => Promise<Page>;
