/** What a rule file says besides its rules: for which profiles it is, and which sets it names. */

import { YamlFile, type YamlNode } from "../yaml.ts";

export interface RuleHead {
  /** Undefined of a file that counts always. */
  readonly profiles: readonly string[] | undefined;
  readonly sets: readonly SetHead[];
  /** How many rules name each set. */
  readonly uses: ReadonlyMap<string, number>;
}

/** A named set as its file has it. */
export interface SetHead {
  readonly name: string;
  /** From 1. */
  readonly line: number;
  /** As they are written; of one that is kept in files, their names. */
  readonly values: readonly string[];
  readonly isInFiles: boolean;
}

/** Says nothing of a text that is no rule file. */
export function ruleHead(path: string, text: string): RuleHead {
  const file = new YamlFile(path, text);
  const entries = file.root.kind === "map" ? file.root.entries : [];
  const value = (key: string) => entries.find((entry) => entry.key === key)?.value;
  const profile = value("profile");
  const sets = value("sets");
  const rules = value("rules");
  const uses = new Map<string, number>();
  for (const rule of rules?.kind === "list" ? rules.items : []) {
    const named = new Set(textsIn(rule).filter((text) => text.startsWith("$")).map((text) => text.slice(1)));
    for (const name of named) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  return {
    profiles: profile && textsIn(profile),
    sets: (sets?.kind === "map" ? sets.entries : []).map(({ key, offset, value }) => ({
      name: key,
      line: Number(/:(\d+):\d+$/.exec(file.place(offset))![1]),
      values: textsIn(value),
      isInFiles: value.kind === "map",
    })),
    uses,
  };
}

/** All texts and numbers below a node, as they are written. */
function textsIn(node: YamlNode): readonly string[] {
  if (node.kind === "scalar") return node.value === null ? [] : [node.source];
  return node.kind === "list"
    ? node.items.flatMap(textsIn)
    : node.entries.flatMap(({ value }) => textsIn(value));
}
