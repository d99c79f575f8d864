/** C libraries, opened on first use. */

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

/** dlopen's own words, unless it is the library itself (and not one that it needs) that is not there. */
function reason(file: string, message: string): string {
  if (message.includes(file) && message.includes("No such file")) return "it is not installed";
  return message.replace(/^Could not open library: /, "");
}

function advice(packages: Readonly<Record<string, string>>): string {
  const rows = Object.entries(packages).map(([system, name]) => `${name} (${system})`);
  return rows.length ? `; install ${rows.join(", ")}` : "";
}
