/**
 * A folder in which deno finds what plugins import: their types are checked and their tests run there by the deno that is
 * inside this program, on a machine that has no other and no network.
 */

import { pathToFileURL } from "node:url";
import config from "../../deno.json" with { type: "json" };
import { declarations } from "./declarations.ts";
import type { Declarations } from "./declarations.ts";
import * as snet from "./mod.ts";
import * as testing from "./testing.ts";

/** The modules, by what plugins call them, with the files of the folder. */
const MODULES = {
  "snet": { file: "snet", names: Object.keys(snet), source: "./mod.ts" },
  "snet/testing": { file: "testing", names: Object.keys(testing), source: "./testing.ts" },
} as const;

/** How the deno inside dist/snet is reached (core/package/stub.c). */
const AS_DENO = "--as-deno";

/** Where dist/snet finds its own program. */
const PROGRAM = /^file:\/\/\/proc\/self\/fd\/\d+$/;

/** Removed when it is disposed of. */
export class Workshop implements Disposable {
  readonly #folder: string;
  readonly #isPacked = PROGRAM.test(Deno.mainModule);

  /** Rejects with an Error of one line where this program has no deno inside. */
  static async open(): Promise<Workshop> {
    if (Deno.build.standalone) {
      throw new Error(
        "this snet was made by 'deno compile', with no deno inside to check or test plugins; use one that was not",
      );
    }
    return new Workshop(await declarations());
  }

  private constructor(declared: Declarations) {
    this.#folder = Deno.makeTempDirSync({ prefix: "snet-plugins-" });
    if (this.#isPacked) this.#write("program.js", Deno.readTextFileSync(new URL(Deno.mainModule)));
    const imports: Record<string, string> = {};
    for (const [name, { file, names, source }] of Object.entries(MODULES)) {
      this.#write(`${file}.d.ts`, declared[name as keyof typeof MODULES]);
      const types = `// @ts-self-types="./${file}.d.ts"\n`;
      const code = this.#isPacked
        ? `import { kit } from "./program.js";\nexport const { ${
          names.join(", ")
        } } = (await kit())["${name}"];\n`
        : `export * from ${JSON.stringify(import.meta.resolve(source))};\n`;
      imports[name] = this.#write(`${file}.js`, types + code);
    }
    this.#write("deno.json", JSON.stringify({ imports: { ...config.imports, ...imports } }));
  }

  /** Runs a command of deno to its end; what it writes to a terminal is coloured where `colour` says so. */
  async run(
    command: "check" | "test",
    words: readonly string[],
    output: "piped" | "inherit",
    colour = false,
  ): Promise<{ readonly code: number; readonly text: string }> {
    // Packed, all that is needed is here; the sources' own packages are in the cache.
    const closed = this.#isPacked ? ["--no-remote", "--no-npm"] : ["--cached-only"];
    const flags = ["--config", `${this.#folder}/deno.json`, "--no-lock", ...closed];
    const child = new Deno.Command(Deno.execPath(), {
      args: [...(this.#isPacked ? [AS_DENO] : []), command, ...flags, ...words],
      stdin: "null",
      stdout: output,
      stderr: output,
      // Deno colours pipes and files too.
      ...(!colour && { env: { NO_COLOR: "1" } }),
    }).spawn();
    // Ctrl-C ends the child, which is of the same group; here the folder is still to be removed.
    using _ = outlived("SIGINT", () => {});
    using __ = outlived("SIGTERM", () => child.kill("SIGTERM"));
    if (output === "inherit") return { code: (await child.status).code, text: "" };
    const { code, stdout, stderr } = await child.output();
    const decoder = new TextDecoder();
    return { code, text: `${decoder.decode(stdout)}${decoder.decode(stderr)}` };
  }

  /** A file in the folder. */
  path(name: string): string {
    return `${this.#folder}/${name}`;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#folder, { recursive: true });
  }

  /** Returns its URL. */
  #write(name: string, text: string): string {
    Deno.writeTextFileSync(this.path(name), text);
    return pathToFileURL(this.path(name)).href;
  }
}

/** Does something else than to end, at a signal. */
function outlived(signal: Deno.Signal, act: () => void): Disposable {
  Deno.addSignalListener(signal, act);
  return { [Symbol.dispose]: () => Deno.removeSignalListener(signal, act) };
}
