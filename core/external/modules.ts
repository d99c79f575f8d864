/**
 * Modules of plugins that are not built in: imported in whichever thread needs them, from texts that were read once, so that
 * all threads run the same code. Each state of a plugin's files is a module of its own: ESM never forgets one that was
 * imported, and a changed file must not be mistaken for it.
 *
 * What they import as `snet` and `snet/testing` is this program's own.
 */

import { isBuiltin, registerHooks, stripTypeScriptTypes } from "node:module";
import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import * as testing from "../kit/testing.ts";
import * as snet from "../kit/mod.ts";
import { formatDuration } from "../duration.ts";
import { fingerprintOf } from "./files.ts";
import type { PluginFile } from "./files.ts";
import { foreignText, importErrorText } from "./import_error.ts";

/** One state of a plugin's files, its own first; can be handed to a Worker. */
export interface PluginModule {
  /** Another one for each state. */
  readonly id: string;
  readonly files: readonly PluginFile[];
}

/** Milliseconds that a plugin's file may take to be imported: a promise at its top level may never come. */
export const IMPORT_LIMIT = 10_000;

/** Stands behind the URLs of a plugin's files. */
const MARK = "?snet=";

const OWN: Readonly<Record<string, object>> = { "snet": snet, "snet/testing": testing };

/** The present state of a plugin's files. */
export function moduleOf(files: readonly PluginFile[]): PluginModule {
  return { id: fingerprintOf(files), files };
}

/**
 * Imports a plugin's module: its default export, undefined if it has none.
 *
 * Throws an Error of one line where that fails or is not done within `limit` milliseconds.
 */
export async function importModule(
  module: PluginModule,
  limit = IMPORT_LIMIT,
): Promise<unknown> {
  supply();
  const urlOf = ({ path }: PluginFile) => `${pathToFileURL(path).href}${MARK}${module.id}`;
  const [entry] = module.files;
  for (const file of module.files) sources.set(urlOf(file), file);
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(new Error(`what it awaits at its top level has not come within ${formatDuration(limit)}`)),
        limit,
      );
    });
    const imported = import(urlOf(entry!)) as Promise<{ readonly default?: unknown }>;
    return (await Promise.race([imported, late])).default;
  } catch (error) {
    const isOwn = (path: string) => module.files.some((file) => file.path === path);
    throw new Error(importErrorText(error, isOwn, withoutMark));
  } finally {
    clearTimeout(timer);
  }
}

function withoutMark(text: string): string {
  return text.replaceAll(/\?snet=[0-9a-f]+/g, "");
}

/** Files by their marked URL. */
const sources = new Map<string, PluginFile>();
let isSupplying = false;

/** From now on this thread imports plugins' modules from {@linkcode sources}, and `snet` from itself. */
function supply(): void {
  if (isSupplying) return;
  isSupplying = true;
  (globalThis as unknown as Record<symbol, unknown>)[OWN_KEY] = OWN;
  registerHooks({
    resolve(specifier, context, next) {
      const { parentURL = "" } = context;
      const at = parentURL.indexOf(MARK);
      if (at < 0) return next(specifier, context);
      if (Object.hasOwn(OWN, specifier)) {
        return { url: `snet:${specifier}`, format: "module", shortCircuit: true };
      }
      if (isBuiltin(specifier)) return next(specifier, context);
      if (!/^(\.{1,2}\/|\/|file:)/.test(specifier)) {
        throw new Error(foreignText(specifier, Object.keys(OWN)));
      }
      const { href } = new URL(specifier, parentURL.slice(0, at));
      return { url: `${href}${parentURL.slice(at)}`, shortCircuit: true };
    },
    load(url, context, next) {
      const own = /^snet:(.*)$/.exec(url)?.[1];
      if (own !== undefined) return { format: "module", source: ownCode(own), shortCircuit: true };
      const file = sources.get(url);
      if (file === undefined) return next(url, context);
      try {
        // Deno's own, for the sake of the places in messages.
        const loaded = next(url, context);
        if (isUnchanged(file)) return loaded;
      } catch (error) {
        if (isUnchanged(file)) throw error;
      }
      return { format: "module", source: javaScript(file), shortCircuit: true };
    },
  });
}

function isUnchanged({ path, text }: PluginFile): boolean {
  try {
    return Deno.readTextFileSync(path) === text;
  } catch {
    return false;
  }
}

/** What was read and is no longer in the file. */
function javaScript({ path, text }: PluginFile): string {
  if (extname(path) === ".json") return `export default ${text};\n`;
  return /\.m?ts$/.test(path) ? stripTypeScriptTypes(text, { mode: "transform" }) : text;
}

/** Where modules that are made of texts find this program's own. */
const OWN_KEY = Symbol.for("snet.modules");

function ownCode(name: string): string {
  const names = Object.keys(OWN[name]!).filter((each) => each !== "default");
  return `export const { ${names.join(", ")} } = globalThis[Symbol.for("snet.modules")][${
    JSON.stringify(name)
  }];\n`;
}
