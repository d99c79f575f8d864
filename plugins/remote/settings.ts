/** What the options say, checked: which server, as whom, and where its policy is kept. */

import { certificatesOf, checkSecret, type IsExposed, parseSecret, type SourceText } from "../../core/mod.ts";
import { parseUrl } from "../parts/endpoint.ts";
import type { Route } from "../parts/http.ts";

/** The options that say it, as the plugin declares them. */
export interface RemoteOptions {
  readonly url: string;
  readonly socket: string | undefined;
  readonly client: string;
  readonly secret: readonly SourceText[];
  readonly ca: readonly SourceText[] | undefined;
  readonly insecure: boolean;
  readonly policy: string | undefined;
}

/** A server, and who asks it; can be handed to another thread. */
export interface ServerRoute extends Route {
  /** Without a path. */
  readonly url: string;
  readonly client: string;
  readonly secrets: readonly Uint8Array[];
}

/** The server of the options. Throws an Error of one line where that cannot be. */
export function parseServer(options: RemoteOptions, exposed?: IsExposed): ServerRoute {
  const { socket, client, secret, insecure } = options;
  if (socket !== undefined && !socket.startsWith("/")) {
    throw new Error(`socket "${socket}" is no absolute path, such as /run/snet/clients.sock`);
  }
  if (!/^[\w.-]{1,64}$/.test(client)) {
    throw new Error(`client "${client}" is no name of a client: 1 to 64 letters, digits, ".", "-" and "_"`);
  }
  if (secret.length === 0) {
    throw new Error(`option "secret" names no file that is there; "openssl rand -base64 32" makes a secret`);
  }
  const url = new URL(parseUrl(options.url, { socket, insecure, example: "https://policy.example:8765" }));
  if (url.pathname !== "/" || url.search !== "") {
    throw new Error(
      `url "${url.origin}${url.pathname}" has a path, which "snet serve" has not; leave it out`,
    );
  }
  return {
    url: url.origin,
    socket,
    client,
    secrets: secret.map((source) => {
      checkSecret(source.path, exposed);
      return parseSecret(source);
    }),
    ca: (options.ca ?? []).map((source) => certificatesOf("ca", source)),
    certificate: undefined,
    // The server speaks no other.
    http: "1.1",
  };
}

/** The path of the policy's file. Throws an Error of one line where it is none. */
export function parsePolicyPath(path: string | undefined): string | undefined {
  if (path === undefined || path.startsWith("/")) return path;
  throw new Error(`policy "${path}" is no absolute path, such as /var/lib/snet/remote.policy`);
}
