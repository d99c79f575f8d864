/** New files of rules: where the configuration would read them, under strict names, and never in place of anything. */

import { basename, dirname, join } from "node:path";
import type { PluginConfig } from "../config.ts";
import { exposure } from "../config_files.ts";
import { utf8Bytes } from "../../ffi/mod.ts";
import type { RuleFolderJson } from "./api.ts";
import { RequestError } from "./request_error.ts";
import { RULES } from "./rule_list.ts";

/** What a name is made of: nothing that leads elsewhere, hides the file or has another meaning to a shell. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
/** For a file without neighbours. */
const MODE = 0o644;
const PERMISSIONS = 0o777;

/** Says nothing yet, and is read without a mistake. */
export const SKELETON = "# The first rule that matches wins, over all files in their order.\n" +
  "version: 1\nrules: []\n";

/** Folders of which the plugin `rules` reads all files that end in something. */
export function ruleFolders(plugins: readonly PluginConfig[]): readonly RuleFolderJson[] {
  const patterns = plugins.flatMap(({ name, patterns }) => name === RULES ? patterns?.files ?? [] : []);
  return [...new Set(patterns)].flatMap((pattern) => {
    const [folder, last] = [dirname(pattern), basename(pattern)];
    // Of others it is not to be seen which names they take.
    const suffix = /^\*(\.[A-Za-z0-9.]+)$/.exec(last)?.[1];
    return suffix === undefined || /[*?[{\\]/.test(folder) ? [] : [{ folder, suffix }];
  });
}

/** The path of a new file. Throws a RequestError. */
export function newPath(folders: readonly RuleFolderJson[], folder: string, name: string): string {
  const found = folders.find((each) => each.folder === folder);
  if (found === undefined) {
    const all = folders.map(({ folder }) => folder).join(", ");
    throw new RequestError(
      404,
      all === "" ? "The plugin rules reads no folder" : `folder: it is one of ${all}`,
    );
  }
  // What is there beside a name is put behind it here.
  const own = name.endsWith(found.suffix) ? name.slice(0, -found.suffix.length) : name;
  if (!NAME.test(own)) {
    throw new RequestError(
      400,
      `name: letters, digits, "-" and "_" make a name, 63 at most; not ${JSON.stringify(name.slice(0, 80))}`,
    );
  }
  return join(folder, `${own}${found.suffix}`);
}

/**
 * Makes a file that is not there, with mode and owner of a neighbour in its folder. Throws a RequestError; there is no file
 * then, or that of somebody else.
 */
export function makeRuleFile(path: string, neighbours: readonly string[]): void {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${crypto.randomUUID()}`);
  try {
    if (!Deno.lstatSync(folder).isDirectory) throw new RequestError(409, `${folder} is no folder`);
    const danger = exposure(folder);
    if (danger !== undefined) throw new RequestError(409, `Nothing was made: ${danger}`);
    const like = neighbours.find((other) => dirname(other) === folder);
    {
      using file = Deno.openSync(temporary, { write: true, createNew: true, mode: 0o600 });
      const bytes = utf8Bytes(SKELETON);
      for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
      takeAfter(temporary, like);
      file.syncSync();
    }
    // A link is made or not: unlike a rename it takes nobody's place, and follows no link that waits there.
    Deno.linkSync(temporary, path);
  } catch (error) {
    if (error instanceof RequestError) throw error;
    if (error instanceof Deno.errors.AlreadyExists) throw new RequestError(409, `${path} is there already`);
    throw new RequestError(409, `Cannot make ${path}: ${(error as Error).message}`);
  } finally {
    remove(temporary);
  }
}

/** Takes a file away that was made here, unless somebody has written to it since. */
export function unmakeRuleFile(path: string): void {
  try {
    if (Deno.lstatSync(path).isFile && Deno.readTextFileSync(path) === SKELETON) remove(path);
  } catch {
    // Somebody else was first.
  }
}

function takeAfter(path: string, like: string | undefined): void {
  const made = Deno.statSync(path);
  const { uid, gid, mode } = like === undefined ? { ...made, mode: MODE } : Deno.statSync(like);
  if (made.uid !== uid || made.gid !== gid) Deno.chownSync(path, uid, gid);
  Deno.chmodSync(path, (mode ?? MODE) & PERMISSIONS);
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It was not made.
  }
}
