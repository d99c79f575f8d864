/** Named lists of values that rules use as `$name`: written in a rule file, or kept in files of their own. */

import { didYouMean, type SourceText, type YamlFile, type YamlNode } from "../../core/mod.ts";

/** One value of a set. */
export interface SetItem {
  readonly text: string;
  /** Notes that it cannot be what it is used as. */
  readonly problem: (message: string) => void;
}

export interface NamedSet {
  readonly name: string;
  readonly items: readonly SetItem[];
  /** Values that the items became, by the function that read them; so each is read, and a mistake told, once. */
  readonly values: Map<unknown, readonly unknown[]>;
}

interface Definition extends NamedSet {
  readonly where: string;
  used: boolean;
}

const NAME = /^[A-Za-z][\w-]*$/;

/** The sets of all rule files. */
export class Sets {
  readonly #sets = new Map<string, Definition>();
  readonly #problems: string[] = [];

  constructor(readonly lists: readonly SourceText[]) {}

  /** What is wrong in files that sets name. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Adds the sets of a rule file. */
  add(file: YamlFile, node: YamlNode | undefined): void {
    if (node === undefined) return;
    if (node.kind !== "map") {
      file.problem(node, `"sets" is a mapping of names to lists`);
      return;
    }
    for (const { key: name, offset, value } of node.entries) {
      if (!NAME.test(name)) {
        file.problem(offset, `"${name}" cannot name a set; use letters, digits, "-" and "_"`);
      }
      const other = this.#sets.get(name);
      if (other !== undefined) file.problem(offset, `the set "${name}" is there already: ${other.where}`);
      const items = value.kind === "map" ? this.#readFiles(file, value) : this.#readInline(file, value);
      this.#sets.set(name, { name, items, values: new Map(), where: file.place(offset), used: false });
    }
  }

  /** The set of `$name`; throws an Error that suggests the nearest. */
  get(reference: string): NamedSet {
    const name = reference.slice(1);
    const set = this.#sets.get(name);
    if (set === undefined) {
      const hint = didYouMean(name, this.#sets.keys());
      throw new Error(`unknown set "${reference}"${hint || `; name it under "sets:"`}`);
    }
    set.used = true;
    return set;
  }

  /** A warning for each set that no rule uses. */
  unused(): readonly string[] {
    return [...this.#sets.values()].filter(({ used }) => !used)
      .map(({ name, where }) => `${where}: no rule uses the set "${name}"`);
  }

  #readInline(file: YamlFile, node: YamlNode): readonly SetItem[] {
    return file.items(node).flatMap((item) => {
      const text = file.string(item);
      return text === undefined ? [] : [{ text, problem: (message: string) => file.problem(item, message) }];
    });
  }

  #readFiles(file: YamlFile, node: YamlNode): readonly SetItem[] {
    const fields = file.fields(node, ["file"], "in a set");
    const paths = fields.get("file");
    if (paths === undefined) file.problem(node, `a set is a list, or a mapping with "file"`);
    return file.items(paths).flatMap((item) => {
      const path = file.string(item);
      if (path === undefined) return [];
      const list = this.lists.find((list) => list.path === besides(file.path, path));
      if (list !== undefined) return this.#readLines(list);
      file.problem(
        item,
        `the file "${besides(file.path, path)}" is not among the "lists" that the daemon reads`,
      );
      return [];
    });
  }

  /** One value a line; `#` begins a comment. */
  #readLines({ path, text }: SourceText): readonly SetItem[] {
    return text.split("\n").flatMap((line, index) => {
      const text = line.replace(/(^|\s)#.*/, "").trim();
      const problem = (message: string) => void this.#problems.push(`${path}:${index + 1}:1: ${message}`);
      return text === "" ? [] : [{ text, problem }];
    });
  }
}

/** A path that stands in a file, seen from that file's folder. */
function besides(file: string, path: string): string {
  if (path.startsWith("/")) return path;
  const folder = file.replace(/[^/]*$/, "");
  return folder + path.replace(/^\.\//, "");
}
