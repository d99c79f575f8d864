/** The rules in their order: what they say, how often they answer, and their files to be edited. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type {
  RuleFolderJson,
  RuleInForce,
  RuleListJson,
  RuleProfilesJson,
  RuleSetJson,
} from "../../../core/control/api.ts";
import { ago, count, many, moment } from "../words.ts";
import { Badge, Button, Choice, Failure, Grow, Nothing, Undo, View } from "../parts.tsx";
import { drag, follow, placeIn } from "../rule_drag.ts";
import {
  begin,
  busy,
  done,
  edit,
  failure,
  file,
  list,
  mayChange,
  move,
  moved,
  preview,
  refresh,
  switchTo,
  tagOf,
  undo,
} from "../rules.ts";
import { Preview, RuleEditor } from "./rule_editor.tsx";

/** What is shown above the rest. */
const NAME = /^name: .*\n/;
/** Milliseconds between two looks. */
const OFTEN = 5_000;

export function RulesView() {
  useEffect(() => {
    const control = new AbortController();
    const ask = () => {
      // What went wrong is to be read, who edits sees nothing of the list, and who drags wants it to stay.
      const isWanted = [file.value, failure.value, drag.value].every((value) => value === undefined);
      if (document.visibilityState === "visible" && isWanted) void refresh(control.signal);
    };
    const timer = setInterval(ask, OFTEN);
    void refresh(control.signal);
    return () => {
      control.abort();
      clearInterval(timer);
    };
  }, []);
  const { value } = list;
  return (
    <View
      title="Rules"
      tools={
        <>
          {/* Another file would take the place of what is typed. */}
          {mayChange.value && file.value === undefined && (
            <>
              {value?.folders && <NewFile folders={value.folders} />}
              {value?.undo && <Undo path={value.undo.path} isBusy={busy.value} undo={undo} />}
            </>
          )}
          <span class="hint" role="status">{dragWords() ?? "the first that matches decides"}</span>
        </>
      }
    >
      <Failure of={failure.value} kind="notice" />
      <p class="done" role="status">{done.value}</p>
      {file.value === undefined && preview.value !== undefined && <Preview of={preview.value} />}
      {file.value !== undefined ? <RuleEditor /> : value !== undefined && <Files of={value} />}
    </View>
  );
}

/** A name for a file that is not there yet, once somebody wants one. */
function NewFile({ folders }: { readonly folders: readonly RuleFolderJson[] }) {
  const isOpen = useSignal(false);
  const folder = useSignal(folders[0]!.folder);
  const name = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (isOpen.value) name.current?.focus();
  }, [isOpen.value]);
  if (!isOpen.value) {
    return <Button onClick={() => void (isOpen.value = true)}>New file</Button>;
  }
  return (
    <form
      class="new-file"
      onSubmit={(event) => {
        event.preventDefault();
        void begin(folder.value, name.current!.value);
      }}
      onKeyDown={({ key }) => key === "Escape" && (isOpen.value = false)}
    >
      {folders.length === 1 ? <span class="hint">{folder}/</span> : (
        <select
          aria-label="Folder"
          onChange={({ currentTarget }) => folder.value = currentTarget.value}
        >
          {folders.map((each) => <option key={each.folder}>{each.folder}</option>)}
        </select>
      )}
      <input
        ref={name}
        required
        pattern="[A-Za-z0-9][A-Za-z0-9_.\-]*"
        maxLength={80}
        placeholder="50-own"
        aria-label="Name of the file: letters, digits, - and _"
        autocapitalize="off"
        spellcheck={false}
      />
      <button type="submit" class="strong" disabled={busy.value}>Make</button>
      <Button onClick={() => void (isOpen.value = false)}>Cancel</Button>
    </form>
  );
}

/** What becomes of a rule that is let go of now. */
function dragWords(): string | undefined {
  const { path, from, gap } = drag.value ?? {};
  if (path === undefined) return undefined;
  if (gap === undefined) return `It moves within ${path} only`;
  const all = list.value!.rules.filter((rule) => rule.path === path).length;
  return `Place ${placeIn(gap, from!) + 1} of ${all}; Esc leaves it`;
}

function Files({ of }: { readonly of: RuleListJson }) {
  const { rules, untold, files, sets, profiles } = of;
  if (files.length === 0) {
    return (
      <Nothing
        text="There are no files of rules."
        hint={
          <>
            They belong to the plugin <code>rules</code>, usually in{" "}
            <code>/etc/snet/rules.d</code>; a run has those of its <code>--rules</code>.
          </>
        }
      />
    );
  }
  return (
    <>
      {profiles !== undefined && <Profiles of={profiles} />}
      {files.map(({ path, isChanged, profiles: own, isIdle }) => (
        <article
          key={path}
          class={`block ${drag.value !== undefined && drag.value.path !== path ? "refused" : ""}`}
          aria-label={path}
        >
          <header>
            <h2>{path}</h2>
            {isChanged && (
              <Badge kind="warn" title="The daemon goes on with what it read before">
                not what is in force
              </Badge>
            )}
            {own !== undefined && (
              <Badge kind={isIdle ? "" : "live"}>
                {isIdle ? "not active: " : ""}profile {own.join(", ")}
              </Badge>
            )}
            <Grow />
            <Button onClick={() => void edit(path)}>{mayChange.value ? "Edit" : "Read"}</Button>
          </header>
          {isIdle
            ? <p class="faint">Its rules do not count now.</p>
            : <Rules rules={rules.filter((rule) => rule.path === path)} />}
        </article>
      ))}
      {sets.length > 0 && <Sets of={sets} />}
      <p class="faint">
        {untold > 0 && `${count(untold)} more rules are not shown. `}
        What no rule and no other plugin decides: <b class={of.default}>{of.default}</b>.
      </p>
    </>
  );
}

