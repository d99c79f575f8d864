/** Compiles the small C programs that run inside the test kernel. */

const ROOT = new URL("../../", import.meta.url).pathname;

/** Where the compiled programs of tests/kernel/probe lie; inside the test kernel it is /run/probe. */
export const PROBE_FOLDER = `${ROOT}.cache/probe`;

/** Compiles every program of tests/kernel/probe. Takes a second or two. */
export async function compileProbes(): Promise<void> {
  const folder = `${ROOT}tests/kernel/probe`;
  const sources: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".c")) sources.push(`${folder}/${name}`);
  }
  await compilePrograms(sources, PROBE_FOLDER);
}

/**
 * Compiles C programs of one file each, against the protocol's header.
 *
 * @throws Error with the compiler's words.
 */
export async function compilePrograms(sources: readonly string[], folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Promise.all(sources.map((source) => compileProgram(source, folder)));
}

async function compileProgram(source: string, folder: string): Promise<void> {
  const program = source.slice(source.lastIndexOf("/") + 1, -".c".length);
  const { success, stderr } = await new Deno.Command("gcc", {
    // deno-fmt-ignore
    args: [
      "-O2", "-Wall", "-Wextra", "-Werror", "-I", `${ROOT}kernel/tree/include/uapi`, "-I", `${ROOT}tests/kernel/probe`,
      "-o", `${folder}/${program}`, source,
    ],
    stdin: "null",
    stdout: "null",
  }).output();
  if (!success) throw new Error(`gcc ${source} failed:\n${new TextDecoder().decode(stderr).trim()}`);
}
