/** Addresses to listen on, as configurations have them: `192.0.2.7:8765`, `[2001:db8::7]:8765`, `unix:/run/x.sock`. */

import { isIP } from "node:net";

/** An address and a port. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Where somebody is listened for. */
export type Listen = ListenAddress | { readonly path: string };

/** An address as it is written, a port alone with the host of `fallback`; undefined for what is none. */
export function parseListen(text: string, fallback: ListenAddress): Listen | undefined {
  if (text.startsWith("unix:/")) return { path: text.slice("unix:".length) };
  const [, bracketed, plain, port = ""] = /^(?:(?:\[(.+)\]|([^:]+)):)?(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? fallback.host;
  const isAddress = host === "localhost" || (bracketed === undefined ? isIP(host) === 4 : isIP(host) === 6);
  return port !== "" && isAddress && Number(port) < 65536 ? { host, port: Number(port) } : undefined;
}

/** True for addresses that never leave the machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}

/** An address, for people; `port` in place of its own. */
export function listenText(listen: Listen, port?: number): string {
  if ("path" in listen) return `unix:${listen.path}`;
  return `${isIP(listen.host) === 6 ? `[${listen.host}]` : listen.host}:${port ?? listen.port}`;
}
