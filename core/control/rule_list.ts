/** The rules in force as people are shown them. */

import { createHash } from "node:crypto";
import type { PluginConfig } from "../config.ts";
import type { Lanes } from "../lanes.ts";
import type { LinkCounts } from "../link.ts";
import type { SourceText } from "../plugin.ts";
import { type RuleExtent, ruleExtents } from "../rule_file/extents.ts";
import { type RuleHead, ruleHead } from "../rule_file/head.ts";
import type { RuleFileJson, RuleInForce, RuleSetJson } from "./api.ts";
import type { LastHits } from "./last_hits.ts";

/** The plugin that decides by files of rules, as a configuration calls it. */
export const RULES = "rules";
/** Rules that are told of; who has more reads them in their files. */
const MOST_RULES = 2000;
/** Characters of a rule's text. */
const MOST_CHARACTERS = 1000;

/** Characters of a file that is shown and changed here: more is no file that people write, and takes long to be parsed. */
export const MOST_TEXT = 512 * 1024;

/** A parsed file stays what it is while it is in force. */
const known = new WeakMap<SourceText, ReadonlyMap<string, RuleExtent>>();
const tags = new WeakMap<SourceText, string>();
const heads = new WeakMap<SourceText, RuleHead>();

/** Values of a set that are told of. */
const MOST_VALUES = 100;
/** What a file says that is too long to be looked at. */
const NO_HEAD: RuleHead = { profiles: undefined, sets: [], uses: new Map() };

/** The files of rules of a configuration, in the order of asking; of no other plugin. */
export function ruleFiles({ plugins }: { readonly plugins: readonly PluginConfig[] }): readonly SourceText[] {
  const files = plugins.flatMap((entry) => entry.name === RULES ? filesOf(entry) : []);
  return [...new Map(files.map((file) => [file.path, file])).values()];
}

/** Files of one entry. */
export function filesOf({ options }: PluginConfig): readonly SourceText[] {
  return options.files as readonly SourceText[];
}

/** The rules in their order; texts of those files only that `isShown`. */
export function rulesInForce(
  { config, links }: Pick<Lanes, "config" | "links">,
  counts: readonly LinkCounts[],
  lastHits: LastHits | undefined,
  isShown: (path: string) => boolean,
): { readonly rules: readonly RuleInForce[]; readonly untold: number } {
  const rules: RuleInForce[] = [];
  let all = 0;
  for (const [place, entry] of config.plugins.entries()) {
    const instance = links[place]?.instance;
    if (entry.name !== RULES || instance?.rules === undefined) continue;
    const hits = counts.find((counted) => counted.place === place)?.hits;
    const extents = new Map(filesOf(entry).map((file) => [file.path, extentsOf(file)]));
    const inFile = new Map<string, number>();
    all += instance.rules.length;
    for (let number = 0; number < instance.rules.length && rules.length < MOST_RULES; number++) {
      const { where } = instance.rules.at(number)!;
      const path = where.replace(/:\d+:\d+$/, "");
      const extent = extents.get(path)?.get(where);
      const last = lastHits?.at(instance, number);
      const index = inFile.get(path) ?? 0;
      inFile.set(path, index + 1);
      rules.push({
        ...{ entry: place, number, path, index },
        line: extent?.line ?? 0,
        ...(extent?.name !== undefined && { name: extent.name }),
        ...(extent?.action !== undefined && { action: extent.action }),
        ...(extent !== undefined && isShown(path) && { text: extent.text.slice(0, MOST_CHARACTERS) }),
        hits: hits?.[number] ?? 0,
        ...(last !== undefined && { last }),
      });
    }
  }
  return { rules, untold: all - rules.length };
}

function extentsOf(file: SourceText): ReadonlyMap<string, RuleExtent> {
  return known.getOrInsertComputed(
    file,
    () =>
      new Map(
        file.text.length > MOST_TEXT
          ? []
          : ruleExtents(file.path, file.text).map((extent) => [extent.where, extent]),
      ),
  );
}

/** What a file says besides its rules. */
export function headOf(file: SourceText): RuleHead {
  return heads.getOrInsertComputed(
    file,
    () => file.text.length > MOST_TEXT ? NO_HEAD : ruleHead(file.path, file.text),
  );
}

/** The named sets of files, with how many rules of all of them name each. */
export function setsIn(
  files: readonly SourceText[],
  isShown: (path: string) => boolean,
): readonly RuleSetJson[] {
  const shown = files.filter(({ path }) => isShown(path));
  const uses = new Map<string, number>();
  for (const [name, count] of files.flatMap((file) => [...headOf(file).uses])) {
    uses.set(name, (uses.get(name) ?? 0) + count);
  }
  return shown.flatMap((file) =>
    headOf(file).sets.map(({ name, line, values, isInFiles }) => ({
      ...{ name, path: file.path, line, values: values.slice(0, MOST_VALUES), count: values.length },
      ...(isInFiles && { isInFiles }),
      uses: uses.get(name) ?? 0,
    }))
  );
}

/** What is to be known of a file without its text; `now` is what stands in it, undefined where it cannot be read. */
export function ruleFileJson(
  file: SourceText,
  now: string | undefined,
  profile: string | undefined,
): RuleFileJson {
  const { path, text } = file;
  const tag = tags.getOrInsertComputed(file, () => tagOf(text));
  const { profiles } = headOf(file);
  return {
    ...{ path, tag },
    ...(now !== text && text.length <= MOST_TEXT && { isChanged: true }),
    ...(profiles !== undefined && { profiles }),
    ...(profiles !== undefined && !profiles.includes(profile!) && { isIdle: true }),
  };
}

/** Names a text. */
export function tagOf(text: string): string {
  return createHash("sha256").update(text, "utf16le").digest("base64url");
}
