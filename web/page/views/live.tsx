/** What happens, as it happens: by program and what it reached, or line by line. */

import { signal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import {
  chosen,
  clear,
  live,
  look,
  pause,
  paused,
  search,
  searchError,
  stream,
  version,
  waiting,
} from "../live.ts";
import { Badge, Button, Nothing, Switch, View } from "../parts.tsx";
import { arrange } from "../../../core/view/arrange.ts";
import { placeAndBeside } from "../../../core/view/destination.ts";
import type { ProgramTally, Tally } from "../../../core/view/live_store.ts";
import { baseName, type Row } from "../rows.ts";
import { Sparkline } from "../sparkline.tsx";
import { VirtualList } from "../virtual_list.tsx";
import { ago, clock, count } from "../words.ts";

/** Pixels; as style.css has it for a pointer, for a finger, and for decisions where there is no room beside each other. */
const LINE = matchMedia("(pointer: coarse)").matches ? 44 : 36;
const TWO_LINES = 56;

const narrow = matchMedia("(max-width: 760px)");
const isNarrow = signal(narrow.matches);
narrow.addEventListener("change", ({ matches }) => isNarrow.value = matches);

const SHAPES = ["Programs", "Lines"] as const;
const shape = signal<typeof SHAPES[number]>("Programs");
const open = signal<ReadonlySet<string>>(new Set());

export function LiveView() {
  return (
    <View
      title="Live"
      state={<StreamBadge />}
      tools={
        <>
          <Switch
            label="How decisions are shown"
            of={SHAPES}
            value={shape.value}
            choose={(each) => shape.value = each}
          />
          <Button class="quiet" onClick={clear}>Clear</Button>
          <Button
            class={paused.value ? "strong" : ""}
            aria-pressed={paused.value}
            onClick={() => pause(!paused.value)}
          >
            {paused.value ? (waiting.value > 0 ? `Resume (${count(waiting.value)})` : "Resume") : "Pause"}
          </Button>
        </>
      }
    >
      <Search />
      <Shown />
    </View>
  );
}

function StreamBadge() {
  const state = stream.state.value;
  const { missed } = live();
  void version.value;
  return (
    <>
      <Badge kind={state} role="status">
        {state === "live" ? "live" : state === "away" ? "disconnected" : "connecting…"}
      </Badge>
      {missed > 0 && (
        <Badge kind="warn" title="More was decided than this page was sent">
          {count(missed)} not shown
        </Badge>
      )}
    </>
  );
}

function Search() {
  const error = searchError.value;
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      input.current!.focus();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
  return (
    <div class="search">
      <input
        ref={input}
        type="search"
        aria-keyshortcuts="/"
        value={search.value}
        onInput={({ currentTarget }) => look(currentTarget.value)}
        placeholder="Search, or program:curl host:example.org verdict:deny"
        aria-label="Search decisions"
        aria-invalid={error !== undefined}
        aria-describedby="search-error"
        spellcheck={false}
        autocomplete="off"
      />
      <span id="search-error" class="error" role="alert">{error}</span>
    </div>
  );
}

/** What there is. Whoever read further down in what is gone does not any more: with its lines goes what held them. */
function Shown() {
  void version.value;
  const { programs, rows } = live();
  const isByProgram = shape.value === "Programs";
  if ((isByProgram ? programs.size : rows.end) === 0) return <NothingFits />;
  return isByProgram ? <Programs /> : <Lines />;
}

type Entry =
  | { readonly kind: "program"; readonly tally: ProgramTally }
  | { readonly kind: "target"; readonly program: string; readonly tally: Tally };

/** Whether somebody is about to choose a line, by a pointer or by keys; and what tells of it. */
function useHold() {
  const hasPointer = useSignal(false);
  const hasKeys = useSignal(false);
  const events = {
    onPointerEnter: () => void (hasPointer.value = true),
    onPointerLeave: () => void (hasPointer.value = false),
    onFocusIn: ({ target }: FocusEvent) =>
      void (hasKeys.value = (target as Element).matches(":focus-visible")),
    onFocusOut: () => void (hasKeys.value = false),
  };
  return [hasPointer.value || hasKeys.value, events] as const;
}

function Programs() {
  const [isHeld, events] = useHold();
  /** Of programs, under "", and of the targets of each that is open. */
  const orders = useRef(new Map<string, readonly string[]>());
  const sortedFor = useRef("");
  const { programs } = live();
  const entries = useMemo(() => {
    // The busiest first, as they are when somebody begins to look, looks for something, or has done so: nothing moves between.
    const occasion = `${isHeld} ${search.value}`;
    const isFixed = isHeld || occasion === sortedFor.current;
    sortedFor.current = occasion;
    const arranged = (name: string, tallies: ReadonlyMap<string, Tally>) => {
      const former = orders.current.get(name) ?? [];
      const order = arrange(former, tallies, isFixed && former.length > 0);
      orders.current.set(name, order);
      return order.map((each) => tallies.get(each)!);
    };
    return arranged("", programs).flatMap((program): Entry[] => {
      const { name, targets } = program as ProgramTally;
      if (!open.value.has(name)) orders.current.delete(name);
      const shown = open.value.has(name) ? arranged(name, targets) : [];
      return [
        { kind: "program", tally: program as ProgramTally },
        ...shown.map((tally) => ({ kind: "target" as const, program: name, tally })),
      ];
    });
  }, [version.value, open.value, isHeld]);
  const now = Date.now();
  return (
    <div class="panel" {...events}>
      <div class="line head" aria-hidden="true">
        <span>Program</span>
        <span class="wide">Last minute</span>
        <span class="number">Allowed</span>
        <span class="number">Denied</span>
        <span class="wide">Last</span>
      </div>
      <VirtualList
        items={entries}
        height={LINE}
        label="Programs"
        render={(entry) =>
          entry.kind === "program"
            ? <ProgramLine key={entry.tally.name} tally={entry.tally} now={now} />
            : <TargetLine key={`${entry.program}\n${entry.tally.name}`} tally={entry.tally} now={now} />}
      />
    </div>
  );
}

function toggle(name: string): void {
  const next = new Set(open.value);
  if (!next.delete(name)) next.add(name);
  open.value = next;
}

function ProgramLine({ tally, now }: { readonly tally: ProgramTally; readonly now: number }) {
  const isOpen = open.value.has(tally.name);
  return (
    <button
      type="button"
      class="line program"
      aria-expanded={isOpen}
      onClick={() => toggle(tally.name)}
    >
      <span class="name" title={tally.name}>
        <span class={`twist ${isOpen ? "open" : ""}`} aria-hidden="true" />
        <b>{baseName(tally.name)}</b>
        <small>{tally.name}</small>
      </span>
      <span class="wide">
        <Sparkline counts={tally.spark.until(now)} />
      </span>
      <Counts tally={tally} />
      <Last row={tally.last} now={now} />
    </button>
  );
}

function TargetLine({ tally, now }: { readonly tally: Tally; readonly now: number }) {
  const [place, beside] = placeAndBeside(tally.last);
  return (
    <button type="button" class="line target" onClick={() => chosen.value = tally.last}>
      <span class="name" title={whereText(tally.last)}>
        {place || "(no address)"} <small>{beside}</small>
      </span>
      <span class="wide faint">{tally.last.call}</span>
      <Counts tally={tally} />
      <Last row={tally.last} now={now} />
    </button>
  );
}

/** A name is what a resolver told last, and no more. */
function whereText({ target, host }: Row): string {
  return host === undefined ? target : `${target}, known as ${host}`;
}

function Counts({ tally: { allowed, denied } }: { readonly tally: Tally }) {
  return (
    <>
      <span class="number">{count(allowed)}</span>
      <span class={`number ${denied > 0 ? "deny" : "faint"}`}>{count(denied)}</span>
    </>
  );
}

function Last({ row, now }: { readonly row: Row; readonly now: number }) {
  return (
    <span class="wide last">
      <Verdict row={row} /> <span class="faint">{ago(row.time, now)}</span>
    </span>
  );
}

export function Verdict({ row: { verdict, errno, cause } }: { readonly row: Row }) {
  const text = verdict === "deny" && errno !== undefined ? `deny ${errno}` : verdict;
  return <span class={`verdict ${verdict} ${cause === "verdict" ? "" : "unsure"}`}>{text}</span>;
}

function Lines() {
  const [isHeld, events] = useHold();
  const isAway = useSignal(false);
  const held = useRef<{ readonly of: unknown; readonly end: number; readonly rows: readonly Row[] }>();
  void version.value;
  const { rows: all } = live();
  // They keep their places while somebody chooses one, or reads further down.
  if (!(isHeld || isAway.value) || held.current?.of !== all) {
    held.current = { of: all, end: all.end, rows: live().newest() };
  }
  const { rows, end } = held.current;
  return (
    <div class="panel" {...events}>
      <div class="line row head" aria-hidden="true">
        <span>Time</span>
        <span>Program</span>
        <span>Wants</span>
        <span>Verdict</span>
        <span class="wide">By</span>
      </div>
      {all.end > end && <p class="newer" aria-hidden="true">{count(all.end - end)} newer</p>}
      <VirtualList
        items={rows}
        height={isNarrow.value ? TWO_LINES : LINE}
        label="Decisions, the newest first"
        // By its place: what comes on top changes what stands in the lines, and moves none.
        render={(row, index) => <RowLine key={index} row={row} />}
        onScrolledAway={(away) => isAway.value = away}
      />
    </div>
  );
}

function RowLine({ row }: { readonly row: Row }) {
  const [place, beside] = placeAndBeside(row);
  return (
    <button type="button" class="line row" onClick={() => chosen.value = row}>
      <span class="when faint">{clock(row.time)}</span>
      <span class="who name" title={row.program}>
        <b>{baseName(row.program)}</b> <small>{row.pid} {row.user}</small>
      </span>
      <span class="what name" title={whereText(row)}>
        {row.call} {place} <small>{beside}</small>
      </span>
      <Verdict row={row} />
      <span class="wide name faint" title={row.why}>{row.by || "default"}</span>
    </button>
  );
}

function NothingFits() {
  return search.value.trim() === ""
    ? (
      <Nothing
        text="Nothing yet."
        hint="Every connection that a program makes appears here, the moment it is decided."
      />
    )
    : <Nothing text={`Nothing of the last ${count(live().size)} decisions fits.`} />;
}
