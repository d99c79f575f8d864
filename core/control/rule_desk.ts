/** Rules as people see and change them: the files of the plugin `rules`, checked, written and loaded, or left as they were. */

import { dirname } from "node:path";
import type { Journal, RuleCheck } from "../cli/builtin.ts";
import { printableWord } from "../cli/describe.ts";
import type { UserName } from "../cli/users.ts";
import type { PluginConfig } from "../config.ts";
import type { Lanes } from "../lanes.ts";
import type { LinkCounts } from "../link.ts";
import type { PluginContext, SourceText } from "../plugin.ts";
import { ConfigError } from "../yaml.ts";
import { moveRule } from "../rule_file/extents.ts";
import type {
  Observation,
  RuleCheckJson,
  RuleDraftJson,
  RuleFileText,
  RuleListJson,
  RuleLookJson,
  RuleMadeJson,
  RuleMakeJson,
  RuleMoveJson,
  RuleNewJson,
  RulePreviewJson,
  RuleProfilesJson,
  RuleSaveJson,
} from "./api.ts";
import { FileChanges, textAt } from "./file_changes.ts";
import type { LastHits } from "./last_hits.ts";
import type { Kept } from "./recent.ts";
import { makeRuleFile, newPath, ruleFolders, unmakeRuleFile } from "./new_rule_file.ts";
import { RequestError } from "./request_error.ts";
import type { OptionDesk } from "./option_desk.ts";
import { activeFiles, profilesOf, switchProfile, told } from "./rule_profiles.ts";
import { placeFor, withRule } from "./rule_maker.ts";
import {
  filesOf,
  MOST_TEXT,
  ruleFileJson,
  ruleFiles,
  RULES,
  rulesInForce,
  setsIn,
  tagOf,
} from "./rule_list.ts";

export interface RuleDeskParts {
  /** What is in force. */
  readonly lanes: () => Pick<Lanes, "config" | "links" | "plugins">;
  /** What plugins are given of the outside. */
  readonly context: PluginContext;
  readonly counts: () => Promise<readonly LinkCounts[]>;
  readonly lastHits?: () => LastHits | undefined;
  /** When that was taken over, milliseconds since 1970. */
  readonly loaded: () => number;
  /** Checks the options of the plugin `rules`; absent where nobody can. */
  readonly check?: ((options: PluginConfig["options"]) => Promise<RuleCheck>) | undefined;
  /** Opens the file of the plugin `journal`; absent where nobody can. */
  readonly openJournal?: ((path: string) => Promise<Journal>) | undefined;
  /** Takes over what has changed; rejects where that is refused, and then nothing has. */
  readonly reload: () => Promise<unknown>;
  readonly now: () => number;
  /** Shared with who else changes files of the configuration; its own if absent. */
  readonly changes?: FileChanges;
}

/** All that it throws is a RequestError, of several lines where a file has several mistakes. */
export class RuleDesk {
  readonly #parts: RuleDeskParts;
  readonly #changes: FileChanges;
  #isPreviewing = false;

  constructor(parts: RuleDeskParts) {
    this.#parts = parts;
    this.#changes = parts.changes ?? new FileChanges(parts);
  }

