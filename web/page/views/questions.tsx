/** The inbox: what waits for a person, by program; every answer says what it means before it is given. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { AnswerLasts, AnswerScope, QuestionJson } from "../../../core/control/api.ts";
import { answer, ended, groups, questions, questionStream } from "../questions.ts";
import { baseName } from "../rows.ts";
import { ago, left, moment } from "../words.ts";
import { now } from "../now.ts";

const LASTS: Readonly<Record<AnswerLasts, string>> = {
  once: "once",
  time: "for 10 minutes",
  process: "until it ends",
  always: "always",
};
const TEN_MINUTES = 600_000;
/** What covers more than the place that the program asked for: worth a second look. */
const BROAD = new Set<AnswerScope>(["program", "program+port", "address", "port", "address+port"]);
/** Milliseconds after which a question that has just appeared takes a key: it was meant for another before. */
const QUIET = 500;

export function QuestionsView() {
  const all = questions.value;
  return (
    <section class="view questions" aria-labelledby="questions-title">
      <header class="view-head">
        <h1 id="questions-title">Questions</h1>
        {questionStream.state.value === "away" && <span class="badge away" role="status">reconnecting…</span>}
        <div class="grow" />
        {all.length > 0 && <span class="hint">↑↓ move · a allow · d deny</span>}
      </header>
      <ul class="farewell" role="status" aria-live="polite">
        {ended.value.map(({ id, text }) => <li key={id}>{text}</li>)}
      </ul>
      {all.length === 0
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

function Group({ program, list }: { readonly program: string; readonly list: readonly QuestionJson[] }) {
  const calls = list.reduce((sum, { calls }) => sum + calls, 0);
  return (
    <section class="group" aria-label={program}>
      <h2>
        <b>{baseName(program)}</b> <small>{program}</small>
        <span class="badge">{calls} {calls === 1 ? "call waits" : "calls wait"}</span>
      </h2>
      {list.map((question) => <Card key={question.id} question={question} />)}
    </section>
  );
}

function Card({ question }: { readonly question: QuestionJson }) {
  const { id, wish, user, calls, since, until, instead, facts, asked, scopes, lasts, mayAnswer, whyNot } =
    question;
  const scope = useSignal<AnswerScope>(scopes[0]!.scope);
  const last = useSignal<AnswerLasts>("once");
  const failure = useSignal<string | undefined>(undefined);
  const isSending = useSignal(false);
  const confirmed = useSignal(false);
  const card = useRef<HTMLElement>(null);
  const appeared = useRef(performance.now());
  useEffect(() => {
    appeared.current = performance.now();
  }, [id]);
  const covers = last.value === "once"
    ? scopes[0]!
    : scopes.find((each) => each.scope === scope.value) ?? scopes[0]!;
  const isBroad = last.value !== "once" && BROAD.has(covers.scope);
  const give = async (action: "allow" | "deny") => {
    if (action === "allow" && isBroad && !confirmed.value) {
      confirmed.value = true;
      return;
    }
    isSending.value = true;
    failure.value = await answer(id, {
      action,
      lasts: last.value,
      ...(last.value === "time" && { time: TEN_MINUTES }),
      ...(last.value !== "once" && { scope: covers.scope }),
      revision: question.revision,
    });
    isSending.value = false;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== card.current || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") return move(event, card.current!);
    if (event.repeat || !mayAnswer || performance.now() - appeared.current < QUIET) return;
    if (event.key === "a") void give("allow");
    if (event.key === "d") void give("deny");
  };
  return (
    <article class="card" ref={card} tabIndex={0} onKeyDown={onKeyDown} aria-labelledby={`wish-${id}`}>
      <p class="wish" id={`wish-${id}`}>
        wants to <b>{wish}</b>
        {calls > 1 && <span class="badge">{calls}×</span>}
      </p>
      <dl class="facts">
        <div>
          <dt>user</dt>
          <dd>{user}</dd>
        </div>
        {facts.map(({ label, text }, index) => (
          <div key={index}>
            <dt>{label}</dt>
            <dd>{text}</dd>
          </div>
        ))}
        {asked !== undefined && (
          <div>
            <dt>asked by</dt>
            <dd>{asked.plugin}: {asked.why}</dd>
          </div>
        )}
        <div>
          <dt>waits</dt>
          <dd title={moment(Date.parse(since))}>
            {ago(Date.parse(since), now.value)}
            {until !== undefined && (
              <span class="countdown">
                {` · ${instead === "pass" ? "passed on" : instead} in ${left(Date.parse(until) - now.value)}`}
              </span>
            )}
          </dd>
        </div>
      </dl>
      {mayAnswer
        ? (
          <div class="answer">
            <fieldset class="switch">
              <legend class="hidden">How long the answer holds</legend>
              {lasts.map((each) => (
                <label key={each}>
                  <input
                    type="radio"
                    name={`lasts-${id}`}
                    checked={last.value === each}
                    onChange={() => {
                      last.value = each;
                      confirmed.value = false;
                    }}
                  />
                  <span>{LASTS[each]}</span>
                </label>
              ))}
            </fieldset>
            {last.value !== "once" && scopes.length > 1 && (
              <label class="scope">
                <span class="hidden">What the answer is about</span>
                <select
                  value={scope.value}
                  onChange={({ currentTarget }) => {
                    scope.value = currentTarget.value as AnswerScope;
                    confirmed.value = false;
                  }}
                >
                  {scopes.map(({ scope, text }) => <option key={scope} value={scope}>{text}</option>)}
                </select>
              </label>
            )}
            <p class={`means ${isBroad ? "warn" : ""}`}>
              {isBroad ? "Broad: " : ""}
              {covers.text}, {LASTS[last.value]}
            </p>
            <div class="buttons">
              <button type="button" class="deny" disabled={isSending.value} onClick={() => give("deny")}>
                Deny
              </button>
              <button type="button" class="allow" disabled={isSending.value} onClick={() => give("allow")}>
                {confirmed.value && isBroad ? "Allow all that" : "Allow"}
              </button>
            </div>
            {failure.value !== undefined && <p class="error" role="alert">{failure.value}</p>}
          </div>
        )
        : <p class="faint">{whyNot}</p>}
    </article>
  );
}

/** The card before or behind takes the keys. */
function move(event: KeyboardEvent, from: HTMLElement): void {
  event.preventDefault();
  const cards = [...document.querySelectorAll<HTMLElement>(".card")];
  cards[cards.indexOf(from) + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
}
