/**
 * `deno task bench`: what snet costs, beside the least that it could cost, against the goals of the design. Prints a
 * table and writes dist/bench.json. A round trip is measured in the test kernel beside the smallest responder in C;
 * a call that a ticket answers, beside a kernel without snet; decisions by rules, beside those with ten rules; calls and
 * jobs under `snet run` on the machine itself, beside the smallest supervisor in C and beside no snet; plugins of both lanes
 * beside the least that asking them could cost; the page in a browser, beside an empty page and beside itself at rest.
 *
 * Figures of one run compare with each other; those of two machines do not.
 */

import { build } from "../../core/package/build.ts";
import { buildKernel, type UmlVariant } from "../../kernel/build.ts";
import { runInTestKernel } from "../../kernel/uml.ts";
import { compileProbes, compilePrograms, PROBE_FOLDER } from "../kernel/probes.ts";
import { measureDecisions } from "./decisions.ts";
import type { Calls, Round } from "./inside.ts";
import { laneRows } from "./lanes.ts";
import { pageRows } from "./page.ts";
import { runRows } from "./seccomp/run.ts";
import { median, pair, type Row, single, table } from "./table.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Rounds of held calls in one boot; and boots of each kernel, for what needs two kernels. */
const ROUNDS = 7;
const BOOTS = 3;
const SLOW_ROUNDS = 3;
const ROUNDS_A_BOOT = 3;

/** Rounds of decisions, and with how many rules. */
const DECISION_ROUNDS = 3;
const RULE_COUNTS = [10, 1_000, 100_000];

/** Goals of the design, in User-Mode Linux: ratios to the baseline. */
const GOALS = { p50: 1.25, p99: 1.5, rate: 0.9, ticket: 1.15, rules: 1.5 } as const;

/** Microseconds that a decision may take, megabytes that the file may have. */
const MOST = { decision: 2, binary: 100 } as const;

async function measureInside(kernel: UmlVariant, measure: string, rounds: number): Promise<Round[]> {
  const run = await runInTestKernel({
    kernel,
    command: [
      "deno",
      "run",
      "--allow-all",
      "--no-check",
      "--no-lock",
      "tests/bench/inside.ts",
      measure,
      `${rounds}`,
    ],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    mounts: [{ from: PROBE_FOLDER, at: "/run/probe" }],
    // One processor, always the same one: a kernel that moves between two costs several times as much.
    cpu: 0,
    timeoutSeconds: 300,
    onOutput: () => {},
  });
  const line = run.output.trim().split("\n").at(-1) ?? "";
  if (run.code !== 0 || run.alarms.length > 0 || !line.startsWith("[")) {
    const why = run.failure ?? [...run.alarms, run.output.trim()].join("\n");
    throw new Error(`the measure "${measure}" failed in the test kernel:\n${why}`);
  }
  return JSON.parse(line);
}

/** Held calls: snet's daemon beside the smallest responder. */
async function heldRows(): Promise<Row[]> {
  const rounds = await measureInside("plain", "held", ROUNDS);
  const values = (name: string, field: keyof Calls, scale: number) =>
    rounds.map((round) => round[name]![field] * scale);
  const row = (
    name: string,
    unit: string,
    suffix: string,
    field: keyof Calls,
    goal: number | null,
    scale: number,
  ) =>
    pair(name, unit, values(`snet${suffix}`, field, scale), values(`baseline${suffix}`, field, scale), {
      goal,
      better: field === "rate" ? "more" : "less",
    });
  return [
    row("held call, 1 caller, p50", "µs", "", "p50", GOALS.p50, 1e-3),
    row("held call, 1 caller, p99", "µs", "", "p99", GOALS.p99, 1e-3),
    row("held calls, 1 caller", "1/s", "", "rate", null, 1),
    row("held call, 16 callers, p50", "µs", "16", "p50", null, 1e-3),
    row("held call, 16 callers, p99", "µs", "16", "p99", null, 1e-3),
    row("held calls, 16 callers", "1/s", "16", "rate", GOALS.rate, 1),
  ];
}

