/**
 * The key `web` of snet.yaml: where the page is served.
 *
 * ```yaml
 * web:
 *   listen: 192.0.2.7:8474            # 127.0.0.1:874 if absent
 *   socket: /run/snet/web.sock        # also, or without `listen` only, on a unix socket
 *   names: [router.lan]               # by which browsers may call it, besides its address
 *   tls: { certificate: web.pem, key: web.key }
 * ```
 */

import { isLoopback, type ListenAddress, listenText, parseListen } from "../listen.ts";
import { certificatesOf, privateKeyOf } from "../pem.ts";
import type { SourceText } from "../plugin.ts";
import { checkSecret } from "../signature.ts";
import type { YamlFile, YamlNode } from "../yaml.ts";

/** Where the page is served. */
export interface WebConfig {
  readonly listen: ListenAddress | undefined;
  /** Path of a unix socket. */
  readonly socket: string | undefined;
  /** Names, without a port, by which browsers may call it besides its address. */
  readonly names: readonly string[];
  /** Texts in PEM, for `listen`. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
}

/** What the key is read with: the file, how it makes paths absolute, and the files that a key names. */
export interface WebReading {
  readonly file: YamlFile;
  readonly path: (text: string) => string;
  readonly files: (node: YamlNode | undefined) => readonly SourceText[];
}

/**
 * Where the page is served unless it is told otherwise: a port that only root can take, as a program that stood there while
 * the daemon is away would leave in browsers what is there when it is back. No service of IANA's list has it.
 */
export const DEFAULT_LISTEN: ListenAddress = { host: "127.0.0.1", port: 874 };

/** A name of a host (RFC 1123, 2.1), as browsers send it. */
const NAME = /^(?!\d+(?:\.\d+)*$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** Reads the key; what is wrong becomes a problem of the file. Undefined where there is no such key. */
export function readWeb(node: YamlNode | undefined, reading: WebReading): WebConfig | undefined {
  if (node === undefined) return undefined;
  const { file } = reading;
  const fields = file.fields(node, ["listen", "socket", "names", "tls"], "in web");
  const socket = file.string(fields.get("socket"));
  const listen = readListen(fields.get("listen"), file) ??
    (socket === undefined ? DEFAULT_LISTEN : undefined);
  const tls = readTls(fields.get("tls"), reading);
  if (!fields.has("tls") && listen !== undefined && !isLoopback(listen.host)) {
    file.problem(
      fields.get("listen") ?? node,
      `without TLS, whoever is on the way to ${listenText(listen)} could read and answer all; write ` +
        `"tls: { certificate: …, key: … }", or listen on 127.0.0.1 and come through ssh -L`,
    );
  }
  const names = file.items(fields.get("names")).flatMap((item) => {
    const name = file.string(item)?.toLowerCase();
    if (name === undefined) return [];
    if (NAME.test(name) && name.length <= 253) return [name];
    file.problem(item, `"${name}" is no name of a host, such as router.lan; a port is not part of it`);
    return [];
  });
  return {
    ...{ listen, names, tls },
    socket: socket === undefined ? undefined : reading.path(socket),
  };
}

function readListen(node: YamlNode | undefined, file: YamlFile): ListenAddress | undefined {
  const text = file.string(node);
  if (text === undefined) return undefined;
  const listen = parseListen(text, DEFAULT_LISTEN);
  if (listen !== undefined && "host" in listen) return listen;
  const right = text.startsWith("unix:")
    ? `write "socket: ${text.slice("unix:".length)}"`
    : "such as 127.0.0.1:874, 192.0.2.7:8474 or [2001:db8::7]:8474";
  file.problem(node!, `"${text}" is no address to listen on; ${right}`);
  return undefined;
}

function readTls(node: YamlNode | undefined, reading: WebReading): WebConfig["tls"] {
  if (node === undefined) return undefined;
  const { file } = reading;
  const fields = file.fields(node, ["certificate", "key"], "in tls");
  for (const name of ["certificate", "key"]) {
    if (!fields.has(name)) file.problem(node, `missing key "${name}" in tls: a file in PEM`);
  }
  const cert = readPem(fields.get("certificate"), reading, (source) => certificatesOf("certificate", source));
  const key = readPem(fields.get("key"), reading, (source) => {
    checkSecret(source.path);
    return privateKeyOf(source);
  });
  return cert === undefined || key === undefined ? undefined : { cert, key };
}

/** What is made of the one file that a key names. */
function readPem(
  node: YamlNode | undefined,
  { file, files }: WebReading,
  make: (source: SourceText) => string,
): string | undefined {
  const [source, ...others] = files(node);
  if (source === undefined) return undefined;
  if (others.length > 0) file.problem(node!, `${others.length + 1} files; one is expected`);
  try {
    return make(source);
  } catch (error) {
    file.problem(node!, (error as Error).message);
  }
}
