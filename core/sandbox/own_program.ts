/** snet's own executable in the roles that a sandbox needs, from dist/snet and from the sources. */

/** How the program that runs now is started again. */
export interface OwnProgram {
  /** The executable. */
  readonly path: string;
  /** Words before those of the role. */
  readonly words: readonly string[];
}

/** The first word of a role, before `launch` or `module`. */
export const SANDBOX_WORD = "sandbox:role";

/** Has dist/snet be the deno that is in it (core/package/stub.c). */
const AS_DENO = "--as-deno";

/** What Deno is told besides permissions: nothing comes from the folder it is started in, nor from the network. */
const DENO_WORDS = [
  ...["run", "--quiet", "--no-config", "--no-lock", "--no-remote", "--no-npm", "--no-prompt", "--no-check"],
];

/** A bundle is one file, whose parts all say its name. */
const sourceEntry = import.meta.url.endsWith("/core/sandbox/own_program.ts")
  ? new URL("./entry.ts", import.meta.url).pathname
  : undefined;

/** The folder of the sources; undefined in dist/snet. */
export const SOURCES: string | undefined = sourceEntry === undefined
  ? undefined
  : new URL("../../", import.meta.url).pathname;

/** This program, to be started with all permissions. */
export function ownProgram(): OwnProgram {
  // Not by its path: there may be another version by now, or none.
  const path = "/proc/self/exe";
  if (sourceEntry === undefined) return { path, words: [SANDBOX_WORD] };
  return { path, words: [...DENO_WORDS, "--allow-all", sourceEntry, SANDBOX_WORD] };
}

/**
 * The command line of this program as plain deno with permissions, in the role of a module's runtime; `script` is where
 * dist/snet has put the runtime's program.
 */
export function runtimeWords(
  permissions: readonly string[],
  script: string,
  role: string,
): readonly string[] {
  const words = [...DENO_WORDS, ...permissions];
  if (sourceEntry !== undefined) return ["deno", ...words, sourceEntry, SANDBOX_WORD, "module", role];
  return ["snet", AS_DENO, ...words, "--ext=js", script, role];
}
