/** Where keys lead in the list. */

import type { Entry } from "./entries.ts";
import type { InboxKey } from "./keys.ts";

/** Questions, or lines, that a page key goes past. */
export const PAGE = 8;

/** Where a key leads from a place in the list. */
export function placeAfter(key: InboxKey, place: number, all: readonly Entry[]): number {
  const groupOf = (index: number) => {
    const { program, user } = all[index]?.question ?? {};
    return JSON.stringify([program, user]);
  };
  switch (key) {
    case "up":
      return place - 1;
    case "down":
      return place + 1;
    case "pageUp":
      return place - PAGE;
    case "pageDown":
      return place + PAGE;
    case "first":
      return 0;
    case "last":
      return all.length - 1;
    case "nextGroup": {
      const next = all.findIndex((_, index) => index > place && groupOf(index) !== groupOf(place));
      return next < 0 ? place : next;
    }
    case "previousGroup": {
      const before = all.findLastIndex((_, index) => index < place && groupOf(index) !== groupOf(place));
      if (before < 0) return 0;
      return all.findIndex((_, index) => groupOf(index) === groupOf(before));
    }
    default:
      return place;
  }
}
