/**
 * What `snet` and `snet/testing` declare, each in one `.d.ts` file for editors and type checks, so that the one binary can
 * write them beside a plugin. It links the declarations of the sources, from those that the modules export to whatever these
 * name.
 *
 * The compiler would have to know all of snet for that, and Deno as well; sources that write out their types, as these do,
 * need no compiler.
 */

const ROOT = new URL("../../", import.meta.url).pathname;

/** Modules by what plugins call them. */
const MODULES = { "snet": "core/kit/mod.ts", "snet/testing": "core/kit/testing.ts" } as const;

/** What only built-in plugins are given: nothing that others could use, and much to declare. */
const OWN = new Set(["QuestionDesk", "Processes"]);

/** What a file declares by one name, each with the comment before it. */
interface Statement {
  readonly file: string;
  readonly name: string;
  readonly texts: readonly string[];
}

/** Where a name of a file comes from. */
interface Origin {
  readonly file: string;
  readonly name: string;
}

interface Source {
  readonly statements: ReadonlyMap<string, Statement>;
  /** Imported names, and those that are handed on. */
  readonly origins: ReadonlyMap<string, Origin>;
  readonly exported: readonly string[];
  /** Files all of whose names are handed on. */
  readonly all: readonly string[];
  /** The comment at its beginning. */
  readonly doc: string;
}

/**
 * Texts of `.d.ts` files by the names of the modules. Throws an Error where something is declared in a way that this does not
 * know.
 */
export function declarationsOfSources(): Record<keyof typeof MODULES, string> {
  const linker = new Linker();
  return { "snet": linker.link(MODULES["snet"]), "snet/testing": linker.link(MODULES["snet/testing"]) };
}

class Linker {
  readonly #sources = new Map<string, Source>();
  /** What the first module declares, which others import from it. */
  readonly #given = new Map<Statement, string>();

  link(path: string): string {
    const { exported, doc } = this.#source(path);
    const names = new Map<Statement, string>();
    const used = new Set<string>();
    for (const name of exported) this.#reach(path, name, names);
    for (const [statement, name] of names) if (this.#given.has(statement)) used.add(name);
    const own = [...names].filter(([statement]) => !this.#given.has(statement));
    const body = own.map(([statement, name]) => this.#declare(statement, name, names));
    const handedOn = exported.filter((name) => used.has(name));
    for (const [statement, name] of own) this.#given.set(statement, name);
    const head = used.size === 0 ? "" : `import type { ${[...used].toSorted().join(", ")} } from "snet";\n\n`;
    const tail = handedOn.length === 0 ? "export {};\n" : `export type { ${handedOn.join(", ")} };\n`;
    return `${doc}${head}${body.join("\n")}\n${tail}`;
  }

  /** Notes the declaration of a name and all that it names. */
  #reach(file: string, local: string, names: Map<Statement, string>): void {
    const statement = this.#find(file, local);
    if (statement === undefined || names.has(statement)) return;
    const taken = (name: string) => [...names.values(), ...this.#given.values()].includes(name);
    const name = this.#given.get(statement) ?? (taken(statement.name) ? local : statement.name);
    if (!this.#given.has(statement) && taken(name)) {
      throw new Error(`${statement.file}: "${name}" is declared by another file too`);
    }
    names.set(statement, name);
    if (this.#given.has(statement)) return;
    for (const word of wordsOf(declarationOf(statement))) this.#reach(statement.file, word, names);
  }

  #declare(statement: Statement, name: string, names: ReadonlyMap<Statement, string>): string {
    let text = declarationOf(statement);
    for (const word of wordsOf(text)) {
      const named = this.#find(statement.file, word);
      const other = named === statement ? name : named && names.get(named);
      if (other !== undefined && other !== word) {
        text = text.replaceAll(new RegExp(`\\b${word}\\b`, "g"), other);
      }
    }
    return text;
  }

  #find(file: string, name: string): Statement | undefined {
    const { statements, origins, all } = this.#source(file);
    const statement = statements.get(name);
    if (statement !== undefined) return statement;
    const origin = origins.get(name);
    if (origin !== undefined) return this.#find(origin.file, origin.name);
    for (const other of all) {
      const found = this.#find(other, name);
      if (found !== undefined) return found;
    }
  }

  #source(file: string): Source {
    const known = this.#sources.get(file) ?? readSource(file);
    this.#sources.set(file, known);
    return known;
  }
}

const START =
  /^(?:export )?(?:declare )?(?:abstract )?(?:const|type|interface|function|async function|class|let|enum) (\w+)/;

function readSource(file: string): Source {
  const text = Deno.readTextFileSync(`${ROOT}${file}`);
  const statements = new Map<string, Statement>();
  const origins = new Map<string, Origin>();
  const exported: string[] = [];
  for (
    const [, from, list, specifier] of text.matchAll(
      /^(import|export) (?:type )?\{([^}]*)\} from "(\.[^"]+)";/gm,
    )
  ) {
    const target = new URL(specifier!, `file:///${file}`).pathname.slice(1);
    for (const item of list!.split(",").map((word) => word.trim().replace(/^type /, "")).filter(Boolean)) {
      const [name = "", as = name] = item.split(" as ");
      origins.set(as, { file: target, name });
      if (from === "export") exported.push(as);
    }
  }
  const all = [...text.matchAll(/^export \* from "(\.[^"]+)";/gm)].map(([, specifier]) =>
    new URL(specifier!, `file:///${file}`).pathname.slice(1)
  );
  const blocks = text.split(
    /\n(?=\/\*\*|\/\/|export |import |declare |type |interface |const |function |class |abstract |let |enum |async )/,
  );
  let comment = "";
  for (const block of blocks) {
    const [, doc = "", rest = ""] = /^(\/\*\*[^]*?\*\/\n?)?([^]*)$/.exec(block)!;
    const name = START.exec(rest)?.[1];
    if (name === undefined) {
      comment = rest.trim() === "" && doc !== "" ? `${doc.trimEnd()}\n` : "";
      continue;
    }
    // A table and the type of its values can share a name.
    const former = statements.get(name)?.texts ?? [];
    statements.set(name, { file, name, texts: [...former, `${comment || doc}${rest.trimEnd()}\n`] });
    if (rest.startsWith("export ")) exported.push(name);
    comment = "";
  }
  const doc = /^\/\*\*[^]*?\*\/\n/.exec(text)?.[0] ?? "";
  return { statements, origins, exported, all, doc };
}

