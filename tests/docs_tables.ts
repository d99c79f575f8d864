/**
 * Tables in documents that follow from declarations. `deno run -A tests/docs_tables.ts` writes them between their marks,
 * `<!-- table: NAME -->` and `<!-- end of table -->`.
 */

import { network } from "../core/net/subsystem.ts";
import type { Subsystem } from "../core/subsystem.ts";
import { attributesTable, eventsTable } from "../core/subsystem_docs.ts";

const ROOT = new URL("../", import.meta.url).pathname;

const snet = network as unknown as Subsystem;

/** The documents with such tables, and what each of their marks stands for. */
export const TABLES: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  "core/README.md": {
    "events of snet": () => eventsTable(snet),
    "attributes of snet": () => attributesTable(snet),
  },
};

const MARKED = /(<!-- table: ([^>]*?) -->\n)([^]*?)(\n<!-- end of table -->)/g;

/** A document with the tables as they are to be. Throws an Error for a mark that stands for nothing. */
export function withTables(path: string, text: string): string {
  const tables = TABLES[path]!;
  const missing = new Set(Object.keys(tables));
  const result = text.replaceAll(MARKED, (_, begin, name, _old, end) => {
    const table = tables[name];
    if (table === undefined) throw new Error(`${path}: there is no table "${name}"`);
    missing.delete(name);
    return `${begin}\n${table()}\n${end}`;
  });
  if (missing.size > 0) throw new Error(`${path}: no mark for ${[...missing].join(", ")}`);
  return result;
}

/** The cells of all tables of a document, whatever its layout. */
export function cellsOf(text: string): readonly string[] {
  return [...text.matchAll(MARKED)].flatMap(([, , , table]) => {
    return table!.split("\n").filter((line) => line.startsWith("|") && !/^[|\s-]+$/.test(line))
      .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()).join("|"));
  });
}

if (import.meta.main) {
  for (const path of Object.keys(TABLES)) {
    Deno.writeTextFileSync(ROOT + path, withTables(path, Deno.readTextFileSync(ROOT + path)));
    await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", ROOT + path] }).output();
  }
}
