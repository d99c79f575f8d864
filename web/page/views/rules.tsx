/** The rules in their order: what they say, how often they answer, and their files to be edited. */

import { useEffect } from "preact/hooks";
import type { RuleInForce, RuleListJson } from "../../../core/control/api.ts";
import { ago, count, moment } from "../words.ts";
import { busy, done, edit, failure, file, list, mayChange, move, refresh, undo } from "../rules.ts";
import { RuleEditor } from "./rule_editor.tsx";

/** What is shown above the rest. */
const NAME = /^name: .*\n/;
/** Milliseconds between two looks. */
const OFTEN = 5_000;

export function RulesView() {
  useEffect(() => {
    const control = new AbortController();
    const ask = () => {
      // What went wrong is to be read, and who edits sees nothing of the list.
      if (document.visibilityState === "visible" && file.value === undefined && failure.value === undefined) {
        void refresh(control.signal);
      }
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
    <section class="view rules" aria-labelledby="rules-title">
      <header class="view-head">
        <h1 id="rules-title">Rules</h1>
        <div class="grow" />
        {value?.undo !== undefined && mayChange.value && (
          <button
            type="button"
            disabled={busy.value}
            onClick={() => void undo()}
            title={value.undo.path}
          >
            Undo the last change
          </button>
        )}
        <span class="hint">the first that matches decides</span>
      </header>
      {failure.value !== undefined && <p class="notice error" role="alert">{failure.value}</p>}
      <p class="done" role="status">{done.value}</p>
      {file.value !== undefined ? <RuleEditor /> : value !== undefined && <Files of={value} />}
    </section>
  );
}

function Files({ of }: { readonly of: RuleListJson }) {
  const { rules, untold, files } = of;
  if (files.length === 0) {
    return (
      <div class="nothing">
        <p>There are no files of rules.</p>
        <p class="faint">
          They belong to the plugin <code>rules</code>, usually in <code>/etc/snet/rules.d</code>.
        </p>
      </div>
    );
  }
  return (
    <>
      {files.map(({ path, isChanged }) => (
        <article key={path} class="block" aria-label={path}>
          <header>
            <h2>{path}</h2>
            {isChanged && (
              <span class="badge warn" title="The daemon goes on with what it read before">
                not what is in force
              </span>
            )}
            <div class="grow" />
            <button type="button" onClick={() => void edit(path)}>{mayChange.value ? "Edit" : "Read"}</button>
          </header>
          <Rules rules={rules.filter((rule) => rule.path === path)} />
        </article>
      ))}
      <p class="faint">
        {untold > 0 && `${count(untold)} more rules are not shown. `}
        What no rule and no other plugin decides: <b class={of.default}>{of.default}</b>.
      </p>
    </>
  );
}

function Rules({ rules }: { readonly rules: readonly RuleInForce[] }) {
  if (rules.length === 0) return <p class="faint">No rules.</p>;
  return (
    <ol>
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
    <li class={hits === 0 ? "unused" : ""}>
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
            <button
              type="button"
              class="quiet"
              disabled={index === 0 || busy.value}
              aria-label={`Move line ${line} up`}
              onClick={() => void move(path, index, index - 1)}
            >
              ↑
            </button>
            <button
              type="button"
              class="quiet"
              disabled={isLast || busy.value}
              aria-label={`Move line ${line} down`}
              onClick={() => void move(path, index, index + 1)}
            >
              ↓
            </button>
          </>
        )}
        <button
          type="button"
          class="quiet"
          aria-label={`Open line ${line} of ${path}`}
          onClick={() => void edit(path, line)}
        >
          :{line}
        </button>
      </span>
    </li>
  );
}
