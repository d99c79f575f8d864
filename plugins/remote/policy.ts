/** The server's policy: rules that decide here while the server is away, and the file that keeps them over a restart. */

import {
  checkFolder,
  parseFields,
  type PluginContext,
  type Policy,
  policyOf,
  SERVE_LIMITS,
  type SnetEvent,
  type SourceText,
  type Verdict,
} from "../../core/mod.ts";
import { dirname } from "node:path";
import { compileRules } from "../rules/compile.ts";
import { CompiledRules } from "../rules/decide.ts";
import { loadRules } from "../rules/mod.ts";

/** Accounts of this machine, by which rules name users and groups. */
export interface Accounts {
  readonly passwd: readonly SourceText[];
  readonly group: readonly SourceText[];
}

/** A policy that can decide. */
export class LocalPolicy {
  readonly #rules: CompiledRules;
  /** How many rules it has. */
  readonly length: number;

  /** Throws an Error with a line for each mistake in the rules. */
  constructor(readonly policy: Policy, accounts: Accounts, context: PluginContext) {
    const { files, lists } = policy;
    const parsed = loadRules({ files, lists, ...accounts, netns: context.netns });
    this.length = parsed.rules.length;
    this.#rules = new CompiledRules(compileRules(parsed, context), context);
  }

  /** The verdict of the first rule that matches; undefined where none does. */
  decide(event: SnetEvent): Verdict | undefined {
    return this.#rules.decide(event);
  }
}

/** A policy as its file has it. */
export interface KeptPolicy {
  readonly policy: Policy;
  /** When the server last said that it holds, milliseconds since 1970. */
  readonly confirmed: number;
}

/** Bytes of a file: the policy, escaped anew, and what stands around it. */
const MOST = 2 * SERVE_LIMITS.policy;
/** Permission to write for the group or for all others. */
const WRITABLE = 0o022;
const ADVICE = ", so that the policy could be replaced; choose a folder of root alone, such as /var/lib/snet";

/** The file in which the policy of a server for a client is kept. */
export class PolicyFile {
  /** The text that is to be written next. */
  #next: string | undefined;
  #writing: Promise<void> | undefined;

  /** `onFailure` hears of writes that failed. */
  constructor(
    readonly path: string,
    readonly server: string,
    readonly client: string,
    readonly onFailure: (message: string) => void,
  ) {}

  /**
   * What it holds; undefined where there is no such file, or it is of another server or client. Throws an Error of one line where
   * somebody else could have written it, or it is damaged.
   */
  read(): KeptPolicy | undefined {
    const text = this.#text();
    if (text === undefined) return undefined;
    const fields = parseFields(text, this.path);
    if (fields.get("server") !== this.server || fields.get("client") !== this.client) return undefined;
    return {
      policy: policyOf(fields.fields("policy")),
      confirmed: fields.integer("confirmed", 0, Number.MAX_SAFE_INTEGER),
    };
  }

  /** Replaces what it holds, soon and as a whole: whoever looks sees the former or the new one. */
  write({ policy, confirmed }: KeptPolicy): void {
    const { server, client } = this;
    this.#next = JSON.stringify({ server, client, confirmed, policy });
    this.#writing ??= this.#writeAll();
  }

  /** Removes it. */
  remove(): void {
    this.#next = "";
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when what was to be written is. */
  async written(): Promise<void> {
    await this.#writing;
  }

  #text(): string | undefined {
    let file: Deno.FsFile;
    try {
      file = Deno.openSync(this.path, { read: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
    using open = file;
    checkFolder(dirname(this.path), Deno.uid() ?? 0, ADVICE);
    const { isFile, uid, mode, size } = open.statSync();
    if (!isFile) throw new Error(`${this.path} is no file`);
    if (uid !== 0 && uid !== Deno.uid()) throw new Error(`${this.path} belongs to uid ${uid}`);
    if (((mode ?? 0) & WRITABLE) !== 0) throw new Error(`others may write to ${this.path}`);
    if (size > MOST) throw new Error(`${this.path} has ${size} bytes; ${MOST} are the most`);
    const bytes = new Uint8Array(size);
    let at = 0;
    for (let read; at < size && (read = open.readSync(bytes.subarray(at))) !== null;) at += read;
    return new TextDecoder().decode(bytes.subarray(0, at));
  }

  async #writeAll(): Promise<void> {
    while (this.#next !== undefined) {
      const text = this.#next;
      this.#next = undefined;
      try {
        if (text === "") await Deno.remove(this.path);
        else await this.#write(text);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound && text === "") continue;
        this.onFailure((error as Error).message);
      }
    }
    this.#writing = undefined;
  }

  async #write(text: string): Promise<void> {
    const folder = dirname(this.path);
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    checkFolder(folder, Deno.uid() ?? 0, ADVICE);
    const next = `${this.path}.new`;
    await Deno.remove(next).catch(() => {});
    {
      using file = await Deno.open(next, { write: true, createNew: true, mode: 0o600 });
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      // Before the name is its: after a loss of power there is one or the other.
      await file.sync();
    }
    await Deno.rename(next, this.path);
    using opened = await Deno.open(folder, { read: true });
    await opened.sync();
  }
}
