/**
 * What plugins cost beside the least that it could: in the fast lane by how many there are; in the slow lane by what they
 * wait for. `deno run -A tests/bench/lanes.ts` runs this part of the benchmark alone.
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Load, measure, measureAsker, measureCrowd, openWebhook } from "./askers.ts";
import { measureChain } from "./chains.ts";
import { bareRound, openSlowLane } from "./round_trips.ts";
import { openSandboxed } from "./sandboxed.ts";
import { median, pair, type Row, single, table } from "./table.ts";

const ROUNDS = 5;
const CHAINS = [1, 4, 16];
const ONE: Load = { calls: 2_000, underWay: 1 };
const SIXTEEN: Load = { calls: 16_000, underWay: 16 };
/** Over HTTP a question takes some twenty times as long. */
const ONE_POST: Load = { calls: 500, underWay: 1 };
const SIXTEEN_POSTS: Load = { calls: 2_000, underWay: 16 };
const WAITING = 1_000;

/** Times an undisturbed question: that thousands wait is nothing to one more. */
const CROWD_GOAL = 1.5;

/** Pairs of rounds that follow each other; the first is for V8 alone, which knows the code better each time. */
async function inTurn(
  snet: () => number | Promise<number>,
  baseline: () => number | Promise<number>,
): Promise<readonly (readonly [number, number])[]> {
  const rounds: [number, number][] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const before = await baseline();
    rounds.push([await snet(), before]);
  }
  return rounds.slice(1);
}

/** A row of the times of pairs, in microseconds; or of how many there are a second. */
function row(
  name: string,
  unit: "µs" | "1/s",
  rounds: readonly (readonly [number, number])[],
  goal: number | null = null,
): Row {
  const value = (nanoseconds: number) => unit === "µs" ? nanoseconds / 1e3 : 1e9 / nanoseconds;
  const values = (side: 0 | 1) => rounds.map((round) => value(round[side]));
  return pair(name, unit, values(0), values(1), { goal, better: unit === "µs" ? "less" : "more" });
}

/** Beside the same plugins called without a chain. */
function chainRows(): Row[] {
  const rounds = Array.from({ length: ROUNDS + 1 }, () => CHAINS.map(measureChain)).slice(1);
  return CHAINS.map((plugins, index) => {
    const name = `fast lane, ${plugins} plugin${plugins === 1 ? "" : "s"}, none decides`;
    return row(name, "µs", rounds.map((round) => [round[index]!.chain, round[index]!.bare]));
  });
}

/** Beside a bare message each way between the two threads. */
async function slowLaneRows(): Promise<Row[]> {
  const measured = async ({ calls, underWay }: Load) => {
    const lane = await openSlowLane(calls, underWay);
    const rounds = await inTurn(() => lane.round(), () => bareRound(calls, underWay));
    await lane.stop();
    return rounds;
  };
  return [
    row("slow lane round trip, in process, 1 call", "µs", await measured(ONE)),
    row("slow lane round trips, in process, 16 under way", "1/s", await measured(SIXTEEN)),
  ];
}

/** Beside a line to another process and back. */
async function sandboxRows(): Promise<Row[]> {
  const { asker, echo, close } = await openSandboxed();
  const rounds = await inTurn(() => measureAsker(asker, ONE), () => measure(ONE, echo));
  await close();
  return [row("slow lane round trip, sandbox, 1 call", "µs", rounds)];
}

/** Beside a bare fetch of as many bytes from the same server. */
async function webhookRows(): Promise<Row[]> {
  const { asker, fetch, close } = await openWebhook();
  const measured = (load: Load) => inTurn(() => measureAsker(asker, load), () => measure(load, fetch));
  const rows = [
    row("webhook on loopback, 1 question", "µs", await measured(ONE_POST)),
    row("webhook on loopback, 16 under way", "1/s", await measured(SIXTEEN_POSTS)),
  ];
  close();
  return rows;
}

/** Beside the same question while nobody waits. */
async function crowdRows(): Promise<Row[]> {
  const bytes: number[] = [];
  const rounds = await inTurn(async () => {
    const crowd = await measureCrowd(WAITING, ONE);
    bytes.push(crowd.bytes);
    return crowd.nanoseconds;
  }, async () => (await measureCrowd(0, ONE)).nanoseconds);
  const count = WAITING.toLocaleString("en");
  return [
    row(`one more question while ${count} wait`, "µs", rounds, CROWD_GOAL),
    single("memory of a question that waits", "KB", median(bytes) / 1e3, { goal: null, better: "less" }),
  ];
}

/** What the lanes cost, in rows of the benchmark. */
export async function laneRows(): Promise<Row[]> {
  // Only a collection tells what is in use.
  setFlagsFromString("--expose-gc");
  Object.assign(globalThis, { gc: runInNewContext("gc") });
  return [
    ...chainRows(),
    ...await slowLaneRows(),
    ...await sandboxRows(),
    ...await webhookRows(),
    ...await crowdRows(),
  ];
}

if (import.meta.main) console.log(table(await laneRows()));
