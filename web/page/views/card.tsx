/** A question; every answer says what it means before it is given. */

import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type {
  AnswerLasts,
  AnswerScope,
  BroadReason,
  OfferedScope,
  QuestionJson,
} from "../../../core/control/api.ts";
import { arrivalOf } from "../arrival.ts";
import { session } from "../http.ts";
import { now } from "../now.ts";
import { Badge, Button, Choice, type Fact, Facts, Failure } from "../parts.tsx";
import { answer, type Entry } from "../questions.ts";
import { ago, count, left, moment } from "../words.ts";

const LASTS: Readonly<Record<AnswerLasts, string>> = {
  once: "once",
  time: "for 10 minutes",
  process: "until it ends",
  always: "always",
};
const TEN_MINUTES = 600_000;
/** Milliseconds for which a card takes no answer that has come, moved or got the keys, or to whose page one has just come. */
const QUIET = 500;
/** Milliseconds before the end from which the countdown is urgent. */
const URGENT = 30_000;

export function Card({ entry: { question, end } }: { readonly entry: Entry }) {
  const { id, wish, calls } = question;
  const card = useRef<HTMLElement>(null);
  useLayoutEffect(() => watchPlace(card.current!), []);
  // One that has ended has less to say, and keeps the place that it had.
  const height = useRef(0);
  useLayoutEffect(() => {
    if (end === undefined) height.current = card.current!.offsetHeight;
  });
  const may = question.mayAnswer && session.value?.role !== "read";
  return (
    <article
      class={`card ${end === undefined ? "" : "ended"}`}
      style={{ minHeight: end === undefined ? "" : `${height.current}px` }}
      ref={card}
      tabIndex={0}
      aria-labelledby={`wish-${id}`}
      onFocusIn={() => lastCard = card.current!}
      onKeyDown={(event) => {
        if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event, card.current!);
        if (event.key === "Escape") card.current!.focus();
      }}
    >
      <p class="wish" id={`wish-${id}`}>
        <span>wants to</span> <b>{wish}</b>
        {calls > 1 && <Badge>{count(calls)}×</Badge>}
      </p>
      <CardFacts question={question} isWaiting={end === undefined} />
      {end !== undefined
        ? <p class="end">{end}</p>
        : may
        ? <Answer question={question} />
        : <p class="faint">{question.mayAnswer ? "This session may only look." : question.whyNot}</p>}
    </article>
  );
}

function CardFacts(
  { question, isWaiting }: { readonly question: QuestionJson; readonly isWaiting: boolean },
) {
  const { user, facts, since, until, instead } = question;
  const remaining = until === undefined ? undefined : Date.parse(until) - now.value;
  const asked = (
    <span title={moment(Date.parse(since))}>
      {ago(Date.parse(since), now.value)}
      {isWaiting && remaining !== undefined && (
        <span class={`countdown ${remaining < URGENT ? "urgent" : ""}`}>
          {` · ${INSTEAD[instead]} in ${left(remaining)}`}
        </span>
      )}
    </span>
  );
  return (
    <Facts
      of={[
        ["user", !facts.some(({ label }) => label === "user") && user],
        ...facts.map(({ label, text }): Fact => [label, text]),
        ["asked", asked],
      ]}
    />
  );
}

/** What becomes of a call that nobody answers. */
const INSTEAD: Readonly<Record<QuestionJson["instead"], string>> = {
  allow: "allowed",
  deny: "denied",
  pass: "left to other plugins",
};

