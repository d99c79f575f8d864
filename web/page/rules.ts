/** The rules view's state: what is asked of the daemon, and the file that is being edited. */

import { computed, signal } from "@preact/signals";
import type {
  AnswerScope,
  RuleCheckJson,
  RuleFileText,
  RuleListJson,
  RuleMadeJson,
  RuleMakeJson,
  RulePreviewJson,
  RuleProfilesJson,
} from "../../core/control/api.ts";
import { get, post, refusal, RequestError, session } from "./http.ts";

/** Milliseconds without a key after which a text is checked. */
const PAUSE = 300;

/** The rules in force as they were told last; undefined before. */
export const list = signal<RuleListJson | undefined>(undefined);
/** Why something was not done. */
export const failure = signal<string | undefined>(undefined);
/** What was done last. */
export const done = signal<string | undefined>(undefined);
/** What stands in the file that is edited; undefined where none is. */
export const file = signal<RuleFileText | undefined>(undefined);
/** What is to stand there, with line breaks as the text field has them. */
export const draft = signal("");
/** What is said of the draft; undefined while it is not known. */
export const checked = signal<RuleCheckJson | undefined>(undefined);
/** What the draft would have made different; undefined while nobody has asked. */
export const preview = signal<RulePreviewJson | undefined>(undefined);
export const busy = signal(false);
/** A line to be shown first, from 1. */
export const startLine = signal<number | undefined>(undefined);

/** The rule that the draft has more than the file; undefined where none was made. */
export const made = signal<RuleMadeJson & RuleMakeJson | undefined>(undefined);
/** False once somebody has gone on writing: another rule in its place would take that away. */
export const isAsMade = computed(() => made.value?.text.replaceAll("\r\n", "\n") === draft.value);
export const mayChange = computed(() => session.value?.role === "admin");
export const isChanged = computed(() => file.value !== undefined && textOf() !== file.value.text);

/** Turns of asking for the rules: of the last, and of the first whose answer says what is now. */
let [asked, current] = [0, 0];

/** Asks for the rules. */
export async function refresh(signal?: AbortSignal): Promise<void> {
  const own = ++asked;
  await attempt(async () => {
    const told = await get<RuleListJson>("/v1/rules", signal);
    if (own < current) return "late";
    current = own;
    list.value = told;
  });
}

/** Opens a file, at a line where one is given. */
export async function edit(path: string, line?: number): Promise<void> {
  await attempt(async () => {
    open(await get<RuleFileText>(`/v1/rules/file?path=${encodeURIComponent(path)}`), line);
    done.value = undefined;
  });
}

export function close(): void {
  stopTimer();
  file.value = undefined;
  failure.value = undefined;
  preview.value = undefined;
}

/** Another text is to stand there; it is checked once nobody types. */
export function change(text: string): void {
  draft.value = text;
  checked.value = undefined;
  preview.value = undefined;
  failure.value = undefined;
  schedule();
}

export async function save(): Promise<void> {
  const { path, tag } = file.value!;
  const text = textOf();
  await act(async () => {
    const saved = await post<RuleFileText>("/v1/rules/file", { path, text, tag }, "PUT");
    if (file.value?.path === path) {
      // What was typed meanwhile is not saved yet.
      if (textOf() === text) close();
      else file.value = saved;
    }
    done.value = `Saved ${path}; it decides from now on.`;
  });
}

/** The rule that was moved last, and by which of its buttons: there the keys stay. */
export const moved = signal<{ readonly path: string; readonly to: number; readonly by: string } | undefined>(
  undefined,
);

/** Has a rule asked earlier or later, and then tells what has become different by that. */
export async function move(
  path: string,
  from: number,
  to: number,
  by: string,
  tag = tagOf(path),
): Promise<void> {
  const all = list.value!.rules.filter((rule) => rule.path === path).length;
  let former: RuleFileText | undefined;
  preview.value = undefined;
  await act(async () => {
    const stood = await get<RuleFileText>(`/v1/rules/file?path=${encodeURIComponent(path)}`);
    await post("/v1/rules/move", { path, tag, from, to });
    former = stood;
    moved.value = { path, to, by };
    done.value = `Moved to place ${to + 1} of ${all}; ${path} decides in this order from now on.`;
  });
  if (former !== undefined) await lookBack(path, former.text);
}

/** Names the text of a file that is in force, as the list was told last. */
export function tagOf(path: string): string {
  return list.value!.files.find((file) => file.path === path)?.tag ?? "";
}

/** Asks what has become different since a text stood in a file; it is only told where nothing else is shown by then. */
async function lookBack(path: string, text: string): Promise<void> {
  const own = done.value;
  // That it is not known undoes no move.
  await refusal(async () => {
    const told = await post<RulePreviewJson>("/v1/rules/preview", { path, text, isFormer: true });
    if (done.value === own && file.value === undefined) preview.value = told;
  });
}

