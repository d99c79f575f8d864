/** The inbox: what waits for a person, by program. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { session } from "../http.ts";
import { canNotify, notifies, notifyRefused, setNotify } from "../notify.ts";
import { Badge, Button, Failure, Grow, Nothing, View } from "../parts.tsx";
import { answer, entries, type Entry, groups, keepPlaces, news, questions } from "../questions.ts";
import { baseName } from "../rows.ts";
import { count } from "../words.ts";
import { Card, settleFocus } from "./card.tsx";

/** Questions of one program that are shown until more are wanted. */
const SHOWN = 5;

export function QuestionsView() {
  useEffect(() => () => keepPlaces(false), []);
  const all = entries.value;
  // Whoever uses keys has them where the questions are.
  useEffect(() => settleFocus(), [all]);
  const waiting = questions.value.length;
  return (
    <View
      title="Questions"
      onPointerEnter={() => keepPlaces(true)}
      onPointerLeave={() => keepPlaces(false)}
      tools={
        <>
          {waiting > 0 && session.value?.role !== "read" && (
            <span class="hint">
              <kbd>↑</kbd> <kbd>↓</kbd> move · <kbd>1</kbd>–<kbd>4</kbd> how long · <kbd>d</kbd> deny ·{" "}
              <kbd>a</kbd> allow
            </span>
          )}
          {canNotify && <Notify />}
        </>
      }
    >
      {notifyRefused.value && (
        <Failure of="This browser does not let the page notify you; its site settings say so." />
      )}
      <p class="hidden" role="status" aria-live="polite">{news.value}</p>
      {groups.value.length === 0
        ? (
          <Nothing
            text="Nobody waits for an answer."
            hint="What a rule answers with “ask” is held here until somebody decides."
          />
        )
        : (
          <div class="inbox">
            {groups.value.map(([program, list]) => <Group key={program} program={program} list={list} />)}
          </div>
        )}
    </View>
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
        {calls > 0 && <Badge>{count(calls)} {calls === 1 ? "call waits" : "calls wait"}</Badge>}
        <Grow />
        {mine.length > 1 && (
          <Button class="quiet" onClick={() => void denyAll()}>Deny all {count(mine.length)} once</Button>
        )}
      </h2>
      <Failure of={failure.value} />
      {shown.map((entry) => <Card key={entry.question.id} entry={entry} />)}
      {shown.length < list.length && (
        <Button onClick={() => isWhole.value = true}>
          Show {count(list.length - shown.length)} more of {baseName(program)}
        </Button>
      )}
    </section>
  );
}
