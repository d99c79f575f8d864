/** The inbox: what waits for a person, by program. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { session } from "../http.ts";
import { canNotify, notifies, notifyRefused, setNotify } from "../notify.ts";
import { answer, entries, type Entry, groups, keepPlaces, news, questions } from "../questions.ts";
import { baseName } from "../rows.ts";
import { count } from "../words.ts";
import { Card, settleFocus } from "./card.tsx";

/** Questions of one program that are shown until more are wanted. */
const SHOWN = 5;

export function QuestionsView() {
  const view = useRef<HTMLElement>(null);
  useEffect(() => () => keepPlaces(false), []);
  const all = entries.value;
  // Whoever uses keys has them where the questions are.
  useEffect(() => settleFocus(view.current!), [all]);
  const waiting = questions.value.length;
  return (
    <section
      class="view questions"
      ref={view}
      aria-labelledby="questions-title"
      onPointerEnter={() => keepPlaces(true)}
      onPointerLeave={() => keepPlaces(false)}
    >
      <header class="view-head">
        <h1 id="questions-title">Questions</h1>
        <div class="grow" />
        {waiting > 0 && session.value?.role !== "read" && (
          <span class="hint">
            <kbd>↑</kbd> <kbd>↓</kbd> move · <kbd>1</kbd>–<kbd>4</kbd> how long · <kbd>d</kbd> deny ·{" "}
            <kbd>a</kbd> allow
          </span>
        )}
        {canNotify && <Notify />}
      </header>
      {notifyRefused.value && (
        <p class="error" role="alert">
          This browser does not let the page notify you; its site settings say so.
        </p>
      )}
      <p class="hidden" role="status" aria-live="polite">{news.value}</p>
      {groups.value.length === 0
        ? (
          <div class="nothing">
            <p>Nobody waits for an answer.</p>
            <p class="faint">What a rule answers with “ask” is held here until somebody decides.</p>
          </div>
        )
        : (
          <div class="inbox">
            {groups.value.map(([program, list]) => <Group key={program} program={program} list={list} />)}
          </div>
        )}
    </section>
  );
}

function Notify() {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={notifies.value}
        onChange={({ currentTarget }) => void setNotify(currentTarget.checked)}
      />
      Notify me
    </label>
  );
}

function Group({ program, list }: { readonly program: string; readonly list: readonly Entry[] }) {
  const isWhole = useSignal(false);
  const failure = useSignal<string | undefined>(undefined);
  const waiting = list.filter(({ end }) => end === undefined).map(({ question }) => question);
  const calls = waiting.reduce((sum, { calls }) => sum + calls, 0);
  const mine = session.value?.role === "read" ? [] : waiting.filter(({ mayAnswer }) => mayAnswer);
  const shown = isWhole.value ? list : list.slice(0, SHOWN);
  const denyAll = async () => {
    const said = await Promise.all(mine.map(({ id }) => answer(id, { action: "deny" })));
    failure.value = said.find((each) => each !== undefined);
  };
  return (
    <section class="group" aria-label={program}>
      <h2>
        <b>{baseName(program)}</b> <small>{program}</small>
        <span class="badge">{count(calls)} {calls === 1 ? "call waits" : "calls wait"}</span>
        <span class="grow" />
        {mine.length > 1 && (
          <button type="button" class="quiet" onClick={denyAll}>Deny all {count(mine.length)} once</button>
        )}
      </h2>
      {failure.value !== undefined && <p class="error" role="alert">{failure.value}</p>}
      {shown.map((entry) => <Card key={entry.question.id} entry={entry} />)}
      {shown.length < list.length && (
        <button type="button" onClick={() => isWhole.value = true}>
          Show {count(list.length - shown.length)} more of {baseName(program)}
        </button>
      )}
    </section>
  );
}
