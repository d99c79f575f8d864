/** A file of rules as text, checked while it is written. */

import { useEffect, useRef } from "preact/hooks";
import type { AnswerScope, RulePreviewJson } from "../../../core/control/api.ts";
import { Badge, Button, Grow } from "../parts.tsx";
import { RULE_EXAMPLE } from "../rule_example.ts";
import { SCOPE_WORDS } from "../../../core/view/scope_words.ts";
import { clock, count, many } from "../words.ts";
import {
  busy,
  change,
  checked,
  close,
  draft,
  file,
  isAsMade,
  isChanged,
  look,
  made,
  make,
  mayChange,
  offsetOf,
  preview,
  type Remark,
  remarkOf,
  save,
  startLine,
} from "../rules.ts";

export function RuleEditor() {
  const field = useRef<HTMLTextAreaElement>(null);
  const { path } = file.value!;
  const { errors = [], warnings = [] } = checked.value ?? {};
  const go = (place: NonNullable<Remark["place"]>) => {
    const offset = offsetOf(draft.value, place);
    field.current?.focus();
    field.current?.setSelectionRange(offset, offset);
    scrollTo(field.current, place.line);
  };
  useEffect(() => {
    if (startLine.value !== undefined) go({ line: startLine.value, column: 1 });
    else field.current?.focus();
  }, []);
  const isReady = isChanged.value && !busy.value && checked.value !== undefined && errors.length === 0;
  const lines = draft.value.split("\n").length;
  return (
    <div class="editor">
      <header>
        <h2>{path}</h2>
        <State />
        <Grow />
        <Button onClick={close}>{isChanged.value ? "Discard" : "Close"}</Button>
        {mayChange.value && (
          <>
            <Button disabled={!isReady} onClick={() => void look()}>What would change?</Button>
            <Button class="strong" disabled={!isReady} onClick={() => void save()}>Save</Button>
          </>
        )}
      </header>
      {isAsMade.value && <Scope />}
      <div class="source">
        <pre
          aria-hidden="true"
          class="numbers"
        >{Array.from({ length: lines }, (_, index) => index + 1).join("\n")}</pre>
        <textarea
          ref={field}
          value={draft.value}
          rows={lines + 1}
          readOnly={!mayChange.value}
          spellcheck={false}
          autocapitalize="off"
          wrap="off"
          aria-label={`Text of ${path}`}
          aria-invalid={errors.length > 0}
          aria-describedby="rule-remarks"
          onInput={({ currentTarget }) => change(currentTarget.value)}
        />
      </div>
      <ul id="rule-remarks" class="remarks" aria-live="polite">
        {errors.map((message) => (
          <Message key={message} kind="error" remark={remarkOf(path, message)} go={go} />
        ))}
        {warnings.map((message) => (
          <Message key={message} kind="warn" remark={remarkOf(path, message)} go={go} />
        ))}
      </ul>
      <details class="example">
        <summary>How rules are written</summary>
        <pre tabIndex={0}>{RULE_EXAMPLE}</pre>
      </details>
      {preview.value !== undefined && <Preview of={preview.value} />}
    </div>
  );
}

/** What a rule that was made is about. */
function Scope() {
  const { row, action, scope, scopes, line, broad } = made.value!;
  return (
    <>
      <label class="scope">
        <span>
          The rule in line {line} would <b class={action}>{action}</b>
        </span>
        <select
          disabled={busy.value}
          onChange={({ currentTarget }) => void make(row, action, currentTarget.value as AnswerScope)}
        >
          {scopes.map((each) => (
            <option key={each} value={each} selected={each === scope}>{SCOPE_WORDS[each]}</option>
          ))}
        </select>
      </label>
      {broad !== undefined && <p class="notice" role="status">Broad: {broad.join("; ")}.</p>}
    </>
  );
}

export function Preview(
  { of: { decisions, since, until, recorded, unread, different, changes, examples } }: {
    readonly of: RulePreviewJson;
  },
) {
  const gap = unread === undefined ? "" : ` (${unread})`;
  if (decisions === 0) {
    return <p class="preview" role="status">Nothing was decided lately that could be compared{gap}.</p>;
  }
  const end = until === undefined ? "" : ` until ${clock(Date.parse(until))}, as more takes too long`;
  const from = recorded === undefined ? "" : `, ${count(recorded)} of them from the journal`;
  const all = `the last ${count(decisions)} decisions, since ${clock(Date.parse(since!))}${end}${from}${gap}`;
  if (different === 0) return <p class="preview" role="status">Nothing would be different: {all}.</p>;
  return (
    <div class="preview" role="region" aria-label="What would be different" tabIndex={0}>
      <p role="status">
        <b>{count(different)}</b> of {all}, would be different:
      </p>
      <ul class="figures">
        {changes.map(({ before, after, count: times }) => (
          <li key={`${before} ${after}`}>
            <span class="number">{count(times)}</span> <Change before={before} after={after} />
          </li>
        ))}
      </ul>
      <ol>
        {examples.map(({ row, before, after }, index) => (
          <li key={index}>
            <Change before={before} after={after} />
            <span class="what">
              {row.program} <small>{row.user}</small> {row.call} {row.target}
            </span>
            <small>{clock(row.time)}</small>
          </li>
        ))}
      </ol>
    </div>
  );
}

function Change({ before, after }: { readonly before: string; readonly after: string }) {
  return (
    <span class="change">
      <span class={`verdict ${wordOf(before)}`}>{before}</span> →{" "}
      <span class={`verdict ${wordOf(after)}`}>{after}</span>
    </span>
  );
}

/** `deny` of `deny EPERM`. */
function wordOf(text: string): string {
  return text.split(" ", 1)[0]!;
}

function State() {
  if (!mayChange.value) return <Badge>only root may change it</Badge>;
  const { value } = checked;
  if (value === undefined) return <Badge>checking…</Badge>;
  const mistakes = value.errors.length;
  if (mistakes > 0) {
    return <Badge kind="bad">{many(mistakes, "mistake")}</Badge>;
  }
  return <Badge kind="live">{many(value.rules, "rule")}, no mistakes</Badge>;
}

function Message(
  { kind, remark: { text, place }, go }: {
    readonly kind: "error" | "warn";
    readonly remark: Remark;
    readonly go: (place: NonNullable<Remark["place"]>) => void;
  },
) {
  return (
    <li class={kind}>
      {place === undefined ? text : (
        <Button class="quiet" onClick={() => go(place)}>
          <b>{place.line}:{place.column}</b> {text}
        </Button>
      )}
    </li>
  );
}

/** Brings a line into sight; the field is as high as its text, and what is around it scrolls. */
function scrollTo(field: HTMLTextAreaElement | null, line: number): void {
  const view = field?.closest(".source");
  if (!field || !view) return;
  const height = Number.parseFloat(getComputedStyle(field).lineHeight);
  view.scrollTop = Math.max(0, (line - 1) * height - view.clientHeight / 3);
}