/** Which files count beside those that always do. */
function Profiles({ of: { names, active } }: { readonly of: RuleProfilesJson }) {
  return (
    <fieldset class="profiles" disabled={!mayChange.value}>
      <legend>Profile</legend>
      <div class="switch">
        <Choice
          name="profile"
          of={[null, ...names]}
          value={active ?? null}
          textOf={(name) => name ?? "none"}
          choose={(name) => void switchTo(name)}
        />
      </div>
    </fieldset>
  );
}

/** Values that rules name together. */
function Sets({ of }: { readonly of: readonly RuleSetJson[] }) {
  return (
    <article class="block sets" aria-labelledby="sets-title">
      <h2 id="sets-title">Sets</h2>
      <ul>
        {of.map(({ name, path, line, values, count: all, isInFiles, uses }) => (
          <li key={`${path} ${name}`} class={uses === 0 ? "unused" : ""}>
            <b>${name}</b>
            <span class="says">
              {isInFiles && <small>{all === 1 ? "the file " : "the files "}</small>}
              {values.join(", ")}
              {all > values.length && <small>{` and ${count(all - values.length)} more`}</small>}
            </span>
            <small>{uses === 0 ? "no rule" : many(uses, "rule")}</small>
            <Open label={`Open the set ${name}, line ${line} of ${path}`} {...{ path, line }} />
          </li>
        ))}
      </ul>
    </article>
  );
}

function Rules({ rules }: { readonly rules: readonly RuleInForce[] }) {
  const self = useRef<HTMLOListElement>(null);
  useEffect(() => {
    const { path, to, by } = moved.value ?? {};
    if (path === undefined || rules[0]?.path !== path) return;
    moved.value = undefined;
    const buttons = self.current?.children[to!]?.querySelectorAll<HTMLButtonElement>(`.${by}, .grip`);
    [...buttons ?? []].findLast(({ disabled }) => !disabled)?.focus();
  }, [rules]);
  if (rules.length === 0) return <p class="faint">No rules.</p>;
  return (
    <ol ref={self}>
      {rules.map((rule, index) => (
        <Rule key={`${rule.entry} ${rule.number}`} rule={rule} isLast={index === rules.length - 1} />
      ))}
    </ol>
  );
}

function Rule({ rule, isLast }: { readonly rule: RuleInForce; readonly isLast: boolean }) {
  const { name, action, text, hits, last, line, path, index } = rule;
  const now = Date.now();
  return (
    <li
      class={`${hits === 0 ? "unused" : ""} ${dropMark(rule, isLast)}`}
      onKeyDown={(event) => {
        const up = event.key === "ArrowUp";
        if (!event.altKey || !up && event.key !== "ArrowDown" || !mayChange.value) return;
        event.preventDefault();
        if (up ? index > 0 : !isLast) void move(path, index, index + (up ? -1 : 1), "grip");
      }}
    >
      <span class={`verdict ${action ?? ""}`}>{action ?? "–"}</span>
      <div class="says">
        {name !== undefined && <b>{name}</b>}
        {text === undefined
          ? <small>line {line}; its file is not for everybody to read</small>
          : <pre>{name === undefined ? text : text.replace(NAME, "")}</pre>}
      </div>
      <span class="hits" title={last === undefined ? "No hit since the page is served" : moment(last)}>
        <span class={`number ${hits === 0 ? "faint" : ""}`}>{count(hits)}</span>
        <small>{hits === 1 ? "hit" : "hits"}{last !== undefined && `, ${ago(last, now)}`}</small>
      </span>
      <span class="order">
        {mayChange.value && (
          <>
            <Button
              class="quiet grip"
              aria-label={`Drag line ${line}, or move it by Alt and arrows`}
              title="Drag, or Alt+↑ and Alt+↓"
              onPointerDown={(event) => {
                if (event.button !== 0 || !event.isPrimary || busy.value) return;
                // Of the list as it is seen now, whatever comes while it is dragged.
                const tag = tagOf(path);
                follow(event, path, index, (to) => void move(path, index, to, "grip", tag));
              }}
            >
              ⠿
            </Button>
            {(["up", "down"] as const).map((way) => (
              <Button
                key={way}
                class={`quiet ${way}`}
                disabled={(way === "up" ? index === 0 : isLast) || busy.value}
                aria-label={`Move line ${line} ${way}`}
                onClick={() => void move(path, index, way === "up" ? index - 1 : index + 1, way)}
              >
                {way === "up" ? "↑" : "↓"}
              </Button>
            ))}
          </>
        )}
        <Open label={`Open line ${line} of ${path}`} {...{ path, line }} />
      </span>
    </li>
  );
}

/** Opens a file at a line. */
function Open(
  { label, path, line }: { readonly label: string; readonly path: string; readonly line: number },
) {
  return (
    <Button class="quiet" aria-label={label} title={path} onClick={() => void edit(path, line)}>
      line {line}
    </Button>
  );
}

/** Where the rule that is dragged would be: a line above a rule, or below the last. */
function dropMark({ path, index }: RuleInForce, isLast: boolean): string {
  if (drag.value?.path !== path) return "";
  const { from, gap } = drag.value;
  if (index === from) return "dragged";
  if (gap === undefined || placeIn(gap, from) === from) return "";
  if (gap === index) return "drop-above";
  return isLast && gap === index + 1 ? "drop-below" : "";
}
