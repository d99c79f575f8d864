/** Where a server is, as options say it. */

import type { SourceText } from "../../core/mod.ts";

/** A URL that can be meant, as it is to be used. Throws an Error of one line; `example` is one that is right. */
export function parseUrl(
  text: string,
  { socket, insecure, example }: {
    readonly socket: string | undefined;
    readonly insecure: boolean;
    readonly example: string;
  },
): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw new Error(`url "${shown(text)}" is no address of a server; such as ${example}`);
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

/** The one file of an option. Throws an Error of one line where there is not one. */
export function single(option: string, sources: readonly SourceText[] | undefined): SourceText | undefined {
  if (sources === undefined || sources.length === 1) return sources?.[0];
  throw new Error(`option "${option}" names ${sources.length} files; one is expected`);
}
