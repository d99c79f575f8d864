/** C libraries, opened on first use. */

import { FOR_SYSTEM_CALLS, isSystemCall, openSystemCalls } from "./system_calls.ts";

/** What to open, and what to say if it is not there. */
export interface LibrarySpec<S extends Deno.ForeignLibraryInterface> {
  /** File names to try in turn, the most usual first. */
  readonly files: readonly string[];
  /** The package that has it, by distribution; empty for what no system lacks. */
  readonly packages: Readonly<Record<string, string>>;
  readonly symbols: S;
}

/** The functions of a library; the first call opens it. */
export type Library<S extends Deno.ForeignLibraryInterface> = () => Deno.DynamicLibrary<S>["symbols"];

/**
 * Declares a library. Nothing is opened before the returned function is called, so that a program which only
 * decodes a recording needs neither the library nor the permission for it.
 *
 * The returned function throws an Error that names the missing library and the package to install.
 */
export function library<const S extends Deno.ForeignLibraryInterface>(spec: LibrarySpec<S>): Library<S> {
  let symbols: Deno.DynamicLibrary<S>["symbols"] | undefined;
  return () => symbols ??= open(spec);
}

function open<S extends Deno.ForeignLibraryInterface>(
  spec: LibrarySpec<S>,
): Deno.DynamicLibrary<S>["symbols"] {
  let why = "";
  for (const file of spec.files) {
    try {
      return Deno.dlopen(file, spec.symbols).symbols;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      why ||= reason(file, error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(`Cannot open ${spec.files[0]}: ${why}${advice(spec.packages)}`);
}

/** Files of the C library, to try in turn. */
export const LIBC: readonly string[] = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

/** Whether failed system calls return -1, with the reason in errno; undefined before the first is opened. */
let leavesErrno: boolean | undefined;

/** True where a system call that has failed returns -1 and leaves its reason in errno; false where it returns that. */
export function leavesReasonInErrno(): boolean {
  return leavesErrno === true;
}

/**
 * Declares functions of the C library. Those that only make a system call are opened without it (ffi/system_calls.ts): what
 * they return is for `result` of ffi/libc.ts.
 */
export function cLibrary<const S extends Deno.ForeignLibraryInterface>(symbols: S): Library<S> {
  let functions: Deno.DynamicLibrary<S>["symbols"] | undefined;
  return () => functions ??= openFromC(symbols);
}

function openFromC<const S extends Deno.ForeignLibraryInterface>(
  symbols: S,
): Deno.DynamicLibrary<S>["symbols"] {
  const names = Object.entries(symbols);
  const calls = names.filter(([key, { name = key }]) => isSystemCall(name));
  const opened = calls.length === 0 ? undefined : openCalls(Object.fromEntries(calls));
  const others = opened === undefined ? names : names.filter((one) => !calls.includes(one));
  const fromLibc = others.length === 0 ? {} : open(libc(Object.fromEntries(others)));
  return { ...fromLibc, ...opened } as Deno.DynamicLibrary<S>["symbols"];
}

/** All or none, as `result` cannot tell which of them a value is from. */
function openCalls(symbols: Deno.ForeignLibraryInterface): Record<string, unknown> | undefined {
  const opened = leavesErrno === true
    ? undefined
    : openSystemCalls(() => open(libc(FOR_SYSTEM_CALLS)), symbols);
  if (opened === undefined && leavesErrno === false) throw new Error("Cannot open more system calls");
  leavesErrno = opened === undefined;
  return opened;
}

function libc<const S extends Deno.ForeignLibraryInterface>(symbols: S): LibrarySpec<S> {
  return { files: LIBC, packages: {}, symbols };
}

/** dlopen's own words, unless it is the library itself (and not one that it needs) that is not there. */
function reason(file: string, message: string): string {
  if (message.includes(file) && message.includes("No such file")) return "it is not installed";
  return message.replace(/^Could not open library: /, "");
}

function advice(packages: Readonly<Record<string, string>>): string {
  const rows = Object.entries(packages).map(([system, name]) => `${name} (${system})`);
  return rows.length ? `; install ${rows.join(", ")}` : "";
}
