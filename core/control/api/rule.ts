/** The rules in force, and the files that they stand in. */

import type { RowJson } from "./event.ts";
import type { AnswerScope } from "./question.ts";

/** A rule of the plugin `rules` in force. */
export interface RuleInForce {
  /** Place in the configured list of the plugin that it is of, and its own place among those rules; both from 0. */
  readonly entry: number;
  readonly number: number;
  /** Its file, its place in the file's list from 0, and its line from 1. */
  readonly path: string;
  readonly index: number;
  readonly line: number;
  /** As people call it, where it has a name. */
  readonly name?: string;
  readonly action?: "allow" | "deny" | "ask";
  /** As the file has it, 1000 characters at most; absent where whoever asks may not read the file. */
  readonly text?: string;
  /** Calls that it has answered since its plugin was loaded. */
  readonly hits: number;
  /** The last of them since there is a page, milliseconds since 1970. */
  readonly last?: number;
}

export interface RuleFileJson {
  readonly path: string;
  /** Names the text that is in force. */
  readonly tag: string;
  /** True where something else stands there than what is in force. */
  readonly isChanged?: boolean;
  /** The profiles that it is for; absent of one that counts always. */
  readonly profiles?: readonly string[];
  /** True where none of those is active: its rules do not count. */
  readonly isIdle?: boolean;
}

/** Profiles of rules: a file that is for some counts only while one of them is active. */
export interface RuleProfilesJson {
  readonly names: readonly string[];
  /** Absent where none is. */
  readonly active?: string;
}

/** A profile to be made active. */
export interface RuleSwitchJson {
  /** null for none. */
  readonly name: string | null;
}

/** Values under a name, which rules use as `$name`. */
export interface RuleSetJson {
  readonly name: string;
  /** Where it stands; the line from 1. */
  readonly path: string;
  readonly line: number;
  /** As they are written, 100 at most. */
  readonly values: readonly string[];
  /** How many there are. */
  readonly count: number;
  /** True where the values are files that have them. */
  readonly isInFiles?: boolean;
  /** How many rules name it, of all files. */
  readonly uses: number;
}

export interface RuleListJson {
  /** In the order of asking; the first that matches decides. */
  readonly rules: readonly RuleInForce[];
  /** Rules beyond these. */
  readonly untold: number;
  readonly files: readonly RuleFileJson[];
  /** The sets of files that whoever asks may read. */
  readonly sets: readonly RuleSetJson[];
  /** Absent where no file is for one. */
  readonly profiles?: RuleProfilesJson;
  /** What answers where no plugin does. */
  readonly default: "allow" | "deny";
  /** Whether whoever asks may change files. */
  readonly mayChange: boolean;
  /** Where new files can be made, by whoever may change them; absent where nowhere. */
  readonly folders?: readonly RuleFolderJson[];
  /** The last change that was saved here, which can be undone. */
  readonly undo?: { readonly path: string; readonly time: string };
}

/** A folder of which every file is read whose name ends so. */
export interface RuleFolderJson {
  readonly folder: string;
  readonly suffix: string;
}

/** A new file of rules. */
export interface RuleNewJson {
  /** One of the folders that `/v1/rules` tells of. */
  readonly folder: string;
  /** Letters, digits, `-` and `_`, 63 at most; the folder's suffix is put behind it. */
  readonly name: string;
}

/** What stands in a file of rules now. */
export interface RuleFileText {
  readonly path: string;
  readonly text: string;
  /** Names this very text; to be sent when it is changed. */
  readonly tag: string;
}

/** A text that may become that of a file. */
export interface RuleDraftJson {
  readonly path: string;
  readonly text: string;
}

/** A text whose difference is to be told. */
export interface RuleLookJson extends RuleDraftJson {
  /** True of one that stood there before: told is then what has become different since. */
  readonly isFormer?: boolean;
}

/** As `snet rules check` says it: `path:line:column: message`. */
export interface RuleCheckJson {
  /** With any of these the text is not taken. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  /** Rules of all files together. */
  readonly rules: number;
}

/** A text to be saved in place of the one that `tag` names. */
export interface RuleSaveJson extends RuleDraftJson {
  readonly tag: string;
}

/** What a text would have made different of the decisions that are kept, and of those in the journal, of an hour at most. */
export interface RulePreviewJson {
  /** How many were looked at, and when the first of them was made. */
  readonly decisions: number;
  readonly since?: string;
  /** When those were made that were not looked at any more; absent where none was left out, as that takes long. */
  readonly until?: string;
  /** How many of them were read from the journal; the numbers of these are the journal's. */
  readonly recorded?: number;
  /** Why the journal could not be read. */
  readonly unread?: string;
  /** How many of them would have ended otherwise. */
  readonly different: number;
  /** How, the most frequent first: `allow`, `deny EPERM`, or `ask PLUGIN` for what would wait for that one. */
  readonly changes: readonly { readonly before: string; readonly after: string; readonly count: number }[];
  /** The newest of them, 50 at most. */
  readonly examples: readonly RuleDifference[];
}

export interface RuleDifference {
  readonly row: RowJson;
  /** What comes of it by the rules in force, and what would by the text. */
  readonly before: string;
  readonly after: string;
}

/** A rule of a file to be asked earlier or later; comments above it go with it. */
export interface RuleMoveJson {
  readonly path: string;
  /** Of the text in which it stands. */
  readonly tag: string;
  /** Its place in the file's list, and the place that it is to have, from 0. */
  readonly from: number;
  readonly to: number;
}

/** What is wanted for a decision that is kept, and for calls like it. */
export interface RuleMakeJson {
  /** Its number. */
  readonly row: number;
  readonly action: "allow" | "deny";
  /** The narrowest that there is if absent. */
  readonly scope?: AnswerScope;
}

/** A file of rules with a rule that was made; nothing is written. */
export interface RuleMadeJson {
  readonly path: string;
  readonly text: string;
  /** Names the text that stands there now, and that text. */
  readonly tag: string;
  readonly former: string;
  /** Where the rule stands, from 1. */
  readonly line: number;
  readonly scope: AnswerScope;
  /** All that the rule could be about, the narrowest first. */
  readonly scopes: readonly AnswerScope[];
  /** Why a rule that allows is broad; absent where it is not. */
  readonly broad?: readonly string[];
}