/** A statement as a `.d.ts` file has it: without bodies and values. */
function declarationOf({ file, name, texts }: Statement): string {
  if (OWN.has(name)) return `/** Of built-in plugins only. */\nexport type ${name} = unknown;\n`;
  return texts.map((text) => declared(file, name, text)).join("");
}

function declared(file: string, name: string, text: string): string {
  const [, comment = "", code = ""] = /^(\/\*\*[^]*?\*\/\n)?([^]*)$/.exec(text)!;
  if (/^(export )?(type|interface) /.test(code) || /^declare /.test(code)) return `${comment}${code}`;
  const bare = code.replace(/^(export )?(async )?/, "$1declare ");
  if (/^(export )?(async )?function /.test(code)) {
    // The line on which the body begins: the first at whose end all other brackets are closed.
    const lines = bare.split("\n");
    const end = lines.findIndex((line, index) =>
      line.endsWith("{") && isClosed(lines.slice(0, index + 1).join("\n").slice(0, -1))
    );
    if (end >= 0) {
      const head = lines.slice(0, end + 1).join("\n").slice(0, -2);
      return `${comment}${head.replaceAll(/(\w+): ([\w.<>, ]+) = \{\}/g, "$1?: $2")};\n`;
    }
  }
  if (/^(export )?class /.test(code)) {
    const fields = bare.replaceAll(/^ {2}(?:override )?(readonly \w+) = ("[^"]*");$/gm, "  $1: $2;");
    if (!/ = |\)[^;]*\{$/m.test(fields)) return `${comment}${fields}`;
  }
  const table = /^((?:export )?declare const \w+) = \{([^]*)\} as const;\n$/.exec(bare);
  if (table !== null) {
    const fields = [...table[2]!.matchAll(/^ {2}(\w+): ([\w.]+),$/gm)].map(([, key, value]) =>
      `  readonly ${key}: ${value};\n`
    );
    return `${comment}${table[1]}: {\n${fields.join("")}};\n`;
  }
  throw new Error(`${file}: cannot declare "${name}" without a compiler; write its type out`);
}

function isClosed(text: string): boolean {
  const brackets = text.replaceAll("=>", "");
  const count = (pattern: RegExp) => [...brackets.matchAll(pattern)].length;
  return [[/\(/g, /\)/g], [/\{/g, /\}/g], [/\[/g, /\]/g], [/</g, />/g]].every(([open, close]) =>
    count(open!) === count(close!)
  );
}

/** Names that a declaration may refer to: no comments, no texts. */
function wordsOf(text: string): Set<string> {
  const code = text.replaceAll(/\/\*[^]*?\*\/|\/\/.*$/gm, "").replaceAll(/"[^"\n]*"/g, "");
  return new Set(code.match(/\b[A-Za-z_]\w*\b/g) ?? []);
}
