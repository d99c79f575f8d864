/** A list of which only what is seen is in the page; every line is as high as the others. */

import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** Lines above and below what is seen, so that scrolling shows no gap. */
const MARGIN = 8;

export interface VirtualListProps<T> {
  readonly items: readonly T[];
  /** Pixels that a line is high. */
  readonly height: number;
  readonly label: string;
  /** A line, with a key. */
  readonly render: (item: T, index: number) => JSX.Element;
  /** True while the first line is not seen, so that what comes on top would move the lines that are. */
  readonly onScrolledAway?: (away: boolean) => void;
}

export function VirtualList<T>(props: VirtualListProps<T>) {
  const { items, height, label, render, onScrolledAway } = props;
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ top: 0, room: 800 });
  useLayoutEffect(() => {
    const element = box.current!;
    const look = () => setSeen({ top: element.scrollTop, room: element.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    look();
    return () => observer.disconnect();
  }, []);
  const first = Math.max(0, Math.floor(seen.top / height) - MARGIN);
  const last = Math.min(items.length, Math.ceil((seen.top + seen.room) / height) + MARGIN);
  const onScroll = () => {
    const { scrollTop, clientHeight } = box.current!;
    setSeen({ top: scrollTop, room: clientHeight });
    onScrolledAway?.(scrollTop > height);
  };
  // Around what is seen there is a margin, so that the line beside the one with the keys is always there.
  const onKeyDown = (event: JSX.TargetedKeyboardEvent<HTMLDivElement>) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const lines = [...event.currentTarget.querySelectorAll<HTMLElement>("button.line")];
    const at = lines.indexOf(document.activeElement as HTMLElement);
    if (at === -1 && event.key === "ArrowUp") return;
    event.preventDefault();
    lines[at + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
  };
  return (
    <div
      class="virtual"
      ref={box}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
      role="list"
      aria-label={label}
      tabIndex={0}
    >
      <div class="virtual-all" style={{ height: `${items.length * height}px` }}>
        <div class="virtual-seen" style={{ transform: `translateY(${first * height}px)` }}>
          {items.slice(first, last).map((item, index) => {
            const line = render(item, first + index);
            return <div key={line.key} role="listitem">{line}</div>;
          })}
        </div>
      </div>
    </div>
  );
}
