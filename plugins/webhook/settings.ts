/** What the options say, checked: where to post, as whom, and within which bounds. */

import { X509Certificate } from "node:crypto";
import { didYouMean, type SourceText } from "../../core/mod.ts";
import { type PartName, PARTS } from "./parts.ts";
import { parseSecret } from "./sign.ts";

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

/** Who can read a file (stat(2)); `exposed` if everybody. */
export type IsExposed = (path: string) => boolean;

/** Permission to read for all. */
const READABLE_BY_ALL = 0o004;

const isExposed: IsExposed = (path) => ((Deno.statSync(path).mode ?? 0) & READABLE_BY_ALL) !== 0;

/** Where the options say that requests go. Throws an Error of one line where that cannot be. */
export function parseEndpoint(options: WebhookOptions, exposed: IsExposed = isExposed): Endpoint {
  const { url, socket, insecure, http } = options;
  for (const source of [...options.secret ?? [], ...options.token ?? [], ...options.key ?? []]) {
    if (exposed(source.path)) throw new Error(`everybody may read ${source.path}; chmod o-r takes that back`);
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
    url: parseUrl(url, { socket, insecure }),
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

function parseUrl(
  text: string,
  { socket, insecure }: { readonly socket: string | undefined; readonly insecure: boolean },
): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw new Error(`url "${shown(text)}" is no address of a server; such as https://policy.example/snet`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new Error(`url has a user or password in it, which logs would show; use the option "token"`);
  }
  if (url.hash !== "") {
    throw new Error(`url "${shown(text)}" has a part after #, which no server sees; leave it out`);
  }
  if (url.protocol === "http:" && socket === undefined && !insecure && !isLoopback(url.hostname)) {
    throw new Error(
      `url "${
        shown(text)
      }" is neither https nor on this machine: whoever is on the way could answer; use https, or say "insecure: true"`,
    );
  }
  return url.href;
}

/** A URL in a message: without user, password and query, which may hold what is secret. */
function shown(text: string): string {
  return text.replace(/^([a-z+.-]*:?\/\/)?[^/]*@/i, "$1…@").replace(/\?[^#]*/s, "?…");
}

/** True for names and addresses that never leave the machine. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
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
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key.text)) {
    throw new Error(`${key.path} holds no private key in PEM ("-----BEGIN PRIVATE KEY-----")`);
  }
  return { cert: certificatesOf("certificate", certificate), key: key.text };
}

/** The certificates of a PEM file, each of which is one: the client itself would pass over what it cannot read. */
function certificatesOf(option: string, { path, text }: SourceText): string {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) {
    throw new Error(
      `${path} (option "${option}") holds no certificate in PEM ("-----BEGIN CERTIFICATE-----")`,
    );
  }
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block);
    } catch {
      throw new Error(
        `${path} (option "${option}"): certificate ${index + 1} of ${blocks.length} is damaged`,
      );
    }
  }
  return blocks.join("\n");
}

function single(option: string, sources: readonly SourceText[] | undefined): SourceText | undefined {
  if (sources === undefined || sources.length === 1) return sources?.[0];
  throw new Error(`option "${option}" names ${sources.length} files; one is expected`);
}
