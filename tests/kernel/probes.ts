/** Compiles the small C programs that run inside the test kernel. */

const ROOT = new URL("../../", import.meta.url).pathname;

/** Where the compiled programs of tests/kernel/probe lie; inside the test kernel it is /run/probe. */
export const PROBE_FOLDER = `${ROOT}.cache/probe`;

/** Compiles every program of tests/kernel/probe that has changed. */
export async function compileProbes(): Promise<void> {
  const folder = `${ROOT}tests/kernel/probe`;
  const sources: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".c")) sources.push(`${folder}/${name}`);
  }
  await compilePrograms(sources, PROBE_FOLDER);
}

/** More words for gcc, by the name of the program. */
export type Flags = Readonly<Record<string, readonly string[]>>;

/**
 * Compiles C programs of one file each, against the protocol's header.
 *
 * @throws Error with the compiler's words.
 */
export async function compilePrograms(
  sources: readonly string[],
  folder: string,
  flags: Flags = {},
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Promise.all(sources.map((source) => compileProgram(source, folder, flags)));
}

/** What programs of one file include; a change compiles them anew. */
const HEADERS = [
  `${ROOT}kernel/tree/include/uapi/linux/snet.h`,
  `${ROOT}tests/kernel/probe/raw.h`,
  `${ROOT}tests/run/probe/cases.h`,
];

async function compileProgram(source: string, folder: string, flags: Flags): Promise<void> {
  const name = source.slice(source.lastIndexOf("/") + 1, -".c".length);
  const program = `${folder}/${name}`;
  const changed = await Promise.all([source, ...HEADERS].map(timeOf));
  if (await timeOf(program) > Math.max(...changed)) return;
  // A test kernel may be running the old one: put the new one in its place, whole.
  const fresh = `${program}.${Deno.pid}`;
  const { success, stderr } = await new Deno.Command("gcc", {
    // deno-fmt-ignore
    args: [
      "-O2", "-Wall", "-Wextra", "-Werror", "-I", `${ROOT}kernel/tree/include/uapi`, "-I", `${ROOT}tests/kernel/probe`,
      ...(flags[name] ?? []), "-o", fresh, source,
    ],
    stdin: "null",
    stdout: "null",
  }).output();
  if (!success) throw new Error(`gcc ${source} failed:\n${new TextDecoder().decode(stderr).trim()}`);
  await Deno.rename(fresh, program);
}

/** When a file changed last, milliseconds; 0 where there is none. */
async function timeOf(path: string): Promise<number> {
  const stat = await Deno.stat(path).catch(() => undefined);
  return stat?.mtime?.getTime() ?? 0;
}
