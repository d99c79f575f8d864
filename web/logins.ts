/** Who gets into the page: links for whoever asks the daemon, and the sessions that they became. */

import { printableWord } from "../core/cli/describe.ts";
import type { SessionRole, WebLink, WebSession } from "../core/control/api.ts";
import type { Peer } from "../core/control/peer.ts";
import { RequestError } from "../core/control/request_error.ts";
import { originOf, type World } from "../core/questions/may_answer.ts";
import { LINK_TIME, type Logins } from "../core/web/page.ts";
import type { Session, Sessions } from "./sessions.ts";

export interface LoginsParts {
  readonly sessions: Sessions;
  readonly world: World;
  /** Where browsers find the page: `http://127.0.0.1:874`. */
  readonly base: string;
  /** The unix socket on which alone it is served. */
  readonly socket?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class PageLogins implements Logins {
  readonly #parts: LoginsParts;

  constructor(parts: LoginsParts) {
    this.#parts = parts;
  }

  invite(peer: Peer, wanted: SessionRole | undefined, time = LINK_TIME): WebLink {
    const { sessions, world, base, socket, now } = this.#parts;
    const uid = uidOf(peer);
    const role = wanted ?? (this.#isPrivileged(uid) ? "admin" : "answer");
    if (role === "admin" && !this.#isPrivileged(uid)) {
      throw new RequestError(403, `Only root may have the role "admin" (you are uid ${uid})`);
    }
    // A copy: by it a session is known.
    const secret = sessions.invite({ uid, role, origin: { ...originOf(peer, world) } }, time);
    return {
      link: `${base}/#login=${secret}`,
      until: new Date(now() + time).toISOString(),
      ...{ user: this.#nameOf(uid), role },
      ...(socket !== undefined && { socket }),
    };
  }

  list(peer: Peer): { readonly sessions: readonly WebSession[] } {
    const sessions = this.#parts.sessions.list.filter((session) => this.#concerns(session, peer));
    return { sessions: sessions.map((session) => this.#json(session, peer)) };
  }

  end(peer: Peer, id: string | undefined): number {
    const ended = this.#parts.sessions.endWhere((session) =>
      this.#concerns(session, peer) && (id === undefined || session.id === id)
    );
    if (ended > 0 || id === undefined) return ended;
    throw new RequestError(404, `There is no session ${JSON.stringify(id.slice(0, 40))}`);
  }

  #concerns({ uid }: Session, peer: Peer): boolean {
    const own = uidOf(peer);
    return uid === own || this.#isPrivileged(own);
  }

  #isPrivileged(uid: number): boolean {
    return uid === 0 || uid === this.#parts.world.ownUid;
  }

  #json({ id, uid, role, since, used, streams, origin }: Session, peer: Peer): WebSession {
    return {
      ...{ id, user: this.#nameOf(uid), role, streams },
      since: new Date(since).toISOString(),
      used: new Date(used).toISOString(),
      ...(peer.origin !== undefined && { isOwn: peer.origin === origin }),
    };
  }

  #nameOf(uid: number): string {
    return printableWord(this.#parts.world.userName(uid));
  }
}

function uidOf({ uid }: Peer): number {
  if (uid === undefined) throw new RequestError(403, "Cannot tell who asks");
  return uid;
}
