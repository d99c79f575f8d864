/** What a configuration reads besides itself: the files that it names, with the folders to watch and what is odd about them. */

import { globSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { utf8 } from "../ffi/mod.ts";
import type { SourceText } from "./plugin.ts";
import { readRegularFile } from "./regular_file.ts";
import { ConfigError } from "./yaml.ts";
import type { YamlFile, YamlNode } from "./yaml.ts";

/** A file's text, read as the names of programs are; throws a {@linkcode ConfigError} of one line. */
export function readText(path: string, read: (path: string) => Uint8Array = Deno.readFileSync): string {
  try {
    return utf8(read(path));
  } catch (error) {
    throw new ConfigError([`Cannot read ${path}: ${reasonOf(error)}`]);
  }
}

/** Permission to write for all. */
const WRITABLE_BY_ALL = 0o002;

/** Who else can change a file that decides what programs may do; undefined if only root and this user can. */
export function exposure(path: string): string | undefined {
  const { mode, uid } = Deno.statSync(path);
  if (uid !== 0 && uid !== Deno.uid()) return `${path} belongs to uid ${uid}, who can change what is allowed`;
  if (((mode ?? 0) & WRITABLE_BY_ALL) === 0) return undefined;
  return `everybody may write to ${path} and so change what is allowed; chmod o-w takes that back`;
}

/** Why a file cannot be read, in words that follow its path. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  return error instanceof Error ? error.message : String(error);
}

/** Paths and patterns in a configuration; relative ones start from its folder. */
export class ConfigFiles {
  readonly #file: YamlFile;
  readonly #folder: string;
  readonly #folders: Set<string>;
  readonly #warnings: string[] = [];

  constructor(file: YamlFile) {
    this.#file = file;
    this.#folder = dirname(file.path);
    this.#folders = new Set([this.#folder]);
  }

  /** Folders whose changes may change what was read. */
  get folders(): readonly string[] {
    return [...this.#folders];
  }

  /** `file:line:column: message`, of what is odd but can be used. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /** Adds what others have read for the same configuration. */
  add(folders: readonly string[], warnings: readonly string[]): void {
    for (const folder of folders) this.#folders.add(folder);
    this.#warnings.push(...warnings);
  }

  path(path: string): string {
    return isAbsolute(path) ? path : join(this.#folder, path);
  }

  /** Reads what the patterns name, in the order of the patterns and of the names. */
  read(patterns: readonly string[], at: YamlNode | undefined): SourceText[] {
    return patterns.flatMap((pattern) => {
      const path = this.path(pattern);
      const isGlob = /[*?[{]/.test(pattern);
      this.#folders.add(isGlob ? dirname(path.slice(0, path.search(/[*?[{]/)) + "x") : dirname(path));
      const paths = isGlob ? globSync(path).toSorted() : [path];
      if (paths.length === 0) {
        this.#warnings.push(`${this.#file.place(at ?? this.#file.root)}: "${pattern}" names no file`);
      }
      return paths.flatMap((path) => {
        try {
          const source = { path, text: readText(path, readRegularFile) };
          this.#warnOfExposure(path);
          return [source];
        } catch (error) {
          this.#file.problem(at ?? this.#file.root, (error as Error).message);
          return [];
        }
      });
    });
  }

  #warnOfExposure(path: string): void {
    const warning = exposure(path);
    if (warning !== undefined) this.#warnings.push(warning);
  }
}
