/** What `snet` and `snet/testing` declare, as texts of `.d.ts` files, to be written beside a plugin. */

/** By the names of the modules. */
export type Declarations = Readonly<Record<"snet" | "snet/testing", string>>;

/** Where the build puts them in dist/snet, which has no sources (core/package/build.ts). */
const BUILT = "snetDeclarations";

/** Those that were built in, or, run from the sources, those of the sources. */
export async function declarations(): Promise<Declarations> {
  const built = (globalThis as unknown as Record<string, Declarations | undefined>)[BUILT];
  return built ?? (await import("../package/declarations.ts")).declarationsOfSources();
}