function Answer({ question }: { readonly question: QuestionJson }) {
  const { id, scopes: all, lasts } = question;
  const scope = useSignal<AnswerScope | undefined>(undefined);
  const last = useSignal<AnswerLasts>("once");
  const failure = useSignal<string | undefined>(undefined);
  const isSending = useSignal(false);
  const confirmed = useSignal<string | undefined>(undefined);
  const box = useRef<HTMLDivElement>(null);
  const scopes = scopesFor(question, last.value);
  const covers = scopes.find((each) => each.scope === scope.value) ?? scopes[0] ?? all[0];
  const broad = broadFor(covers, last.value);
  const isBroad = broad.length > 0;
  // What was confirmed is this very answer, to this very question: another process that joins it is told of again.
  const key = `${question.revision} ${last.value} ${covers?.scope}`;
  const isConfirmed = confirmed.value === key;
  const give = async (action: "allow" | "deny", by: "keys" | "pointer") => {
    if (isSending.value || isUnsettled(box.current!, by)) return;
    if (action === "allow" && isBroad && !isConfirmed) {
      confirmed.value = key;
      // The second half of a double click has read nothing.
      still.set(box.current!.closest<HTMLElement>(".card")!, performance.now());
      return;
    }
    isSending.value = true;
    failure.value = await answer(id, {
      action,
      lasts: last.value,
      ...(last.value === "time" && { time: TEN_MINUTES }),
      ...(last.value !== "once" && covers !== undefined && { scope: covers.scope }),
      revision: question.revision,
    });
    isSending.value = false;
  };
  const choose = (each: AnswerLasts) => void (last.value = each);
  useEffect(() => {
    const card = box.current!.closest<HTMLElement>(".card")!;
    const onKeyDown = (event: KeyboardEvent) => {
      const { key, target, ctrlKey, metaKey, altKey, repeat } = event;
      if (ctrlKey || metaKey || altKey || repeat || target instanceof HTMLSelectElement) return;
      if (key === "a") void give("allow", "keys");
      if (key === "d") void give("deny", "keys");
      const chosen = lasts[Number(key) - 1];
      if (/^[1-9]$/.test(key) && chosen !== undefined) choose(chosen);
    };
    card.addEventListener("keydown", onKeyDown);
    return () => card.removeEventListener("keydown", onKeyDown);
  });
  return (
    <div class="answer" ref={box}>
      <div class="terms">
        <fieldset class="switch">
          <legend class="hidden">How long the answer holds</legend>
          <Choice
            name={`lasts-${id}`}
            of={lasts}
            value={last.value}
            textOf={(each) => lastsText(each, question)}
            choose={choose}
          />
        </fieldset>
        {last.value !== "once" && scopes.length > 1 && (
          <select
            class="scope"
            aria-label="What the answer is about"
            value={covers?.scope}
            onChange={({ currentTarget }) => scope.value = currentTarget.value as AnswerScope}
          >
            {scopes.map(({ scope, text }) => <option key={scope} value={scope}>{text}</option>)}
          </select>
        )}
      </div>
      <p class={`means ${isBroad ? "warn" : ""}`} aria-live="polite">
        {isBroad && <b>Broad: {broad.map(({ text }) => text).join("; ")}.</b>} {covers?.text},{" "}
        {lastsText(last.value, question)}
        {last.value === "always" && question.savedIn && `, by a rule in ${question.savedIn}`}
      </p>
      <div class="buttons">
        <Button
          class="deny"
          aria-disabled={isSending.value}
          onClick={(click) => void give("deny", means(click))}
        >
          Deny
        </Button>
        <Button
          class="allow"
          aria-disabled={isSending.value}
          onClick={(click) => void give("allow", means(click))}
        >
          {!isBroad ? "Allow" : isConfirmed ? "Allow all that" : "Allow…"}
        </Button>
      </div>
      <Failure of={failure.value} />
    </div>
  );
}

function lastsText(lasts: AnswerLasts, { savedIn }: QuestionJson): string {
  return lasts === "always" && savedIn === undefined ? "for this run" : LASTS[lasts];
}

/** What an answer may be about that lasts so long: until a program ends, it is about that program. */
function scopesFor({ scopes }: QuestionJson, lasts: AnswerLasts): QuestionJson["scopes"] {
  return lasts === "process" ? scopes.filter(({ scope }) => scope.startsWith("program")) : scopes;
}

/** What is to be said before the answer; what a process is told to run, it has been told already. */
function broadFor(covers: OfferedScope | undefined, lasts: AnswerLasts): readonly BroadReason[] {
  if (lasts === "once") return [];
  const { broad = [] } = covers ?? {};
  return lasts === "process" ? broad.filter(({ of }) => of !== "stand-in") : broad;
}

/** Since when a card is where it is, and has the keys; as performance.now() has it. */
const still = new WeakMap<HTMLElement, number>();
const places = new Map<HTMLElement, number>();
/** Which had the keys last. */
let lastCard: HTMLElement | undefined;

/** Notes when the card is moved by others that come and go, until the returned function is called. */
function watchPlace(card: HTMLElement): () => void {
  still.set(card, performance.now());
  places.set(card, card.offsetTop);
  return () => void places.delete(card);
}

/** To be called when cards have come or gone. */
function notePlaces(): void {
  for (const [card, place] of places) {
    if (card.offsetTop === place) continue;
    places.set(card, card.offsetTop);
    still.set(card, performance.now());
  }
}

function isUnsettled(inside: HTMLElement, by: "keys" | "pointer"): boolean {
  const card = inside.closest<HTMLElement>(".card")!;
  return performance.now() - Math.max(still.get(card)!, arrivalOf(by)) < QUIET;
}

/** A key that presses a button is a click that counts none. */
function means({ detail }: MouseEvent): "keys" | "pointer" {
  return detail === 0 ? "keys" : "pointer";
}

/** Cards have come, gone or ended: the keys go to one that waits, unless they are in use elsewhere. */
export function settleFocus(): void {
  notePlaces();
  const active = document.activeElement ?? document.body;
  if (active !== document.body && !active.matches(".card.ended")) return;
  const cards = allCards();
  const from = cards.findIndex((card) => card === lastCard);
  const next = [...cards.slice(from + 1), ...cards.slice(0, from + 1)]
    .find((card) => !card.classList.contains("ended"));
  if (next === undefined) return;
  still.set(next, performance.now());
  next.focus({ preventScroll: from === -1 });
}

/** The card before or behind takes the keys. */
function move(event: KeyboardEvent, from: HTMLElement): void {
  if (event.target instanceof HTMLSelectElement || event.target instanceof HTMLInputElement) return;
  event.preventDefault();
  const cards = allCards();
  cards[cards.indexOf(from) + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
}

function allCards(): readonly HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(".card")];
}