/** The slow lane beside the fast one. */
async function slowRows(): Promise<Row[]> {
  const rounds = await measureInside("plain", "slow", SLOW_ROUNDS);
  const row = (name: string, unit: string, suffix: string, field: keyof Calls, scale: number) =>
    pair(
      name,
      unit,
      rounds.map((round) => round[`slow${suffix}`]![field] * scale),
      rounds.map((round) => round[`fast${suffix}`]![field] * scale),
      { goal: null, better: field === "rate" ? "more" : "less" },
    );
  return [
    row("slow lane beside fast, 1 caller, p50", "µs", "", "p50", 1e-3),
    row("slow lane beside fast, 1 caller, p99", "µs", "", "p99", 1e-3),
    row("slow lane beside fast, 16 callers", "1/s", "16", "rate", 1),
  ];
}

/** Calls that are not held, beside a kernel without snet; boots of both in turn. */
async function unheldRows(): Promise<Row[]> {
  const ticket: number[] = [], none: number[] = [], plain: number[] = [];
  const p50 = (round: Round, name: string) => round[name]!.p50 / 1e3;
  for (let i = 0; i < BOOTS; i++) {
    for (const round of await measureInside("nosnet", "plain", ROUNDS_A_BOOT)) {
      plain.push(p50(round, "plain"));
    }
    for (const round of await measureInside("plain", "ticket", ROUNDS_A_BOOT)) {
      ticket.push(p50(round, "ticket"));
      none.push(p50(round, "none"));
    }
  }
  return [
    pair("call with a ticket, p50", "µs", ticket, plain, { goal: GOALS.ticket, better: "less" }),
    pair("call with nobody attached, p50", "µs", none, plain, { goal: null, better: "less" }),
  ];
}

/**
 * Decisions with more rules, beside those with ten; all counts in turn, since V8 knows the code better each time. The
 * first round is for that alone.
 */
function decisionRows(): Row[] {
  const hits = ["first", "last", "none"] as const;
  const rounds = Array.from({ length: DECISION_ROUNDS + 1 }, () => RULE_COUNTS.map(measureDecisions)).slice(
    1,
  );
  const times = (count: number, hit: (typeof hits)[number]) =>
    rounds.map((round) => round[count]!.nanoseconds[hit] / 1e3);
  const rows = RULE_COUNTS.flatMap((rules, count) =>
    hits.map((hit) => {
      const name = `decision, ${rules.toLocaleString("en")} rules, ${hit === "none" ? "no" : hit} rule hits`;
      const goal = count === 0 ? null : GOALS.rules;
      return pair(name, "µs", times(count, hit), times(0, hit), { goal, better: "less" });
    })
  );
  const slowest = Math.max(...rows.map(({ snet }) => snet));
  return [
    ...rows,
    single("slowest of these decisions", "µs", slowest, { goal: MOST.decision, better: "less" }),
  ];
}

/** The file and its start. */
async function binaryRows(): Promise<Row[]> {
  const { size } = await Deno.stat(`${ROOT}dist/snet`);
  const starts: number[] = [];
  for (let i = 0; i < 9; i++) {
    const started = performance.now();
    await new Deno.Command(`${ROOT}dist/snet`, { args: ["--version"], stdout: "null" }).output();
    starts.push(performance.now() - started);
  }
  return [
    single("size of dist/snet", "MB", size / 1e6, { goal: MOST.binary, better: "less" }),
    single("snet --version", "ms", median(starts), { goal: null, better: "less" }),
  ];
}

if (import.meta.main) {
  const step = (text: string) => console.error(`bench: ${text} …`);
  step("building dist/snet and two test kernels");
  await build();
  for (const variant of ["plain", "nosnet"] as const) await buildKernel(variant);
  await compileProbes();
  await compilePrograms([`${ROOT}tests/bench/responder.c`, `${ROOT}tests/bench/caller.c`], PROBE_FOLDER);
  step("held calls");
  const rows = await heldRows();
  step("the slow lane");
  rows.push(...await slowRows());
  step("calls that are not held");
  rows.push(...await unheldRows());
  step("decisions");
  rows.push(...decisionRows(), ...await binaryRows());
  step("both lanes");
  rows.push(...await laneRows());
  step("snet run");
  rows.push(...await runRows());
  step("the page");
  rows.push(...await pageRows());
  console.log(table(rows));
  await Deno.writeTextFile(`${ROOT}dist/bench.json`, `${JSON.stringify(rows, null, 2)}\n`);
  console.log("\nwritten to dist/bench.json");
}
