/** The real daemon, dist/snet, as tests start, stop and reload it. */

import { ControlClient } from "../../core/cli/client.ts";
import { until, within } from "./until.ts";

export const SNET = new URL("../../dist/snet", import.meta.url).pathname;

/** What its snet.yaml says, besides the rules. */
export interface DaemonOptions {
  /** Text of the rule file. */
  readonly rules: string;
  /** `deny` if absent. */
  readonly default?: "allow" | "deny";
  /** Lines of the section `kernel`, such as `delay: 500ms`. */
  readonly kernel?: readonly string[];
  /** More lines of snet.yaml. */
  readonly more?: readonly string[];
  /** Entries of the plugin list after the rules. */
  readonly plugins?: readonly string[];
  /** A module that deno runs in place of dist/snet. */
  readonly entry?: string;
}

export class Daemon implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;
  readonly #options: DaemonOptions;
  readonly #reading: Promise<void>;
  #errors = "";

  private constructor(child: Deno.ChildProcess, folder: string, options: DaemonOptions) {
    this.#child = child;
    this.#folder = folder;
    this.#options = options;
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) this.#errors += text;
  }

  /** Starts it and waits until it says that it is ready. */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const daemon = await Daemon.launch(options);
    let ended = false;
    daemon.#reading.then(() => ended = true);
    await until("the daemon's being ready", () => {
      if (ended) throw new Error(`the daemon ended: ${daemon.#errors}`);
      return daemon.#errors.includes("ready");
    });
    return daemon;
  }

  /** Starts it and does not wait. */
  static async launch(options: DaemonOptions): Promise<Daemon> {
    const folder = await Deno.makeTempDir({ prefix: "snet-test-" });
    await writeConfig(folder, options);
    const [program, ...words] = options.entry === undefined
      ? [SNET]
      : [Deno.execPath(), "run", "--allow-all", "--no-check", "--frozen", "--cached-only", options.entry];
    const child = new Deno.Command(program!, {
      args: [...words, "daemon", "--config", `${folder}/snet.yaml`],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    return new Daemon(child, folder, options);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get socket(): string {
    return `${this.#folder}/snet.sock`;
  }

  /** Puts other rules, and other plugins and lines if given, in place and has them read. Returns when they rule. */
  async reload(rules: string, plugins = this.#options.plugins, more = this.#options.more): Promise<void> {
    const changes = { ...(plugins !== undefined && { plugins }), ...(more !== undefined && { more }) };
    await writeConfig(this.#folder, { ...this.#options, rules, ...changes });
    using client = new ControlClient(this.socket);
    await client.post("/v1/reload");
  }

  signal(name: Deno.Signal): void {
    Deno.kill(this.pid, name);
  }

  /** Waits until it is stopped (`T`) or gone on, as /proc tells. */
  async state(letter: string): Promise<void> {
    await until(`the daemon's state ${letter}`, async () => {
      const stat = await Deno.readTextFile(`/proc/${this.pid}/stat`);
      return stat.slice(stat.lastIndexOf(")") + 2).startsWith(letter);
    });
  }

  /** Its exit code and what it said, once it has ended. */
  async end(): Promise<{ code: number; errors: string }> {
    const { code } = await within("the daemon's end", this.#child.status);
    await this.#reading;
    return { code, errors: this.#errors };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of ["SIGCONT", "SIGKILL"] as const) {
      try {
        this.#child.kill(name);
      } catch {
        // It has ended already.
      }
    }
    await this.#child.status;
    await this.#reading;
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Writes snet.yaml and the rule file that it names. */
async function writeConfig(folder: string, options: DaemonOptions): Promise<void> {
  await Deno.writeTextFile(`${folder}/rules.yaml`, options.rules);
  const lines = [
    "version: 1",
    `default: ${options.default ?? "deny"}`,
    ...(options.kernel ? ["kernel:", ...options.kernel.map((line) => `  ${line}`)] : []),
    "plugins:",
    `  - rules: { files: [${folder}/rules.yaml] }`,
    ...(options.plugins ?? []).map((entry) => `  - ${entry}`),
    `control: { socket: ${folder}/snet.sock }`,
    ...(options.more ?? []),
  ];
  await Deno.writeTextFile(`${folder}/snet.yaml`, lines.join("\n") + "\n");
}
