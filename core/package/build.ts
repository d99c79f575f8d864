/**
 * `deno task build`: makes dist/snet, one self-running file. The program is bundled to one script; the file is
 * made by `deno compile` where its runtime can be had, otherwise by adding the script to deno's own ELF (elf.ts).
 *
 * `--method compile` or `--method elf` insists on one of the two.
 */

import config from "../../deno.json" with { type: "json" };
import { declarationsOfSources } from "./declarations.ts";
import { buildPage } from "../../web/build.ts";
import { addProgram, ElfError } from "./elf.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const DIST = `${ROOT}dist`;
const BINARY = `${DIST}/snet`;
const BUNDLE = `${DIST}/snet.js`;

/** How long `deno compile` may take, milliseconds: it fetches 40 MB, or learns late that it cannot. */
const COMPILE_LIMIT = 120_000;

/**
 * How deno runs the bundle. Nothing may come from the folder that snet was started in, nor from the network:
 * no configuration, lock file, remote module or package. Permissions are not what confines snet: it needs FFI,
 * and FFI can do anything.
 */
const WORDS = [
  "run",
  "--allow-all",
  "--quiet",
  "--no-config",
  "--no-lock",
  "--no-remote",
  "--no-npm",
  "--no-prompt",
  "--no-check",
  "--ext=js",
];
const ENV = ["DENO_NO_UPDATE_CHECK=1"];

/** What plugins' editors and type checks need; core/kit/declarations.ts finds it there. */
const declared = () => `globalThis.snetDeclarations=${JSON.stringify(declarationsOfSources())};\n`;

/** The runtime of a plugin in a process of its own is a program of its own, a tenth of all (core/sandbox/launch.ts). */
const moduleRuntime = (program: string) => `globalThis.snetModuleRuntime=${JSON.stringify(program)};\n`;

/** Packages in CommonJS ask for node's own modules at run time, by a name that a module does not have. */
const REQUIRE = 'import{createRequire}from"node:module";const require=createRequire("file:///");\n';

type Method = "compile" | "elf";

/** Builds dist/snet and returns how. Throws an Error with one line when a tool fails. */
export async function build(method?: Method): Promise<Method> {
  await Deno.mkdir(DIST, { recursive: true });
  await buildPage();
  const runtime = moduleRuntime(await bundle("core/sandbox/module_entry.ts"));
  await Deno.writeTextFile(BUNDLE, REQUIRE + declared() + runtime + await bundle("core/main.ts"));
  const made = method ?? (await canCompile() ? "compile" : "elf");
  if (made === "compile") await compile(BINARY);
  else await pack(BUNDLE, BINARY);
  await tryOut();
  return made;
}

/** A program of the sources, as one script. */
async function bundle(entry: string): Promise<string> {
  const output = await Deno.makeTempFile({ suffix: ".js" });
  try {
    await deno([
      "bundle",
      "--quiet",
      "--platform",
      "deno",
      "--minify",
      "--output",
      output,
      `${ROOT}${entry}`,
    ]);
    return await Deno.readTextFile(output);
  } finally {
    await Deno.remove(output);
  }
}

/** Learns whether `deno compile` works here, by compiling one line. */
async function canCompile(): Promise<boolean> {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/one.js`, "0;\n");
    await deno(
      ["compile", "--quiet", "--no-check", "--output", `${dir}/one`, `${dir}/one.js`],
      COMPILE_LIMIT,
    );
    return true;
  } catch {
    return false;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function compile(output: string): Promise<void> {
  const words = ["--quiet", "--allow-all", "--no-check", "--no-lock", "--no-remote", "--no-prompt"];
  await deno(["compile", ...words, "--output", output, BUNDLE], COMPILE_LIMIT);
}

/** Adds a bundle to deno's own ELF. Throws an Error with one line when deno's file cannot carry it. */
export async function pack(bundle: string, output: string): Promise<void> {
  const stub = await compileStub();
  const app = await Deno.readFile(bundle);
  const elf = await Deno.readFile(Deno.execPath());
  try {
    const packed = addProgram(elf, { stub, app, name: "snet.js", words: WORDS, env: ENV });
    await replace(output, packed);
  } catch (error) {
    if (error instanceof ElfError) throw new Error(`Cannot build on ${Deno.execPath()}: ${error.message}`);
    throw error;
  }
}

/** Machine code of stub.c, by the C compiler. */
async function compileStub(): Promise<Uint8Array> {
  const here = `${ROOT}core/package`;
  const dir = await Deno.makeTempDir();
  try {
    await run(
      "gcc",
      [
        "-Os -Wall -Wextra -Werror -ffreestanding -fno-builtin -fno-tree-loop-distribute-patterns -fPIC",
        "-fno-stack-protector -fcf-protection=branch -fno-asynchronous-unwind-tables -mno-sse -nostdlib -static",
        `-Wl,-T,${here}/stub.ld,--build-id=none,--oformat=binary`,
      ].join(" ").split(" ").concat("-o", `${dir}/stub`, `${here}/stub.c`),
    );
    return await Deno.readFile(`${dir}/stub`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** A running dist/snet cannot be written to (ETXTBSY), and must not be half new: put a whole file in its place. */
async function replace(path: string, bytes: Uint8Array): Promise<void> {
  const fresh = `${path}.new`;
  await Deno.writeFile(fresh, bytes, { mode: 0o755 });
  await Deno.chmod(fresh, 0o755);
  await Deno.rename(fresh, path);
}

/** A build is good when the file says its version. */
async function tryOut(): Promise<void> {
  const said = await run(BINARY, ["--version"]);
  if (!said.includes(config.version)) {
    throw new Error(`dist/snet --version said ${JSON.stringify(said)}, not ${config.version}`);
  }
}

function deno(args: readonly string[], limit?: number): Promise<string> {
  return run(Deno.execPath(), args, limit);
}

/** Runs a program to its end; its output is in the error when it fails. */
async function run(program: string, args: readonly string[], limit?: number): Promise<string> {
  const signal = limit === undefined ? undefined : AbortSignal.timeout(limit);
  const command = new Deno.Command(program, {
    args: [...args],
    cwd: ROOT,
    stdin: "null",
    ...(signal && { signal }),
  });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  throw new Error(`${program} ${args[0]} failed:\n${decoder.decode(stderr).trim()}`);
}

if (import.meta.main) {
  const at = Deno.args.indexOf("--method");
  const wish = at < 0 ? undefined : Deno.args[at + 1];
  if (wish !== undefined && wish !== "compile" && wish !== "elf") {
    console.error(`build: unknown method "${wish}"; there are compile and elf`);
    Deno.exit(2);
  }
  try {
    const started = performance.now();
    const method = await build(wish);
    const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
    const { size } = await Deno.stat(BINARY);
    const bundle = (await Deno.stat(BUNDLE)).size;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(
      `dist/snet: ${megabytes(size)} MB (program ${Math.round(bundle / 1e3)} KB), made by ` +
        `${method === "elf" ? "adding it to deno's ELF" : "deno compile"} in ${seconds} s`,
    );
  } catch (error) {
    console.error(`build: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
