/** The entries of snet.yaml that bring a plugin of their own: `from` a file, or `exec` of a program. */

import { existsSync } from "node:fs";
import { extname, isAbsolute, join } from "node:path";
import { DEFAULT_LIMITS, NO_GRANTS } from "../sandbox/mod.ts";
import type { Grants, Limits } from "../sandbox/mod.ts";
import type { YamlFile, YamlMap, YamlNode } from "../yaml.ts";
import { isExternalEntry } from "./external.ts";
import { MODULE_ENDINGS } from "./files.ts";

/** One of them, with its place. */
export interface ExternalEntry {
  /** What the configuration calls the plugin. */
  readonly name: string;
  /** Of the name, in the configuration's text. */
  readonly offset: number;
  /** A file to be imported, or a program with its arguments; absolute paths. */
  readonly program: { readonly module: string } | { readonly exec: readonly string[] };
  /** Of what names the program. */
  readonly programOffset: number;
  /** Runs in the daemon's own process. */
  readonly trusted: boolean;
  readonly grants: Grants;
  /** Where each of the grants stands. */
  readonly grantOffsets: ReadonlyMap<string, number>;
  readonly limits: Limits;
  /** The operator lets it run where the kernel has no Landlock. */
  readonly unconfined: boolean;
}

/** The kinds of what is granted. */
export const GRANT_KINDS = ["read", "write", "net", "env"] as const satisfies (keyof Grants)[];

/** A name that stands in messages, counters and the journal. */
const NAME = /^[A-Za-z][\w.-]{0,63}$/;
const MEBIBYTE = 1024 * 1024;
/** A module's runtime alone holds some 65 MiB. */
const LEAST_MODULE_MEMORY = 80;
/** Two hours, longer than anybody waits. */
const LONGEST = 7_200_000;

/** Finds them; what is wrong with their own keys becomes problems of `file`, and they are left out. */
export function externalEntries(
  file: YamlFile,
  folder: string,
  isBuiltIn: (name: string) => boolean,
): readonly ExternalEntry[] {
  const root = file.root.kind === "map" ? file.root.entries : [];
  const list = root.find(({ key }) => key === "plugins")?.value;
  const found: ExternalEntry[] = [];
  for (const item of file.items(list)) {
    const entry = item.kind === "map" && item.entries.length === 1 ? item.entries[0]! : undefined;
    if (entry === undefined || entry.value.kind !== "map" || !isExternalEntry(entry.value)) continue;
    const { key: name, offset } = entry;
    const before = file.problems.length;
    if (isBuiltIn(name)) {
      file.problem(offset, `"${name}" is a built-in plugin; give this one another name`);
    } else if (!NAME.test(name)) {
      file.problem(
        offset,
        `"${name}" cannot name a plugin: letters, digits, "-", "_" and ".", a letter first`,
      );
    } else if (found.some((other) => other.name === name)) {
      file.problem(offset, `there is a plugin "${name}" already; give this one another name`);
    }
    const read = new EntryReader(file, folder).read(name, offset, entry.value);
    if (read !== undefined && file.problems.length === before) found.push(read);
  }
  return found;
}

class EntryReader {
  constructor(readonly file: YamlFile, readonly folder: string) {}

  read(name: string, offset: number, { entries }: YamlMap): ExternalEntry | undefined {
    const { file } = this;
    const value = (key: string) => entries.find((entry) => entry.key === key)?.value;
    const from = value("from");
    const exec = value("exec");
    if (from !== undefined && exec !== undefined) {
      file.problem(exec, `"from" and "exec" are two ways; write one of them`);
      return undefined;
    }
    const program = from === undefined ? this.#exec(exec!) : this.#from(from);
    if (program === undefined) return undefined;
    const trusted = file.boolean(value("trusted")) ?? false;
    if (trusted && exec !== undefined) {
      file.problem(value("trusted")!, `a program runs in a process of its own; "trusted" is for "from"`);
    }
    for (const key of trusted ? ["grants", "limits", "unconfined"] : []) {
      const node = value(key);
      if (node !== undefined) {
        file.problem(
          node,
          `a trusted plugin may do all that the daemon may; leave "${key}" out, or "trusted"`,
        );
      }
    }
    const [grants, grantOffsets] = this.#grants(value("grants"));
    const limits = this.#limits(value("limits"), from === undefined ? 1 : LEAST_MODULE_MEMORY);
    const programOffset = (from ?? exec)!.offset;
    const unconfined = file.boolean(value("unconfined")) ?? false;
    return { name, offset, program, programOffset, trusted, grants, grantOffsets, limits, unconfined };
  }

