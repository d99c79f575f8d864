/** Dragging a rule to another place of its file: by mouse, pen or finger. */

import { signal } from "@preact/signals";

/** What is being dragged. */
export interface Drag {
  readonly path: string;
  /** Its place in its file's list. */
  readonly from: number;
  /** Where it would stand: before the rule of this place; undefined while the pointer is over another file. */
  readonly gap: number | undefined;
}

export const drag = signal<Drag | undefined>(undefined);

/** Pixels from the edge of what scrolls within which it does, and how many it does in a frame at most. */
const EDGE = 64;
const FASTEST = 16;

/** The gap that a height is at, among rules from the top down: how many have their middles above it. */
export function gapAt(
  y: number,
  rules: readonly { readonly top: number; readonly bottom: number }[],
): number {
  return rules.filter(({ top, bottom }) => (top + bottom) / 2 < y).length;
}

/** The place that a rule has in a gap: those behind it move up. */
export function placeIn(gap: number, from: number): number {
  return gap > from ? gap - 1 : gap;
}

/** Pixels to scroll in a frame: the nearer to an edge the more; 0 in between. */
export function scrollStep(y: number, top: number, bottom: number): number {
  const near = y < top + EDGE ? y - (top + EDGE) : Math.max(0, y - (bottom - EDGE));
  return Math.round(Math.max(-1, Math.min(1, near / EDGE)) * FASTEST);
}

/**
 * Follows the pointer that was pressed on a rule's handle. Calls `drop` with the place where it is let go of, unless that is its
 * own, another file's or none: Escape, and whatever else takes the pointer away, leave everything as it is.
 */
export function follow(
  { pointerId, currentTarget, clientY }: PointerEvent,
  path: string,
  from: number,
  drop: (to: number) => void,
): void {
  const handle = currentTarget as HTMLElement;
  const article = handle.closest("article")!;
  const view = handle.closest(".view")!;
  let y = clientY;
  let frame = 0;
  const look = () => {
    const isElsewhere = [...view.querySelectorAll("article")].some((other) => {
      const { top, bottom } = other.getBoundingClientRect();
      return other !== article && top <= y && y <= bottom;
    });
    const rules = [...article.querySelectorAll("ol > li")].map((rule) => rule.getBoundingClientRect());
    const gap = isElsewhere ? undefined : gapAt(y, rules);
    if (drag.value?.gap !== gap || drag.value === undefined) drag.value = { path, from, gap };
  };
  const scroll = () => {
    const { top, bottom } = view.getBoundingClientRect();
    const step = scrollStep(y, top, bottom);
    if (step !== 0) {
      view.scrollBy(0, step);
      look();
    }
    frame = requestAnimationFrame(scroll);
  };
  const end = (isDropped: boolean) => {
    cancelAnimationFrame(frame);
    control.abort();
    const { gap } = drag.value ?? {};
    drag.value = undefined;
    if (handle.hasPointerCapture(pointerId)) handle.releasePointerCapture(pointerId);
    if (isDropped && gap !== undefined && placeIn(gap, from) !== from) drop(placeIn(gap, from));
  };
  const control = new AbortController();
  const on = { signal: control.signal };
  handle.setPointerCapture(pointerId);
  handle.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointerId) return;
    y = event.clientY;
    look();
  }, on);
  handle.addEventListener("pointerup", (event) => event.pointerId === pointerId && end(true), on);
  handle.addEventListener("lostpointercapture", () => end(false), on);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    end(false);
  }, on);
  look();
  frame = requestAnimationFrame(scroll);
}
