/** The questions that wait for people, as the daemon tells of them, and for a moment what became of the last. */

import { computed, signal } from "@preact/signals";
import type { Answered, AnswerJson, QuestionChange, QuestionJson } from "../../core/control/api.ts";
import { post, refusal } from "./http.ts";
import { SharedStream } from "./shared_stream.ts";

/** How long a question that has ended stays in its place, milliseconds: what is below is not to move at once. */
const FAREWELL = 4_000;
/** Ended ones that stay at most. */
const MOST_ENDED = 50;

/** A question in its place. */
export interface Entry {
  readonly question: QuestionJson;
  /** What became of it; undefined while it waits. */
  readonly end?: string;
}

/** The oldest first. */
export const entries = signal<readonly Entry[]>([]);

/** Those that wait. */
export const questions = computed(() =>
  entries.value.filter(({ end }) => end === undefined).map(({ question }) => question)
);

/** Those of one program each, in the order of the oldest of them. */
export const groups = computed(() => [...Map.groupBy(entries.value, ({ question }) => question.program)]);

/** What has just become of one, for whoever does not see it. */
export const news = signal("");

/** Whether all that wait have been heard of. */
let isKnown = false;

export const questionStream = new SharedStream({
  name: "snet-questions",
  path: () => "/v1/questions/events",
  place: () => 0,
  hear: (data) => hear(data as QuestionChange),
  recap: () => isKnown ? [{ after: 0, data: { kind: "waiting", questions: questions.value }, id: "" }] : [],
});

/** Ended ones whose time is over while they are to keep their places. */
const due = new Set<string>();
let isKept = false;

/** Whether everything keeps its place: somebody is about to point at something. */
export function keepPlaces(on: boolean): void {
  isKept = on;
  if (!on) leave(due);
}

function hear(change: QuestionChange): void {
  switch (change.kind) {
    case "waiting":
      isKnown = true;
      return replace(change.questions);
    case "opened":
      entries.value = [...entries.value, { question: change.question }];
      return;
    case "changed":
      update(change.question.id, () => ({ question: change.question }));
      return;
    case "closed":
      end(change.id, endText(change));
  }
}

/** Nobody is logged in who would be asked. */
export function forgetQuestions(): void {
  isKnown = false;
  entries.value = [];
  news.value = "";
}

/** Whoever was away for a while has missed what became of those that are not there any more. */
function replace(waiting: readonly QuestionJson[]): void {
  const missing = new Map(waiting.map((question) => [question.id, question]));
  const gone: string[] = [];
  const former = entries.value.map((entry): Entry => {
    const { question: { id }, end } = entry;
    const question = missing.get(id);
    missing.delete(id);
    if (question !== undefined) return { question };
    if (end === undefined) gone.push(id);
    return entry;
  });
  entries.value = [...former, ...[...missing.values()].map((question) => ({ question }))];
  for (const id of gone) end(id, "no longer asked");
}

function update(id: string, change: (entry: Entry) => Entry): void {
  entries.value = entries.value.map((entry) => entry.question.id === id ? change(entry) : entry);
}

function end(id: string, text: string): void {
  const entry = entries.value.find(({ question, end }) => question.id === id && end === undefined);
  if (entry === undefined) return;
  update(id, ({ question }) => ({ question, end: text }));
  news.value = `${entry.question.program}, ${entry.question.wish}: ${text}`;
  const ended = entries.value.filter(({ end }) => end !== undefined);
  if (ended.length > MOST_ENDED) leave(new Set([ended[0]!.question.id]));
  setTimeout(() => {
    due.add(id);
    if (!isKept) leave(due);
  }, FAREWELL);
}

function leave(ids: Set<string>): void {
  if (ids.size === 0) return;
  entries.value = entries.value.filter(({ question }) => !ids.has(question.id));
  ids.clear();
}

function endText({ how, answered }: QuestionChange & { readonly kind: "closed" }): string {
  if (answered !== undefined) {
    return `${answered.action === "allow" ? "allowed" : "denied"} by ${answered.by.user}`;
  }
  if (how === "ended") return "the program waits no more";
  return how === "late" ? "nobody answered in time" : "no longer asked";
}

/** Answers; undefined where that worked, else what is wrong in one line. */
export async function answer(id: string, body: AnswerJson): Promise<string | undefined> {
  return await refusal(() => post<Answered>(`/v1/questions/${id}/answer`, body));
}