/** Opens a file with a rule for calls like a decision; what is not saved of another is lost. False where that is not possible. */
export async function make(row: number, action: "allow" | "deny", scope?: AnswerScope): Promise<boolean> {
  const wanted: RuleMakeJson = { row, action, ...(scope !== undefined && { scope }) };
  let isMade = false;
  await act(async () => {
    const answer = await post<RuleMadeJson>("/v1/rules/make", wanted);
    open({ path: answer.path, text: answer.former, tag: answer.tag }, answer.line);
    change(answer.text.replaceAll("\r\n", "\n"));
    made.value = { ...answer, ...wanted, scope: answer.scope };
    isMade = true;
  });
  return isMade;
}

/** Asks what the draft would have made different. */
export async function look(): Promise<void> {
  const { path } = file.value!;
  const text = textOf();
  await act(async () => {
    const told = await post<RulePreviewJson>("/v1/rules/preview", { path, text });
    // Of what was written meanwhile it says nothing.
    if (file.value?.path === path && textOf() === text) preview.value = told;
  });
}

/** Makes a file that says nothing yet, and opens it; false where that is not possible. */
export async function begin(folder: string, name: string): Promise<boolean> {
  let isMade = false;
  await act(async () => {
    open(await post<RuleFileText>("/v1/rules/new", { folder, name }));
    isMade = true;
  });
  return isMade;
}

/** Makes another profile active, or none. */
export async function switchTo(name: string | null): Promise<void> {
  preview.value = undefined;
  await act(async () => {
    await post<RuleProfilesJson>("/v1/rules/profile", { name }, "PUT");
    done.value = name === null ? "No profile is active now." : `The profile ${name} is active now.`;
  });
}

export async function undo(): Promise<void> {
  await act(async () => {
    const { path } = await post<RuleFileText>("/v1/rules/undo");
    close();
    done.value = `${path} is as it was before.`;
  });
}

function open(text: RuleFileText, line?: number): void {
  stopTimer();
  made.value = undefined;
  startLine.value = line;
  draft.value = text.text.replaceAll("\r\n", "\n");
  checked.value = undefined;
  preview.value = undefined;
  file.value = text;
  failure.value = undefined;
  if (mayChange.value) schedule();
}

/** A text field knows but one kind of line break; the file keeps its own. */
function textOf(): string {
  const { text = "" } = file.value ?? {};
  // One that has both kinds is left alone until it is changed.
  if (draft.value === text.replaceAll("\r\n", "\n")) return text;
  return text.includes("\r\n") ? draft.value.replaceAll("\n", "\r\n") : draft.value;
}

let timer: ReturnType<typeof setTimeout> | undefined;
/** Of the latest check: an answer to another is too late. */
let turn = 0;

function stopTimer(): void {
  clearTimeout(timer);
  turn++;
}

function schedule(): void {
  stopTimer();
  timer = setTimeout(check, PAUSE);
}

async function check(): Promise<void> {
  const own = ++turn;
  const { path } = file.value!;
  const refused = await refusal(async () => {
    const answer = await post<RuleCheckJson>("/v1/rules/check", { path, text: textOf() });
    if (own === turn) checked.value = answer;
  });
  if (own === turn && refused !== undefined) failure.value = refused;
}

/** Does one thing at a time, and then looks at what has come of it. */
async function act(run: () => Promise<void>): Promise<void> {
  if (busy.value) return;
  busy.value = true;
  done.value = undefined;
  await attempt(run);
  busy.value = false;
  // What was asked for before is of before.
  current = asked + 1;
  const said = failure.value;
  await refresh();
  failure.value ??= said;
}

/** An answer that comes late says nothing of what went wrong since. */
async function attempt(run: () => Promise<"late" | void>): Promise<void> {
  try {
    if (await run() !== "late") failure.value = undefined;
  } catch (error) {
    if (error instanceof RequestError) failure.value = error.message;
    else if ((error as Error).name !== "AbortError") throw error;
  }
}

/** A message of the daemon, with its place in the file that is edited where it has one there. */
export interface Remark {
  readonly text: string;
  readonly place: { readonly line: number; readonly column: number } | undefined;
}

/** `path:line:column: message`, without the path where it is this one. */
export function remarkOf(path: string, message: string): Remark {
  const rest = message.startsWith(`${path}:`) ? message.slice(path.length + 1) : undefined;
  const found = rest === undefined ? null : /^(\d+):(\d+): ([^]*)$/.exec(rest);
  if (found === null) return { text: message, place: undefined };
  return { text: found[3]!, place: { line: Number(found[1]), column: Number(found[2]) } };
}

/** Where a line and column, both from 1, are in a text. */
export function offsetOf(text: string, { line, column }: NonNullable<Remark["place"]>): number {
  const lines = text.split("\n");
  if (line > lines.length) return text.length;
  const before = lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, 0);
  return before + Math.min(column - 1, lines[line - 1]!.length);
}
