/** The page as the daemon serves it: its files, who is logged in, and where it is. */

import { dirname } from "node:path";
import { makeFolder } from "../core/control/place.ts";
import type { Page, PageOptions } from "../core/web/page.ts";
import { pageApp } from "./app.ts";
import { ASSETS } from "./assets.ts";
import { LIMITS, type Limits, type Listener, listenForBrowsers } from "./listener.ts";
import { PageLogins } from "./logins.ts";
import { Sessions } from "./sessions.ts";

/** What tests have of their own. */
export interface PageStage {
  readonly limits?: Limits;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Starts to serve the page. Rejects with an Error of one line. */
export async function openPage(options: PageOptions, stage: PageStage = {}): Promise<Page> {
  const { config, gid, control, world, advice, program } = options;
  const { limits = LIMITS, now = Date.now } = stage;
  const { listen, socket, tls } = config;
  const sessions = new Sessions(now);
  const names = new Set([...config.names, ...(listen === undefined ? [] : [nameOf(listen.host)])]);
  const appOf = (scheme: "http" | "https") =>
    pageApp({
      assets: ASSETS,
      sessions,
      control,
      ...{ names, scheme, now, addresses: listen !== undefined && isAny(listen.host) },
      userName: (uid) => world.userName(uid),
      ...(advice !== undefined && { advice }),
      ...(program !== undefined && { program }),
    });
  const listeners: Listener[] = [];
  const close = async () => {
    await Promise.all(listeners.map((listener) => listener[Symbol.asyncDispose]()));
  };
  try {
    if (listen !== undefined) {
      const place = { address: listen, ...(tls && { tls }) };
      listeners.push(await listenForBrowsers(place, appOf(tls ? "https" : "http"), limits));
    }
    if (socket !== undefined) {
      makeFolder(dirname(socket), socket);
      listeners.push(await listenForBrowsers({ path: socket, gid }, appOf("http"), limits));
    }
  } catch (error) {
    await close();
    throw error;
  }
  const base = linkBase(options, listeners[0]!);
  return {
    logins: new PageLogins({
      ...{ sessions, world, now, base, socket: listen === undefined ? socket : undefined },
    }),
    addresses: listeners.map(({ address }) => address),
    async [Symbol.asyncDispose]() {
      sessions.endWhere(() => true);
      await close();
    },
  };
}

/** Where links lead: by the name that a certificate has, where there is one. */
function linkBase({ config: { listen, names, tls } }: PageOptions, { port }: Listener): string {
  // By ssh -L, to the unix socket.
  if (listen === undefined) return "http://127.0.0.1:8474";
  const [name] = names;
  const host = tls !== undefined && name !== undefined
    ? name
    : isAny(listen.host)
    ? "127.0.0.1"
    : nameOf(listen.host);
  return `${tls === undefined ? "http" : "https"}://${host}:${port}`;
}

/** A host as it stands in a URL. */
function nameOf(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** True for the address that stands for all of this machine. */
function isAny(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}
