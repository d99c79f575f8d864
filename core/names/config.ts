/**
 * The key `names` of snet.yaml: who is trusted to tell the names behind addresses.
 *
 * ```yaml
 * names:
 *   keep: 30m
 *   resolved: true            # or { socket: …, user: … }
 *   dnstap: { user: unbound } # or several
 * ```
 */

import { describe, type YamlFile, type YamlNode } from "../yaml.ts";

/** Where names come from. */
export interface NamesConfig {
  /** Milliseconds for which a name is kept even if it is true for less: programs keep addresses for longer, too. */
  readonly keep: number;
  readonly resolved: SocketConfig | undefined;
  readonly dnstap: readonly SocketConfig[];
}

/** A unix socket and who else than root may be at its other end. */
export interface SocketConfig {
  readonly socket: string;
  /** Name or number; if undefined root alone, and for resolved `systemd-resolve` where there is such a user. */
  readonly user: string | undefined;
  /** `file:line:column` of the entry. */
  readonly where: string;
}

/** What the key is read with: the file, and how it makes paths absolute. */
export interface NamesReading {
  readonly file: YamlFile;
  readonly path: (text: string) => string;
}

const MONITOR_SOCKET = "/run/systemd/resolve/io.systemd.Resolve.Monitor";
const DNSTAP_SOCKET = "/run/snet/dnstap.sock";
const DEFAULT_KEEP = 30 * 60_000;
/** No resolver lets an answer be older (RFC 8767 advises a week at most). */
const MOST_KEEP = 7 * 24 * 60 * 60_000;

/** Reads the key; what is wrong becomes a problem of the file. Undefined where there is no such key. */
export function readNames(node: YamlNode | undefined, reading: NamesReading): NamesConfig | undefined {
  if (node === undefined) return undefined;
  const { file } = reading;
  const fields = file.fields(node, ["keep", "resolved", "dnstap"], "in names");
  const keep = file.duration(fields.get("keep"), { min: 1000, max: MOST_KEEP }) ?? DEFAULT_KEEP;
  const resolved = readResolved(fields.get("resolved"), reading);
  const dnstap = file.items(fields.get("dnstap")).flatMap((item) =>
    readSocket(item, DNSTAP_SOCKET, reading) ?? []
  );
  if (isOff(fields.get("resolved")) && file.items(fields.get("dnstap")).length === 0) {
    file.problem(
      node,
      `no resolver, so that no name would be told; write "resolved: true" or "dnstap: { user: … }"`,
    );
  }
  dnstap.forEach(({ socket, where }, index) => {
    if (dnstap.findIndex((other) => other.socket === socket) === index) return;
    file.problem(node, `two resolvers for the socket ${socket} (${where}); give each one of its own`);
  });
  return { keep, resolved, dnstap };
}

function isOff(node: YamlNode | undefined): boolean {
  return node === undefined || (node.kind === "scalar" && node.value === false);
}

function readResolved(node: YamlNode | undefined, reading: NamesReading): SocketConfig | undefined {
  const { file } = reading;
  if (node?.kind !== "scalar") {
    return node && readSocket(node, MONITOR_SOCKET, reading);
  }
  if (file.boolean(node) !== true) return undefined;
  return { socket: MONITOR_SOCKET, user: undefined, where: file.place(node) };
}

function readSocket(node: YamlNode, socket: string, { file, path }: NamesReading): SocketConfig | undefined {
  if (node.kind !== "map") {
    file.problem(node, `expected a mapping such as { user: unbound }, not ${describe(node)}`);
    return undefined;
  }
  const fields = file.fields(node, ["socket", "user"], "of a source of names");
  const given = file.string(fields.get("socket"));
  return {
    socket: path(given ?? socket),
    user: file.string(fields.get("user")),
    where: file.place(fields.get("user") ?? node),
  };
}
