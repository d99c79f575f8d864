/** Decisions over time, allowed and denied. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { HistoryJson } from "../../core/control/api.ts";
import { clock, count, shortCount } from "./words.ts";

/** Pixels; as style.css has it, so that nothing moves when the chart comes. */
const HEIGHT = 220;
const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const DAY_TIME = new Intl.DateTimeFormat(undefined, {
  ...{ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false },
});

/** Between two marks of a week, seconds: days are named, not hours. */
const DAYS = [1, 2, 4, 7].map((days) => days * 86_400);

const SLOT_TEXT = { hour: "10 seconds", day: "10 minutes", week: "10 minutes" } as const;

export function Chart({ history }: { readonly history: HistoryJson | undefined }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const pointed = useSignal<number | undefined>(undefined);
  const isDark = useSignal(matchMedia("(prefers-color-scheme: dark)").matches);
  const span = history?.span;
  useEffect(() => {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const look = () => isDark.value = query.matches;
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, []);
  useEffect(() => {
    if (span === undefined) return;
    const element = box.current!;
    const made = new uPlot(
      optionsOf(element, span, (index) => pointed.value = index),
      dataOf(history!),
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [span, isDark.value]);
  useEffect(() => {
    if (history !== undefined) plot.current?.setData(dataOf(history));
  }, [history]);
  return (
    <figure class="chart">
      <figcaption>
        <Legend history={history} at={pointed.value} />
      </figcaption>
      <div class="plot" ref={box} role="img" aria-label={history ? textOf(history) : "Decisions"} />
    </figure>
  );
}

function Legend(
  { history, at }: { readonly history: HistoryJson | undefined; readonly at: number | undefined },
) {
  if (history === undefined) return <span class="faint">…</span>;
  const { allowed, denied, start, step, span } = history;
  const isPointed = at !== undefined && at < allowed.length;
  const [yes, no] = isPointed ? [allowed[at]!, denied[at]!] : [sum(allowed), sum(denied)];
  const time = isPointed ? start + at * step : 0;
  const when = isPointed
    ? span === "hour" ? clock(time) : DAY_TIME.format(time)
    : `in all; each point: ${SLOT_TEXT[span]}`;
  return (
    <>
      <span class="key allow">{count(yes)} allowed</span>
      <span class="key deny">{count(no)} denied</span>
      <span class="faint">{when}</span>
    </>
  );
}

function textOf({ span, allowed, denied }: HistoryJson): string {
  return `Decisions of the last ${span}: ${count(sum(allowed))} allowed, ${count(sum(denied))} denied`;
}

export function sum(counts: readonly number[]): number {
  return counts.reduce((sum, each) => sum + each, 0);
}

function dataOf({ since, start, step, allowed, denied }: HistoryJson): uPlot.AlignedData {
  // Before anybody counted there is no line, not one at zero.
  const counted = (counts: readonly number[]) =>
    counts.map((each, index) => start + (index + 1) * step > since ? each : null);
  return [allowed.map((_, index) => (start + index * step) / 1000), counted(allowed), counted(denied)];
}

function optionsOf(
  element: HTMLElement,
  span: HistoryJson["span"],
  onPoint: (index: number | undefined) => void,
): uPlot.Options {
  const color = (name: string) => colorOf(element, name);
  const time = span === "week" ? DAY : TIME;
  const axis = {
    stroke: color("--faint"),
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
    font: `12px ${getComputedStyle(element).fontFamily}`,
  };
  const line = (name: string) => {
    const stroke = color(name);
    return {
      stroke,
      fill: stroke.replace(/^rgb\((.*)\)$/, "rgba($1, 0.16)"),
      width: 1.5,
      points: { show: false },
    };
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { y: { range: (_, __, most) => [0, Math.max(4, most * 1.1)] } },
    axes: [
      {
        ...axis,
        ...(span === "week" && { incrs: DAYS }),
        space: 64,
        size: 32,
        values: (_, times) => times.map((each) => time.format(each * 1000)),
      },
      {
        ...axis,
        size: 48,
        // There are no half decisions.
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6, 1e7, 1e8],
        values: (_, values) => values.map(shortCount),
      },
    ],
    series: [{}, line("--allow"), line("--deny")],
    hooks: { setCursor: [({ cursor: { idx } }) => onPoint(idx ?? undefined)] },
  };
}

/** A colour of style.css as the canvas takes it. */
function colorOf(element: HTMLElement, name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
