/** Programs as the tests run them: by themselves, or under `snet run`; as an ordinary user, or as root. */

import { deepEqual } from "node:assert/strict";
import { within } from "../kernel/until.ts";
import { NOBODY } from "./place.ts";

/** Where run.ts has put everything. */
export const PLACE = Deno.env.get("SNET_PLACE") ?? missingPlace();
export const SNET = `${PLACE}/snet`;
export const PROBE = `${PLACE}/probe`;

function missingPlace(): never {
  throw new Error("these tests are run by `deno task test:run`");
}

export type User = "nobody" | "root";
export const USERS: readonly User[] = ["nobody", "root"];

/** How long a program may take, milliseconds. It never takes so long. */
const BOUND = 120_000;

/** How to run a program. */
export interface How {
  /** Default: an ordinary user. */
  readonly user?: User;
  /** Options of `snet run`; without it the program runs by itself. */
  readonly snet?: readonly string[];
  readonly stdin?: string | Uint8Array<ArrayBuffer>;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** How it ended, and what it said. */
export interface End {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The words that become the program, and its environment. */
export function command(argv: readonly string[], { user = "nobody", snet, env = {}, cwd }: How = {}) {
  const as = user === "root" ? [] : [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
  const held = snet === undefined ? [] : [SNET, "run", ...snet, "--"];
  return new Deno.Command("setpriv", {
    args: [...as, ...held, ...argv],
    clearEnv: true,
    // The shims of a language manager in somebody's PATH are not for every user.
    env: {
      PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
      HOME: `${PLACE}/home`,
      LANG: "C.UTF-8",
      ...env,
    },
    cwd: cwd ?? `${PLACE}/home`,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs a program to its end. */
export async function run(argv: readonly string[], how: How = {}): Promise<End> {
  const child = command(argv, how).spawn();
  const input = child.stdin.getWriter();
  const text = how.stdin ?? "";
  input.write(typeof text === "string" ? new TextEncoder().encode(text) : text)
    .then(() => input.close()).catch(() => {});
  try {
    const { code, signal, stdout, stderr } = await within(
      `the end of "${argv.join(" ")}"`,
      child.output(),
      BOUND,
    );
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, signal, stdout: decode(stdout), stderr: decode(stderr) };
  } catch (error) {
    try {
      child.kill("SIGKILL");
    } catch {
      // It ended in this very moment.
    }
    throw error;
  }
}

/** Writes a rule file that every user can read; its path. */
export function rules(...lines: string[]): string {
  const path = `${PLACE}/rules/${count++}.yaml`;
  Deno.writeTextFileSync(
    path,
    ["version: 1", "rules:", ...lines.map((line) => `  - ${line}`), ""].join("\n"),
  );
  return path;
}
let count = 0;

/** Every event that `snet run` can ask about, so that every call goes the long way. */
const EVERY =
  "[snet.socket, snet.bind, snet.connect, snet.listen, snet.accept, snet.post_accept, snet.sendmsg, snet.shutdown]";
const everything = rules(`{ name: all, allow: ${EVERY} }`);

/** Options with which all calls are asked about and allowed. */
export const ALLOW_ALL: readonly string[] = ["--rules", everything, "--default", "deny", "--send-all"];

/** Options with which only what the rules allow passes. */
export function only(...lines: string[]): readonly string[] {
  return ["--rules", rules(...lines), "--default", "deny"];
}

/** Runs a program by itself and under snet with everything allowed: nobody can tell the two apart. */
export async function alike(argv: readonly string[], how: How = {}): Promise<End> {
  const alone = await run(argv, how);
  deepEqual(await run(argv, { snet: ALLOW_ALL, ...how }), alone, argv.join(" "));
  return alone;
}
