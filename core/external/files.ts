/** The files that a plugin consists of: what is in them, and who else could change them. */

import { createHash } from "node:crypto";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { reasonOf } from "../config_files.ts";
import { readRegularFile } from "../regular_file.ts";

/** What a plugin's file may be called. */
export const MODULE_ENDINGS = [".ts", ".js", ".mts", ".mjs"] as const;

/** A file as it was read. */
export interface PluginFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

/** More files than this are no plugin, but a folder of packages that it reached into. */
const MOST_FILES = 500;
/** Bytes of all of them: snet has them in its memory, and a plugin may name any file beside it. */
const MOST_BYTES = 32 * 1024 * 1024;

/** What a text names of its own folder, or one relative to it: every import, and some that are none. */
const RELATIVE = /["'`](\.{1,2}\/[^"'`\n${}]+)["'`]/g;

/**
 * The files of a plugin, that of `entry` (absolute) first: what they import of each other by relative paths, at any depth.
 * Whatever looks like such a path and is there counts, so that nothing which is imported is missing, but for paths that are
 * put together at run time.
 *
 * Throws an Error of one line where a file cannot be read.
 */
export function filesOf(entry: string): readonly PluginFile[] {
  let room = MOST_BYTES;
  const fileOf = (path: string): PluginFile => {
    const bytes = read(path, room);
    room -= bytes.length;
    return { path, text: decoder.decode(bytes) };
  };
  const files = new Map<string, PluginFile>([[entry, fileOf(entry)]]);
  for (const { path, text } of files.values()) {
    for (const [, relative] of text.matchAll(RELATIVE)) {
      const named = fileURLToPath(new URL(relative!, pathToFileURL(path)));
      if (files.has(named) || !isImportable(named)) continue;
      if (files.size === MOST_FILES) throw new Error(`it consists of more than ${MOST_FILES} files`);
      files.set(named, fileOf(named));
    }
  }
  return [...files.values()];
}

/** The folders that files are in, each once. */
export function foldersOf(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.map(dirname))];
}

/** A short text that is another one for whatever differs in the parts. */
export function fingerprintOf(parts: unknown): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}

/** Permission to write for all. */
const WRITABLE_BY_ALL = 0o002;
/** What is in such a folder can be removed by its owner only. */
const STICKY = 0o1000;

/** More symbolic links than this Linux does not follow either (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * Why others than root and user `uid` could change a file, what its folder holds, or put another in the place of any folder or
 * symbolic link on the way there; undefined if they cannot. A group that may write is the administrator's own choice.
 */
export function changeableBy(path: string, uid: number): string | undefined {
  const folder = dirname(Deno.realPathSync(path));
  const rest = resolve(path).split("/").filter((name) => name !== "");
  let links = 0;
  // One step after the other, since a link leads on from wherever it lies.
  let each = "/";
  for (let name: string | undefined = "."; name !== undefined; name = rest.shift()) {
    const next = join(each, name);
    const { mode, uid: owner, isSymlink } = Deno.lstatSync(next);
    if (owner !== null && owner !== 0 && owner !== uid) {
      return `${next} belongs to uid ${owner}, who can put code of their own there; chown gives it to root`;
    }
    if (isSymlink) {
      if (++links > MOST_LINKS) {
        throw new Error(`${path} leads through more than ${MOST_LINKS} symbolic links`);
      }
      const target = Deno.readLinkSync(next);
      if (target.startsWith("/")) each = "/";
      rest.unshift(...target.split("/").filter((name) => name !== ""));
      continue;
    }
    each = next;
    const others = ((mode ?? 0) & WRITABLE_BY_ALL) !== 0;
    const isSticky = ((mode ?? 0) & STICKY) !== 0;
    if (others && (!isSticky || each === folder)) {
      return `everybody may write to ${each}, and so put code of their own there; chmod o-w takes that back`;
    }
  }
  return undefined;
}

const decoder = new TextDecoder();

function read(path: string, most: number): Uint8Array {
  try {
    return readRegularFile(path, most);
  } catch (error) {
    throw new Error(`cannot read ${path}: ${reasonOf(error)}`);
  }
}

function isImportable(path: string): boolean {
  if (![...MODULE_ENDINGS, ".json"].includes(extname(path))) return false;
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
