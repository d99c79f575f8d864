/** Options of plugins that are being changed: what was typed, and what the daemon has against it. */

import { effect, signal } from "@preact/signals";
import type {
  OptionChangesJson,
  OptionCheckJson,
  OptionErrorJson,
  OptionJson,
  OptionsSavedJson,
  OptionValueJson,
} from "../../core/control/api.ts";
import { post, refusal, session } from "./http.ts";
import { inUnits } from "./words.ts";

/** Milliseconds without a key after which options are checked. */
const PAUSE = 300;

/** What a field holds: lists as lines, but for choices; null where the default is to hold. */
export type Draft = string | boolean | readonly string[] | null;

/** What was done last. */
export const done = signal<string | undefined>(undefined);
/** Why it was not. */
export const failure = signal<string | undefined>(undefined);
export const busy = signal(false);

/** By the places and names of plugins: what was typed outlives the view. */
const edits = new Map<string, OptionEdit>();

/** What is typed for one plugin. */
export class OptionEdit {
  /** By the names of options that are to change. */
  readonly drafts = signal<ReadonlyMap<string, readonly [option: OptionJson, draft: Draft]>>(new Map());
  /** Undefined while it is not known. */
  readonly errors = signal<readonly OptionErrorJson[] | undefined>([]);
  readonly failure = signal<string | undefined>(undefined);
  /** Names the text of the file that was seen when typing began. */
  readonly tag = signal("");
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Of the latest check: an answer to another is too late. */
  #turn = 0;

  constructor(readonly entry: number, readonly name: string) {}

  get isDirty(): boolean {
    return this.drafts.value.size > 0;
  }

  /** What the field of an option holds. */
  of(option: OptionJson): Draft {
    const drafted = this.drafts.value.get(option.name);
    return drafted === undefined ? typedOf(option) : drafted[1];
  }

  change(option: OptionJson, draft: Draft, tag: string): void {
    if (!this.isDirty) this.tag.value = tag;
    const drafts = new Map(this.drafts.value);
    if (isUnchanged(option, draft)) drafts.delete(option.name);
    else drafts.set(option.name, [option, draft]);
    this.drafts.value = drafts;
    this.#schedule();
  }

  /** Goes on with what was typed, over another text. */
  goOn(tag: string): void {
    this.tag.value = tag;
    this.#schedule();
  }

  revert(): void {
    this.#keep(() => false);
  }

  #keep(isKept: (entry: readonly [name: string, draft: unknown]) => boolean): void {
    this.drafts.value = new Map([...this.drafts.value].filter(isKept));
    this.#schedule();
  }

  async save(refresh: () => Promise<void>): Promise<void> {
    await act(async () => {
      const sent = this.drafts.value;
      const { path, tag } = await post<OptionsSavedJson>("/v1/plugins/options", this.#wanted(), "PUT");
      follow(this.tag.value, tag);
      await refresh();
      // What was typed meanwhile is not saved yet.
      this.#keep(([name, draft]) => sent.get(name) !== draft);
      done.value = `Saved ${path}; ${this.name} does so from now on.`;
    }, (message) => this.failure.value = message);
    if (this.failure.value !== undefined) await refresh();
  }

  #wanted(): OptionChangesJson {
    const { entry, name, tag, drafts } = this;
    const changes = [...drafts.value].map(([name, [option, draft]]) => [name, changeOf(option, draft)]);
    return { entry, name, tag: tag.value, changes: Object.fromEntries(changes) };
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#turn++;
    this.failure.value = undefined;
    this.errors.value = this.isDirty ? undefined : [];
    if (this.isDirty) this.#timer = setTimeout(() => void this.#check(), PAUSE);
  }

  async #check(): Promise<void> {
    const own = this.#turn;
    const refused = await refusal(async () => {
      const { errors } = await post<OptionCheckJson>("/v1/plugins/check", this.#wanted());
      if (own === this.#turn) this.errors.value = errors;
    });
    if (own === this.#turn) this.failure.value = refused;
  }
}

export function editOf(entry: number, name: string): OptionEdit {
  const key = `${entry} ${name}`;
  const known = edits.get(key) ?? new OptionEdit(entry, name);
  edits.set(key, known);
  return known;
}

/** Puts back what stood there before the last save; `tag` names what stands there now. */
export async function undo(tag: string | undefined, refresh: () => Promise<void>): Promise<void> {
  failure.value = undefined;
  await act(async () => {
    const saved = await post<OptionsSavedJson>("/v1/plugins/undo");
    if (tag !== undefined) follow(tag, saved.tag);
    await refresh();
    done.value = `${saved.path} is as it was before.`;
  }, (message) => failure.value = message);
  if (failure.value !== undefined) await refresh();
}

/** What this page has written itself is no surprise to what is typed for other plugins. */
function follow(former: string, tag: string): void {
  for (const edit of edits.values()) if (edit.tag.value === former) edit.tag.value = tag;
}

async function act(run: () => Promise<void>, refused: (message: string) => void): Promise<void> {
  if (busy.value) return;
  busy.value = true;
  done.value = undefined;
  try {
    const message = await refusal(run);
    if (message !== undefined) refused(message);
  } finally {
    busy.value = false;
  }
}

// What was typed may be secret: it is not for who logs in next.
effect(() => {
  if (session.value === null) edits.clear();
});

/** What the field of an option holds where nobody has typed: nothing where the default holds, or what is set is not told. */
export function typedOf(option: OptionJson): Draft {
  const { type, value, default: usual } = option;
  if (type === "boolean") return (value ?? usual ?? false) as boolean;
  if (type === "choice") return (value ?? usual ?? "") as string;
  if (type === "choices") return (value ?? usual ?? []) as readonly string[];
  return isSet(option) && value !== undefined && !option.isPartial ? textOf(value, type) : "";
}

/** A value as it is typed. */
export function textOf(value: OptionValueJson, type: OptionJson["type"]): string {
  if (typeof value === "object") return value.join("\n");
  return type === "duration" ? durationText(value as number) : String(value);
}

/** `90s`, `10m`: as durations are written in the configuration. */
function durationText(milliseconds: number): string {
  return inUnits(milliseconds).join("").replace("min", "m");
}

/** What is to be sent; what is no number is for the daemon to refuse, in its words. */
export function changeOf({ type }: OptionJson, draft: Draft): OptionValueJson | null {
  if (typeof draft !== "string") return draft;
  if (type === "strings") {
    const lines = draft.split("\n").map((line) => line.trim()).filter((line) => line !== "");
    return lines.length === 0 ? null : lines;
  }
  const text = type === "string" ? draft : draft.trim();
  if (text === "") return null;
  return type === "integer" && /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}

/** False for what is as it is where nobody says anything. */
export function isSet({ value, default: usual, isWithheld }: OptionJson): boolean {
  return isWithheld === true || value !== undefined && JSON.stringify(value) !== JSON.stringify(usual);
}

function isUnchanged(option: OptionJson, draft: Draft): boolean {
  return draft === null ? !isSet(option) : JSON.stringify(draft) === JSON.stringify(typedOf(option));
}
