/** What a plugin wants beside what it is granted. */

import type { Wants } from "../plugin.ts";
import type { Grants } from "../sandbox/mod.ts";
import { GRANT_KINDS } from "./entries.ts";

/** One thing that is wanted, or granted. */
export interface Item {
  readonly kind: keyof Grants;
  readonly what: string;
}

/** What is wanted and not granted. */
export function missingGrants(wants: Wants, grants: Grants): readonly Item[] {
  return itemsOf(wants).filter(({ kind, what }) => {
    // Who may write may read.
    const given = kind === "read" ? [...grants.read, ...grants.write] : grants[kind];
    return !given.some((grant) => covers(kind, grant, what));
  });
}

/** What is granted and covers nothing that is wanted. */
export function needlessGrants(wants: Wants, grants: Grants): readonly Item[] {
  const wanted = itemsOf(wants);
  return itemsOf(grants).filter(({ kind, what }) =>
    !wanted.some((want) =>
      (want.kind === kind || (kind === "write" && want.kind === "read")) && covers(kind, what, want.what)
    )
  );
}

function itemsOf(lists: Wants): readonly Item[] {
  return GRANT_KINDS.flatMap((kind) => (lists[kind] ?? []).map((what) => ({ kind, what })));
}

/** A folder covers what is below it. */
function covers(kind: keyof Grants, grant: string, want: string): boolean {
  if (grant === want) return true;
  const isPath = kind === "read" || kind === "write";
  return isPath && want.startsWith(grant.endsWith("/") ? grant : `${grant}/`);
}