  /** The rules in force; of files that not everybody may read the text only where `mayChange`. */
  async list(mayChange: boolean): Promise<RuleListJson> {
    const counts = await this.#parts.counts();
    const lanes = this.#parts.lanes();
    const files = ruleFiles(lanes.config);
    const shown = new Set(files.filter(({ path }) => mayChange || isForAll(path)).map(({ path }) => path));
    const last = this.#changes.last((path) => files.some((file) => file.path === path));
    const folders = ruleFolders(lanes.config.plugins);
    const profiles = profilesOf(lanes.config);
    return {
      ...rulesInForce(lanes, counts, this.#parts.lastHits?.(), (path) => shown.has(path)),
      files: files.map((file) => ruleFileJson(file, textAt(file.path), profiles?.active)),
      sets: setsIn(files, (path) => shown.has(path)),
      ...(profiles !== undefined && { profiles: told(profiles) }),
      default: lanes.config.default,
      mayChange,
      ...(mayChange && folders.length > 0 && { folders }),
      ...(mayChange && last && { undo: { path: last.path, time: new Date(last.time).toISOString() } }),
    };
  }

  /** What stands in one of the files now. */
  file(path: string, mayChange: boolean): RuleFileText {
    this.#source(path);
    if (!mayChange && !isForAll(path)) {
      throw new RequestError(403, `${path} is not for everybody to read; only root may here`);
    }
    const text = textAt(path);
    if (text === undefined) {
      throw new RequestError(409, `${path} cannot be read, or is too large to be shown here`);
    }
    if (text.length > MOST_TEXT) {
      throw new RequestError(413, `${path} has ${text.length} characters; ${MOST_TEXT} are shown here`);
    }
    return { path, text, tag: tagOf(text) };
  }

  /** What loading would have against a text, and what is odd; nothing is written. */
  async check({ path, text }: RuleDraftJson): Promise<RuleCheckJson> {
    this.#source(path);
    const { check } = this.#parts;
    if (check === undefined) throw new RequestError(503, "Rules cannot be checked here");
    if (text.length > MOST_TEXT) throw new RequestError(413, `More than ${MOST_TEXT} characters`);
    const entries = this.drafted(path, text).filter(({ name }) => name === RULES);
    const checks = await Promise.all(entries.map(({ options }) => check(options)));
    return {
      errors: [...new Set(checks.flatMap(({ errors }) => errors))],
      warnings: [...new Set(checks.flatMap(({ warnings }) => warnings))],
      rules: checks.reduce((sum, { rules }) => sum + rules, 0),
    };
  }

  /** What a text would have made different of these decisions; nothing is written. One preview at a time. */
  async preview(draft: RuleLookJson, kept: readonly Kept[], userName: UserName): Promise<RulePreviewJson> {
    const { errors } = await this.check(draft);
    if (errors.length > 0) throw new RequestError(400, errors.join("\n"));
    if (this.#isPreviewing) throw new RequestError(429, "Another preview is being made; try again");
    this.#isPreviewing = true;
    try {
      const { previewRules } = await import("./rule_preview.ts");
      const { context, now } = this.#parts;
      const drafted = this.drafted(draft.path, draft.text);
      const lanes = this.#parts.lanes();
      const { isFormer } = draft;
      const { OpenJournal, pastOf } = await import("./rule_past.ts");
      using journal = await OpenJournal.of(lanes.config, this.#parts.openJournal);
      const past = pastOf(kept, journal.reader, now());
      const tick = () => performance.now();
      const told = await previewRules({ lanes, drafted, isFormer, context, past, userName, tick });
      return journal.why === undefined ? told : { ...told, unread: journal.why };
    } catch (error) {
      if (error instanceof ConfigError) throw new RequestError(400, error.message);
      throw error;
    } finally {
      this.#isPreviewing = false;
    }
  }

  /** The entries of the configuration with a text in place of a file's. */
  drafted(path: string, text: string): readonly PluginConfig[] {
    return this.#parts.lanes().config.plugins.map((entry) => {
      if (entry.name !== RULES) return entry;
      const files = filesOf(entry).map((file) => file.path === path ? { path, text } : file);
      return { ...entry, options: { ...entry.options, files } };
    });
  }

  /** Writes a text and has it loaded; where that is refused, the former text is back when this rejects. */
  save({ path, text, tag }: RuleSaveJson): Promise<RuleFileText> {
    return this.#changes.inTurn(async () => {
      const { errors } = await this.check({ path, text });
      if (errors.length > 0) throw new RequestError(400, errors.join("\n"));
      await this.#changes.save(path, text, (now) => tagOf(now) === tag);
      return { path, text, tag: tagOf(text) };
    });
  }

  /** Has a rule asked earlier or later; as {@linkcode save}. */
  async move({ path, tag, from, to }: RuleMoveJson): Promise<RuleFileText> {
    const { text } = this.file(path, true);
    if (tagOf(text) !== tag) throw new RequestError(409, `${path} was changed meanwhile; nothing was moved`);
    let moved: string;
    try {
      moved = moveRule(path, text, from, to);
    } catch (error) {
      throw new RequestError(409, (error as Error).message);
    }
    return await this.save({ path, text: moved, tag });
  }

  /** Makes a file that says nothing yet and has it loaded; where that is refused, it is gone when this rejects. */
  begin({ folder, name }: RuleNewJson): Promise<RuleFileText> {
    return this.#changes.inTurn(async () => {
      const { config } = this.#parts.lanes();
      const path = newPath(ruleFolders(config.plugins), folder, name);
      makeRuleFile(path, ruleFiles(config).map(({ path }) => path));
      try {
        await this.#parts.reload();
        return this.file(path, true);
      } catch (error) {
        unmakeRuleFile(path);
        await this.#parts.reload().catch(() => {});
        throw new RequestError(409, `Not loaded, so it was taken away: ${(error as Error).message}`);
      }
    });
  }

  /** The file of rules with what is wanted of a decision; nothing is written. */
  make(observation: Observation, wanted: RuleMakeJson, userName: UserName): RuleMadeJson {
    const { lanes, loaded } = this.#parts;
    const place = placeFor(observation, activeFiles(lanes().config), loaded());
    if (place === undefined) {
      throw new RequestError(409, "There is no file of rules that it could be written to");
    }
    const { path, text: former, tag } = this.file(place.file.path, true);
    const user = printableWord(userName(observation.event.task.uid));
    return { path, tag, former, ...withRule(observation, wanted, place, former, user) };
  }

  /** Makes another profile active, or none; `options` changes the configuration's file. */
  async switch(name: string | null, options: OptionDesk): Promise<RuleProfilesJson> {
    return await switchProfile(this.#parts.lanes().config, options, name);
  }

  /** Puts back what stood there before the last save. */
  async undo(): Promise<RuleFileText> {
    const files = ruleFiles(this.#parts.lanes().config);
    const { path, former } = await this.#changes.undo((path) => files.some((file) => file.path === path));
    return { path, text: former, tag: tagOf(former) };
  }

  /** A file of the plugin `rules`; whatever else there is on the machine is no business of who asks here. */
  #source(path: string): SourceText {
    const file = ruleFiles(this.#parts.lanes().config).find((file) => file.path === path);
    if (file !== undefined) return file;
    throw new RequestError(404, `${JSON.stringify(path)} is no file of rules that is in force`);
  }
}

/** Whether everybody on this machine may read a file: by its permissions, and those of all folders on the way to it. */
function isForAll(path: string): boolean {
  try {
    const real = Deno.realPathSync(path);
    return isGiven(real, READ) && foldersOf(real).every((folder) => isGiven(folder, SEARCH));
  } catch {
    return false;
  }
}

/** Permissions of those who are neither the owner nor of the group. */
const [READ, SEARCH] = [0o004, 0o001];

function isGiven(path: string, permission: number): boolean {
  return ((Deno.statSync(path).mode ?? 0) & permission) !== 0;
}

function foldersOf(path: string): readonly string[] {
  const folder = dirname(path);
  return folder === path ? [] : [folder, ...foldersOf(folder)];
}
