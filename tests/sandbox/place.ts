/** What the tests of the sandbox need on the machine: a folder that every user can read, a secret, servers, programs. */

import { ownProgram } from "../../core/sandbox/own_program.ts";
import type { OwnProgram } from "../../core/sandbox/own_program.ts";
import {
  DEFAULT_LIMITS,
  type Grants,
  type Limits,
  NO_GRANTS,
  type SandboxSpec,
} from "../../core/sandbox/mod.ts";

const HERE = import.meta.dirname!;
const BINARY = `${HERE}/../../dist/snet`;

/** dist/snet where there is one, which is what operators run; otherwise the sources. */
export function builtProgram(): OwnProgram {
  try {
    Deno.statSync(BINARY);
  } catch {
    return ownProgram();
  }
  return { path: Deno.realPathSync(BINARY), words: ["sandbox:role"] };
}

/** What is in the secret file: whoever shows it has read it. */
export const SECRET = "the-operators-secret";

/** A folder for one test file; `using` removes it. */
export class Place implements Disposable {
  readonly folder: string = Deno.makeTempDirSync({ prefix: "snet-sandbox-" });

  constructor() {
    Deno.chmodSync(this.folder, 0o755);
    for (const name of ["secret", "plugins"]) this.makeFolder(name);
    this.write("secret/secret.txt", SECRET);
    this.write("secret/secret.json", JSON.stringify(SECRET));
    this.write("secret/secret.js", `export default ${JSON.stringify(SECRET)};`);
  }

  path(name: string): string {
    return `${this.folder}/${name}`;
  }

  /** A folder that every user can look into. */
  makeFolder(name: string): string {
    Deno.mkdirSync(this.path(name), { recursive: true });
    Deno.chmodSync(this.path(name), 0o755);
    return this.path(name);
  }

  /** A file that every user can read. */
  write(name: string, text: string): string {
    Deno.writeTextFileSync(this.path(name), text);
    Deno.chmodSync(this.path(name), 0o644);
    return this.path(name);
  }

  /** The C program of this folder, compiled. */
  async compile(name: string): Promise<string> {
    const program = this.path(`plugins/${name}`);
    const { success, stderr } = await new Deno.Command("gcc", {
      args: ["-O1", "-Wall", "-Wextra", "-Werror", "-o", program, `${HERE}/${name}.c`],
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    Deno.chmodSync(program, 0o755);
    return program;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}

/** A spec with nothing granted, unless the test says more. */
export function specOf(
  program: SandboxSpec["program"],
  more: {
    readonly name?: string;
    readonly grants?: Partial<Grants>;
    readonly limits?: Partial<Limits>;
    readonly log?: SandboxSpec["log"];
  } = {},
): SandboxSpec {
  return {
    name: more.name ?? "hostile",
    program,
    grants: { ...NO_GRANTS, ...more.grants },
    limits: { ...DEFAULT_LIMITS, ...more.limits },
    log: more.log ?? (() => {}),
  };
}

/** A process of some user that does nothing; `await using` ends it. */
export class Bystander implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;

  constructor(uid: number) {
    this.#child = new Deno.Command("/bin/sleep", { args: ["1000"], uid, gid: uid, stdin: "null", cwd: "/" })
      .spawn();
  }

  get pid(): number {
    return this.#child.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }
}
