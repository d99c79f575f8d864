/** One decision in all its parts, beside the view. */

import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Observation } from "../../core/control/api.ts";
import { get, RequestError } from "./http.ts";
import { chosen } from "./live.ts";
import { baseName, type Row } from "./rows.ts";
import { Verdict } from "./views/live.tsx";
import { MakeRule } from "./views/make_rule.tsx";
import { duration, moment } from "./words.ts";

export function Drawer() {
  const row = chosen.value;
  return row === undefined ? null : <Details key={row.number} row={row} />;
}

function Details({ row }: { readonly row: Row }) {
  const whole = useSignal<Observation | string | undefined>(undefined);
  const panel = useRef<HTMLDivElement>(null);
  useSignalEffect(() => {
    const control = new AbortController();
    get<Observation>(`/v1/rows/${row.number}`, control.signal).then(
      (observation) => whole.value = observation,
      (error) => {
        if (error instanceof RequestError) whole.value = error.message;
      },
    );
    return () => control.abort();
  });
  useEffect(() => {
    const former = document.activeElement as HTMLElement | null;
    panel.current?.focus();
    return () => former?.focus();
  }, []);
  const close = () => chosen.value = undefined;
  const { value } = whole;
  const task = typeof value === "object" ? value.event.task : undefined;
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
        <div class="grow" />
        <button type="button" class="quiet" onClick={close} aria-label="Close the details">✕</button>
      </header>
      <h3>What</h3>
      <Facts
        of={[
          ["call", `${row.call} ${row.target}`],
          ["when", moment(row.time)],
        ]}
      />
      <h3>Why</h3>
      <Facts
        of={[
          ["by", row.by || "default"],
          ["reason", row.why],
          ["rule", typeof value === "object" ? value.rule?.where : undefined],
          [
            "remembered",
            typeof value === "object" && value.remember !== undefined
              ? duration(value.remember * 1000)
              : undefined,
          ],
          ["held for", duration(row.held)],
        ]}
      />
      <h3>Who</h3>
      <Facts
        of={[
          ["program", row.program],
          ["process", String(row.pid)],
          ["user", row.user],
          ["thread", task?.comm],
          ["command", task?.cmdline?.join(" ")],
          ["run by", task?.parents?.map(({ exe, pid }) => exe ?? String(pid)).join(" ← ")],
          ["control group", task?.cgroup],
        ]}
      />
      {typeof value === "object" && value.asked && <MakeRule row={row.number} />}
      {typeof value === "string" && <p class="error">{value}</p>}
    </div>
  );
}

function Facts({ of }: { readonly of: readonly (readonly [string, string | undefined])[] }) {
  return (
    <dl class="facts">
      {of.flatMap(([label, text]) =>
        text
          ? [
            <div key={label}>
              <dt>{label}</dt>
              <dd>{text}</dd>
            </div>,
          ]
          : []
      )}
    </dl>
  );
}
