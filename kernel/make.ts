/**
 * Runs the kernel's make with a line that shows how far it is, and a log that holds all it said.
 *
 * @module
 */

import { cpus } from "node:os";

/** What to make, and where. */
export interface Make {
  /** Stands in front of the progress line, as `kernel plain`. */
  title: string;
  /** The kernel tree. */
  tree: string;
  /** The folder for objects (`O=`). */
  output: string;
  arch: "um" | "x86_64";
  /** Targets and variables of make. */
  args: readonly string[];
  /** Everything make prints goes here too. */
  log: string;
  env?: Record<string, string>;
}

/* What would otherwise differ from build to build: it would relink a kernel in which nothing changed. */
const REPRODUCIBLE = {
  KBUILD_BUILD_TIMESTAMP: "Thu Jan  1 00:00:00 UTC 2026",
  KBUILD_BUILD_USER: "snet",
  KBUILD_BUILD_HOST: "snet",
  LC_ALL: "C",
};

/** How often the progress is written where it cannot be overwritten in place, in milliseconds. */
const PLAIN_INTERVAL = 10_000;

/**
 * Makes `args` in the kernel tree, at low priority, on all processors.
 *
 * @returns the lines that compiler, sparse and make printed besides the progress: warnings.
 * @throws Error with the error lines and the log's path if make fails.
 */
export async function make({ title, tree, output, arch, args, log, env = {} }: Make): Promise<string[]> {
  await Deno.mkdir(output, { recursive: true });
  const child = new Deno.Command("nice", {
    args: ["make", `-j${cpus().length}`, "-C", tree, `O=${output}`, `ARCH=${arch}`, ...args],
    env: { ...REPRODUCIBLE, ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();

  const progress = new Progress(title);
  const said: string[] = [];
  using file = await Deno.create(log);
  const follow = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const line of lines(stream)) {
      file.writeSync(new TextEncoder().encode(line + "\n"));
      if (!progress.take(line)) said.push(line);
    }
  };
  const [{ success }] = await Promise.all([child.status, follow(child.stdout), follow(child.stderr)]);
  progress.end();
  if (!success) {
    throw new Error(`${title}: the build failed; all of it is in ${log}\n${errorLines(said).join("\n")}`);
  }
  return said;
}

/** The lines of a stream, without their ends. */
export async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
  if (rest !== "") yield rest;
}

/** Counts make's steps and shows the last one: in place on a terminal, now and then elsewhere. */
class Progress {
  readonly #title: string;
  readonly #started = Date.now();
  readonly #inPlace = Deno.stderr.isTerminal();
  #steps = 0;
  #shown = 0;

  constructor(title: string) {
    this.#title = title;
  }

  /** Whether `line` is one of make's steps, as `  CC      net/socket.o`, or one of its own remarks. */
  take(line: string): boolean {
    if (/^make(\[\d+\])?: (Entering|Leaving|Nothing|.* is up to date)/.test(line)) return true;
    const step = /^ {2}([A-Z][A-Z0-9_+-]*)\s+(\S+)/.exec(line);
    if (!step) return line.trim() === "" || line.startsWith("#");
    this.#steps++;
    this.#show(`${step[1]} ${step[2]}`);
    return true;
  }

  end() {
    if (this.#inPlace && this.#shown > 0) this.#write("\r\x1b[K");
  }

  #show(step: string) {
    const now = Date.now();
    if (now - this.#shown < (this.#inPlace ? 100 : PLAIN_INTERVAL)) return;
    if (!this.#inPlace && now - this.#started < PLAIN_INTERVAL) return;
    this.#shown = now;
    const text = `${this.#title}: ${this.#steps} steps, ${
      ((now - this.#started) / 1000).toFixed(0)
    } s, ${step}`;
    this.#write(this.#inPlace ? `\r\x1b[K${text.slice(0, columns() - 1)}` : text + "\n");
  }

  #write(text: string) {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  }
}

function columns(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return 80;
  }
}

/** The lines that tell why, with what the compiler says around them; the last ones if nothing looks like an error. */
function errorLines(said: readonly string[]): string[] {
  const telling = said.filter((line) => !/^make(\[\d+\])?: \*\*\*/.test(line));
  const first = telling.findIndex((line) =>
    /error|undefined reference|multiple definition|No such file/i.test(line)
  );
  return first < 0 ? said.slice(-20) : telling.slice(Math.max(0, first - 2), first + 40);
}
