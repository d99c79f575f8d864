/** One decision in all its parts, beside the view. */

import { useEffect, useRef } from "preact/hooks";
import type { DecisionJson, PlaceJson, ProcessJson, TicketJson } from "../../core/control/api.ts";
import { placeAndBeside } from "../../core/view/destination.ts";
import { chosen } from "./live.ts";
import { Button, Facts, Failure, Grow } from "./parts.tsx";
import { usePolled } from "./poll.ts";
import { baseName, type Row } from "./rows.ts";
import { Verdict } from "./views/live.tsx";
import { MakeRule } from "./views/make_rule.tsx";
import { duration, left, many, moment, span } from "./words.ts";

/** Milliseconds between two looks at what is so now: whether the program runs, and which ticket there is. */
const OFTEN = 5_000;

export function Drawer() {
  const row = chosen.value;
  return row === undefined ? null : <Details key={row.number} row={row} />;
}

function Details({ row }: { readonly row: Row }) {
  const { value: { value: decision }, failure } = usePolled<DecisionJson>(`/v1/rows/${row.number}`, OFTEN);
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const former = document.activeElement as HTMLElement | null;
    panel.current?.focus();
    return () => former?.focus();
  }, []);
  const close = () => chosen.value = undefined;
  const { event, process, rule, remember, names } = decision ?? {};
  const task = event?.task;
  const [place, beside] = placeAndBeside(row);
  return (
    <div
      class="drawer"
      ref={panel}
      tabIndex={-1}
      role="dialog"
      aria-label="Details of a decision"
      onKeyDown={(event) => event.key === "Escape" && close()}
    >
      <header>
        <h2>{baseName(row.program)}</h2>
        <Verdict row={row} />
        <Grow />
        <Button class="quiet" onClick={close} aria-label="Close the details">✕</Button>
      </header>
      <h3>What</h3>
      <Facts
        of={[
          ["call", `${row.call} ${place}`],
          [row.host === undefined ? "protocol" : "address", beside],
          ["known as", row.host && (names ?? [row.host]).join(", ")],
          ["when", moment(row.time)],
        ]}
      />
      <h3>Why</h3>
      <Facts
        of={[
          ["by", row.by || "default"],
          ["reason", row.why],
          ["rule", rule?.where],
          ["remembered", remember === undefined ? undefined : `for ${span(remember)}`],
          ["ticket now", ticketText(decision?.ticket)],
          ["held for", duration(row.held)],
        ]}
      />
      <h3>Who</h3>
      <Facts
        of={[
          ["machine", row.client],
          ["program", row.program],
          ["script", process?.script, OWN_WORD],
          [
            "command",
            process?.command ?? (process?.isWithheld ? "for root and that user to see" : undefined),
            process?.command && OWN_WORD,
          ],
          ["process", [row.pid, STATES[process?.state ?? "runs"], process?.program].join(" ").trimEnd()],
          ["thread", task?.comm],
          ["run by", parentsText(process?.parents ?? task?.parents)],
          ["user", row.user],
          ["logged in as", process?.loginUser],
          ["unit", unitText(process?.place)],
          ["container", containerText(process?.place)],
          ["control group", process?.place?.path ?? task?.cgroup],
        ]}
      />
      {process?.state === "ended" && process.seen === undefined && (
        <p class="hint">The program had ended before anybody could look at it: no more is known.</p>
      )}
      {decision?.asked && <MakeRule row={row.number} />}
      <Failure of={failure.value} />
    </div>
  );
}

/** A program writes its arguments itself. */
const OWN_WORD = "by its own word";

const STATES: Readonly<Record<ProcessJson["state"], string>> = {
  runs: "",
  changed: "by now runs",
  ended: "has ended",
  elsewhere: "",
};

/** Whether the kernel would answer such a call by itself now. */
function ticketText(ticket: TicketJson | "none" | undefined): string | undefined {
  if (ticket === undefined) return undefined;
  if (ticket === "none") return "none: such a call would be asked about";
  const { action, timeLeft, hits } = ticket;
  return `${action} for ${left(timeLeft)} more, ${many(hits, "call")} so far`;
}

function parentsText(parents: ProcessJson["parents"]): string | undefined {
  return parents?.map(({ exe, pid }) => `${exe ?? "?"} ${pid}`).join(" ← ");
}

function unitText({ unit, userUnit, slice, container }: Partial<PlaceJson> = {}): string | undefined {
  if (unit === undefined) return undefined;
  // One that is made for a container says no more than that.
  if (container !== undefined && unit.includes(container.id)) return undefined;
  const whole = shortened(userUnit === undefined ? unit : `${userUnit} of ${unit}`);
  return slice === undefined || slice === "system.slice" ? whole : `${whole}, ${slice}`;
}

function containerText({ container }: Partial<PlaceJson> = {}): string | undefined {
  if (container === undefined) return undefined;
  const { runtime, id, pod, isClaimed } = container;
  return `${runtime} ${shortened(id)}${pod === undefined ? "" : `, pod ${pod}`}${
    isClaimed ? " (as its user says)" : ""
  }`;
}

/** Ids of containers as their runtimes show them. */
function shortened(text: string): string {
  return text.replace(/[0-9a-f]{64}/g, (id) => id.slice(0, 12));
}
