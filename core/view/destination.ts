/** Where a call goes, as it is counted and searched for. */

import type { RowJson as Row } from "../control/api.ts";

/**
 * `tcp example.org:443` where the address has a name, else the target as it is, `tcp 192.0.2.1:443`. By this the targets of a
 * program are counted: all addresses of a name are one, and what was decided before a name came keeps standing by its address.
 */
export function destinationOf({ target, host }: Pick<Row, "target" | "host">): string {
  return host === undefined ? target : target.replace(/ \S*?(:\d+)?$/, (_, port = "") => ` ${host}${port}`);
}

/** A destination with what matters first: `example.org:443`, and beside it `tcp 192.0.2.1`. */
export function placeAndBeside(row: Pick<Row, "target" | "host">): readonly [place: string, beside: string] {
  const destination = destinationOf(row);
  // Families of their own say what they are about in words of their own.
  const [, protocol, place] = /^(\S+) (\S*[:@/]\S*)$/.exec(destination) ?? [];
  if (protocol === undefined || place === undefined) return [destination, ""];
  return [place, `${protocol} ${addressBeside(row) ?? ""}`.trimEnd()];
}

/** The address that stands beside a name: `192.0.2.1`; undefined where there is no name. */
export function addressBeside({ target, host }: Pick<Row, "target" | "host">): string | undefined {
  return host === undefined ? undefined : / \[?(\S*?)\]?(?::\d+)?$/.exec(target)?.[1];
}
