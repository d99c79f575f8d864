/** What the options say, checked: where to post, as whom, and within which bounds. */

import {
  certificatesOf,
  checkSecret,
  didYouMean,
  type IsExposed,
  parseSecret,
  privateKeyOf,
  type SourceText,
} from "../../core/mod.ts";
import { parseUrl, single } from "../parts/endpoint.ts";
import { type PartName, PARTS } from "./parts.ts";

/** The options of the configuration, as the plugin declares them. */
export interface WebhookOptions {
  readonly url: string;
  readonly socket: string | undefined;
  readonly mode: "verdict" | "notify";
  readonly events: readonly string[];
  readonly show: readonly string[];
  readonly secret: readonly SourceText[] | undefined;
  readonly token: readonly SourceText[] | undefined;
  readonly ca: readonly SourceText[] | undefined;
  readonly certificate: readonly SourceText[] | undefined;
  readonly key: readonly SourceText[] | undefined;
  readonly http: "auto" | "1.1" | "2";
  readonly insecure: boolean;
}

/** Where requests go, and what they carry; can be handed to another thread. */
export interface Endpoint {
  readonly url: string;
  readonly socket: string | undefined;
  /** Keys of the signatures; none where requests are not signed. */
  readonly secrets: readonly Uint8Array[];
  readonly token: string | undefined;
  readonly ca: readonly string[];
  readonly certificate: { readonly cert: string; readonly key: string } | undefined;
  readonly http: "auto" | "1.1" | "2";
}

/** Where the options say that requests go. Throws an Error of one line where that cannot be. */
export function parseEndpoint(options: WebhookOptions, exposed?: IsExposed): Endpoint {
  const { url, socket, insecure, http } = options;
  for (const source of [...options.secret ?? [], ...options.token ?? [], ...options.key ?? []]) {
    checkSecret(source.path, exposed);
  }
  if (socket !== undefined && !socket.startsWith("/")) {
    throw new Error(`socket "${socket}" is no absolute path, such as /run/policy.sock`);
  }
  if (options.secret?.length === 0) {
    throw new Error(
      `option "secret" names no file, so that requests would not be signed; leave it out if so`,
    );
  }
  return {
    url: parseUrl(url, { socket, insecure, example: "https://policy.example/snet" }),
    socket,
    secrets: (options.secret ?? []).map(parseSecret),
    token: parseToken(single("token", options.token)),
    ca: (options.ca ?? []).map((source) => certificatesOf("ca", source)),
    certificate: parseCertificate(options),
    http,
  };
}

/** What of an event is shown, as the option says. Throws an Error that names the wrong word. */
export function parseShow(words: readonly string[]): readonly PartName[] {
  return words.map((word) => {
    if (Object.hasOwn(PARTS, word)) return word as PartName;
    throw new Error(
      `option "show" has "${word}", which events do not have${didYouMean(word, Object.keys(PARTS))}`,
    );
  });
}

function parseToken(source: SourceText | undefined): string | undefined {
  if (source === undefined) return undefined;
  const token = source.text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new Error(`${source.path} holds no token: one word of ASCII without spaces is expected`);
}

function parseCertificate(options: WebhookOptions): Endpoint["certificate"] {
  const certificate = single("certificate", options.certificate);
  const key = single("key", options.key);
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined) throw new Error(`option "key" without "certificate"; give both or none`);
  if (key === undefined) throw new Error(`option "certificate" without "key"; give both or none`);
  const pem = privateKeyOf(key);
  return { cert: certificatesOf("certificate", certificate), key: pem };
}
