/** Programs under `snet run --web`, from its source, and whoever sits at a browser. */

import { Visitor } from "./browser.ts";

const MAIN = new URL("../../core/main.ts", import.meta.url).pathname;
const LINK = /^.*(http:\/\/\S+#login=\S+)\r?$/m;

/** What a program has become. */
export interface End {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** By which a command runs as an ordinary user: where root runs the tests, as one who has no capabilities. */
export function asPlainUser(): readonly string[] {
  return Deno.uid() === 0 ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] : [];
}

/** A program that is held. */
export class HeldProgram implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stdout: Said;
  readonly #stderr: Said;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#stdout = new Said(child.stdout);
    this.#stderr = new Said(child.stderr);
  }

  /**
   * Begins to run it: it starts when the link was opened. With `terminal`, snet and the program share one of their own; with
   * `plain`, they are of a user who may do what ordinary ones may.
   */
  static run(
    command: readonly string[],
    options: readonly string[] = [],
    { terminal = false, plain = false } = {},
  ): HeldProgram {
    const snet = [Deno.execPath(), "run", "--allow-all", "--no-check", "--frozen", "--cached-only", MAIN];
    const words = [...plain ? asPlainUser() : [], ...snet, "run", "--web", ...options, "--", ...command];
    const [program, ...args] = terminal
      ? ["script", "--quiet", "--return", "--command", words.map(quoted).join(" "), "/dev/null"]
      : words;
    return new HeldProgram(
      new Deno.Command(program!, { args, stdin: "piped", stdout: "piped", stderr: "piped" }).spawn(),
    );
  }

  /** The first link, or one that came after so many others, as it is printed. */
  async link(number = 0, where: "stdout" | "stderr" = "stderr"): Promise<string> {
    const said = where === "stderr" ? this.#stderr : this.#stdout;
    return await said.until((text) => {
      const links = [...text.matchAll(new RegExp(LINK, "gm"))];
      return links[number]?.[1];
    });
  }

  /** Somebody opens the link, and sees the questions. */
  async visit(): Promise<Visitor> {
    const link = await this.link();
    return await Visitor.come({ link: () => link }, "questions");
  }

  /** What the program has written, once it has written that. */
  async wrote(text: string): Promise<void> {
    await this.#stdout.until((all) => all.includes(text) ? text : undefined);
  }

  /** Types a line. */
  async type(text: string): Promise<void> {
    const writer = this.#child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    writer.releaseLock();
  }

  get pid(): number {
    return this.#child.pid;
  }

  async end(): Promise<End> {
    const { code } = await this.#child.status;
    return { code, stdout: await this.#stdout.all, stderr: await this.#stderr.all };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // It has ended.
    }
    await this.#child.stdin.close().catch(() => {});
    await this.end();
  }
}

/** What a program says, as far as it has. */
class Said {
  #text = "";
  readonly all: Promise<string>;
  readonly #waiting = new Set<() => void>();

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.all = this.#read(stream);
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) {
      this.#text += part;
      for (const look of [...this.#waiting]) look();
    }
    for (const look of [...this.#waiting]) look();
    return this.#text;
  }

  /** What is found in it, as soon as it is there. Rejects where all was said without it. */
  async until(find: (text: string) => string | undefined): Promise<string> {
    let isOver = false;
    void this.all.then(() => isOver = true);
    for (;;) {
      const found = find(this.#text);
      if (found !== undefined) return found;
      await Promise.resolve();
      if (isOver) throw new Error(`it has ended, and said: ${this.#text}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      await promise;
      this.#waiting.delete(resolve);
    }
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A server on this machine that says one word. */
export class WordServer implements AsyncDisposable {
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ url }) => {
      this.paths.push(new URL(url).pathname);
      return new Response("word\n", { headers: { connection: "close" } });
    },
  );
  /** What it was asked for. */
  readonly paths: string[] = [];

  url(path = "/"): string {
    return `http://127.0.0.1:${this.#server.addr.port}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** What curl exits with where a connection is refused, or not permitted: it could not connect. */
export const NO_CONNECTION = 7;

/** Nothing that the browser refused, or that failed: but for streams that ended with the run. */
export function complaintsOf(visitor: Visitor): readonly string[] {
  return visitor.complaints.filter((text) => !/ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_/.test(text));
}