  #from(node: YamlNode): ExternalEntry["program"] | undefined {
    const { file } = this;
    const path = file.string(node);
    if (path === undefined) return undefined;
    if (!(MODULE_ENDINGS as readonly string[]).includes(extname(path))) {
      file.problem(
        node,
        `"${path}" is no ${MODULE_ENDINGS.join(", ")} file; other programs are started by "exec"`,
      );
    }
    return { module: this.#path(path) };
  }

  /** Arguments that name a file beside the configuration are made absolute: a process has no folder to start from. */
  #exec(node: YamlNode): ExternalEntry["program"] | undefined {
    const { file } = this;
    const [program, ...words] = file.strings(node) ?? [];
    if (program === undefined) {
      file.problem(
        node,
        `"exec" names no program; write it with its arguments: [/usr/bin/python3, lookup.py]`,
      );
      return undefined;
    }
    if (!program.includes("/")) {
      file.problem(
        node,
        `"${program}" is looked for in no folder; write its path, such as /usr/bin/${program}`,
      );
      return undefined;
    }
    const path = this.#path(program);
    if (!existsSync(path)) file.problem(node, `there is no program ${path}`);
    const named = words.map((word) =>
      !word.startsWith("-") && existsSync(this.#path(word)) ? this.#path(word) : word
    );
    return { exec: [path, ...named] };
  }

  #grants(node: YamlNode | undefined): [Grants, Map<string, number>] {
    const { file } = this;
    const fields = file.fields(node, GRANT_KINDS, "in grants");
    const offsets = new Map<string, number>();
    const grants: { -readonly [K in keyof Grants]: string[] } = { read: [], write: [], net: [], env: [] };
    for (const kind of GRANT_KINDS) {
      for (const item of file.items(fields.get(kind))) {
        const text = file.string(item);
        if (text === undefined) continue;
        if (kind === "net" && !/^(\[[0-9a-fA-F:.]+\]|[^:\s/]+):\d{1,5}$/.test(text)) {
          file.problem(item, `"${text}" is no host and port, such as 192.0.2.7:443`);
        }
        const granted = kind === "read" || kind === "write" ? this.#path(text) : text;
        grants[kind].push(granted);
        offsets.set(`${kind} ${granted}`, item.offset);
      }
    }
    return [node === undefined ? NO_GRANTS : grants, offsets];
  }

  #limits(node: YamlNode | undefined, leastMemory: number): Limits {
    const { file } = this;
    const known = Object.keys(DEFAULT_LIMITS) as (keyof Limits)[];
    const fields = file.fields(node, known, "in limits");
    const count = (key: keyof Limits, min: number, max: number) =>
      file.integer(fields.get(key), { min, max });
    const bytes = (key: keyof Limits, min: number) => {
      const megabytes = count(key, min, 1_000_000);
      return megabytes === undefined ? undefined : megabytes * MEBIBYTE;
    };
    const time = (key: keyof Limits) => file.duration(fields.get(key), { min: 1, max: LONGEST });
    return {
      memory: bytes("memory", leastMemory) ?? DEFAULT_LIMITS.memory,
      cpu: count("cpu", 1, 100_000) ?? DEFAULT_LIMITS.cpu,
      openFiles: count("openFiles", 16, 1_000_000) ?? DEFAULT_LIMITS.openFiles,
      fileSize: bytes("fileSize", 1) ?? DEFAULT_LIMITS.fileSize,
      processes: count("processes", 0, 10_000) ?? DEFAULT_LIMITS.processes,
      waiting: count("waiting", 1, 65_536) ?? DEFAULT_LIMITS.waiting,
      start: time("start") ?? DEFAULT_LIMITS.start,
      alive: time("alive") ?? DEFAULT_LIMITS.alive,
    };
  }

  #path(path: string): string {
    return isAbsolute(path) ? path : join(this.folder, path);
  }
}
