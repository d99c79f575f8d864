/** Words for what an event is about, as the table and the classic line show them. Every text is printable. */

import { familyName, protocolName, typeName } from "../net/words.ts";
import { printable } from "./text.ts";

/** The parts of an address that are shown; the daemon's JSON and an event both have them. */
export interface ShownAddress {
  readonly family: number;
  readonly ip?: string | undefined;
  readonly port?: number | undefined;
  readonly path?: string | undefined;
  readonly abstract?: string | undefined;
  readonly portId?: number | undefined;
  readonly ifindex?: number | undefined;
  readonly cid?: number | undefined;
  readonly vsockPort?: number | undefined;
}

/** The parts of an event that are shown. */
export interface ShownEvent {
  readonly id: bigint | string;
  readonly name: string;
  readonly task: {
    readonly pid: number;
    readonly uid: number;
    readonly comm: string;
    readonly exe?: string | undefined;
  };
  readonly socket: { readonly family: number; readonly type: number; readonly protocol: number };
  readonly local?: ShownAddress | undefined;
  readonly remote?: ShownAddress | undefined;
}

/** Arguments as one would type them, so that one with spaces cannot pass for several. */
export function commandText(words: readonly string[]): string {
  return words.map((word) => {
    const shown = printable(word);
    return /^[\w@%+=:,./\\~-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
  }).join(" ");
}

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const AF_PACKET = 17;
const AF_VSOCK = 40;

/**
 * A word that a program chose: spaces are escaped too, so that a program called `curl[1] root` cannot pass for
 * another one of another user.
 */
export function printableWord(text: string): string {
  return printable(text).replace(/\s/gu, (space) => {
    const code = space.codePointAt(0)!;
    return code < 0x100 ? `\\x${code.toString(16)}` : `\\u{${code.toString(16)}}`;
  });
}

/** `127.0.0.1:80`, `[::1]:80`, `/run/x.sock`, `@abstract`, `netlink:PORT`, `if:INDEX`, `CID:PORT`. */
export function addressText(address: ShownAddress): string {
  switch (address.family) {
    case AF_INET:
      return `${address.ip ?? "*"}:${address.port ?? "*"}`;
    case AF_INET6:
      return `[${address.ip ?? "*"}]:${address.port ?? "*"}`;
    case AF_UNIX:
      if (address.path !== undefined) return printableWord(address.path);
      return address.abstract !== undefined ? `@${printableWord(address.abstract)}` : "(unnamed)";
    case AF_NETLINK:
      return `netlink:${address.portId ?? 0}`;
    case AF_PACKET:
      return `if:${address.ifindex ?? 0}`;
    case AF_VSOCK:
      return `${address.cid ?? "?"}:${address.vsockPort ?? 0}`;
    default:
      return `(${familyName(address.family)})`;
  }
}

/** `tcp` for internet sockets whose protocol is set, else the family or the type. */
export function protocolText({ family, type, protocol }: ShownEvent["socket"]): string {
  if (family !== AF_INET && family !== AF_INET6) return familyName(family);
  return protocol === 0 ? typeName(type) : protocolName(protocol);
}

/** The event's name without its subsystem: `connect`. */
export function callName(event: ShownEvent): string {
  return event.name.slice(event.name.indexOf(".") + 1);
}
