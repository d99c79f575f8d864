/** The live view's state: the stream, what it brought, and what is looked for. */

import { computed, signal } from "@preact/signals";
import { Backlog } from "../../core/view/backlog.ts";
import { FilterError, parseFilter } from "../../core/view/filter.ts";
import { LiveStore } from "../../core/view/live_store.ts";
import type { Row, RowBatch } from "./rows.ts";
import { RowFeed } from "./row_feed.ts";
import { SharedStream } from "./shared_stream.ts";

/** Milliseconds between two looks at what came: often enough to be live, seldom enough to be read. */
const TICK = 500;

const store = new LiveStore();
const feed = new RowFeed();
let isDue = false;

/** Goes up when there is something new to be shown. */
export const version = signal(0);
export const paused = signal(false);
/** Decisions that came while it was paused. */
export const waiting = signal(0);
export const search = signal("");
/** The decision whose details are shown. */
export const chosen = signal<Row | undefined>(undefined);

const backlog = new Backlog();

/** What is wrong with the search line; undefined if nothing. */
export const searchError = computed(() => {
  try {
    parseFilter(search.value);
  } catch (error) {
    if (error instanceof FilterError) return error.message;
    throw error;
  }
});

export const stream = new SharedStream({
  name: "snet-rows",
  path: () => feed.last === 0 ? "/v1/rows" : `/v1/rows?since=${feed.last}`,
  place: () => feed.last,
  hear(data, id) {
    const batch = feed.take(data as RowBatch, Number(id));
    if (!paused.value) return take(batch);
    backlog.add(batch);
    waiting.value = backlog.length;
  },
  recap: (place) => feed.recap(place),
});

/** What is there, to be shown after each change of {@linkcode version}. */
export function live(): LiveStore {
  return store;
}

/** Looks for something else. */
export function look(text: string): void {
  search.value = text;
  if (searchError.value !== undefined) return;
  store.filter = parseFilter(text);
  version.value++;
}

export function pause(on: boolean): void {
  paused.value = on;
  if (on) return;
  take(backlog.take());
  waiting.value = 0;
}

export function clear(): void {
  store.clear();
  version.value++;
}

function take({ rows, missed }: RowBatch): void {
  if (rows.length === 0 && missed === 0) return;
  store.add(rows, missed);
  if (isDue) return;
  isDue = true;
  setTimeout(() => {
    isDue = false;
    version.value++;
  }, TICK);
}
