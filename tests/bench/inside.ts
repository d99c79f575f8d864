/**
 * The part of the benchmark that runs inside a test kernel: `inside.ts held|slow|ticket|plain ROUNDS`. Prints one line of
 * JSON: a list of rounds, each with what was measured, by name.
 */

import { Daemon } from "../kernel/daemon.ts";
import { run, start } from "../kernel/probe.ts";

/** What probe `caller` measured. */
export interface Calls {
  /** Nanoseconds of a call. */
  readonly p50: number;
  readonly p99: number;
  /** Calls of all callers a second. */
  readonly rate: number;
}

/** What one round measured, by name. */
export type Round = Readonly<Record<string, Calls>>;

/** Calls before each measure: a daemon that has just started still compiles what it runs. */
const WARM_UP = 20_000;
/** Calls of one caller in a round, and of each of sixteen. */
const ALONE = 10_000;
const TOGETHER = 1_000;
/** A call that nobody holds is some ten times faster. */
const UNHELD = 20_000;

const RULES = `version: 1
default: deny
rules:
  - { name: discard, allow: snet.connect, port: 9 }
`;

async function calls(callers: number, count: number): Promise<Calls> {
  const [line = ""] = await run("caller", String(callers), String(count));
  const [p50 = NaN, p99 = NaN, rate = NaN] = line.split(" ").map(Number);
  return { p50, p99, rate };
}

/** Measures while the smallest daemon answers. */
async function withResponder<T>(args: readonly string[], measure: () => Promise<T>): Promise<T> {
  await using responder = start("responder", ...args);
  await responder.line();
  return await measure();
}

/** Measures while snet's own daemon answers. */
async function withSnet<T>(measure: () => Promise<T>): Promise<T> {
  await using _daemon = await Daemon.start({ rules: RULES });
  return await measure();
}

/** Held calls: the smallest daemon and snet's in turn, so that a slow moment of the machine hits both. */
async function held(): Promise<Round> {
  const both = async () => {
    await calls(1, WARM_UP);
    return [await calls(1, ALONE), await calls(16, TOGETHER)] as const;
  };
  const [baseline, baseline16] = await withResponder([], both);
  const [snet, snet16] = await withSnet(both);
  return { baseline, baseline16, snet, snet16 };
}

/** Sockets of gates: a killed daemon leaves its own behind. */
let gates = 0;

/** The slow lane, where a plugin answers with a promise at once, and the fast lane of the same daemon, in turn. */
async function slow(): Promise<Round> {
  const entry = new URL("../kernel/slow_daemon.ts", import.meta.url).pathname;
  const measure = async (rules: string) => {
    await using _daemon = await Daemon.start({
      rules,
      entry,
      plugins: [`gate: { socket: /run/gate${++gates}.sock, open: true }`],
    });
    await calls(1, WARM_UP);
    return [await calls(1, ALONE), await calls(16, TOGETHER)] as const;
  };
  const [fast, fast16] = await measure(RULES.replace("default: deny\n", ""));
  const [slow, slow16] = await measure("version: 1\nrules: []\n");
  return { fast, fast16, slow, slow16 };
}

/** Calls that are not held: answered by a ticket; and with nobody attached. */
async function ticket(): Promise<Round> {
  const none = await calls(1, UNHELD);
  const ticket = await withResponder(["3600000"], () => calls(1, UNHELD));
  return { none, ticket };
}

/** In a kernel without snet. */
async function plain(): Promise<Round> {
  return { plain: await calls(1, UNHELD) };
}

const MEASURES: Readonly<Record<string, () => Promise<Round>>> = { held, slow, ticket, plain };

if (import.meta.main) {
  const [name = "", count = "1"] = Deno.args;
  const measure = MEASURES[name];
  if (measure === undefined) throw new Error(`there is no measure "${name}"`);
  const rounds: Round[] = [];
  for (let i = 0; i < Number(count); i++) rounds.push(await measure());
  console.log(JSON.stringify(rounds));
}
