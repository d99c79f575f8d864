/**
 * What `snet run` costs: a held call beside the smallest supervisor in C, and what real jobs lose by it. On this machine
 * itself, all on loopback. `deno run -A tests/bench/seccomp/run.ts` runs this part of the benchmark alone.
 */

import { compilePrograms, PROBE_FOLDER } from "../../kernel/probes.ts";
import { median, pair, type Row, single, table } from "../table.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const SNET = `${ROOT}dist/snet`;

const ROUNDS = 7;
const JOB_ROUNDS = 5;
/** Calls of one thread in a round, and of each of eight. */
const ALONE = 20_000;
const TOGETHER = 4_000;

/** The design's goal: times the smallest supervisor. */
const GOAL = 1.5;

/** Microseconds, and calls a second. */
interface Calls {
  readonly p50: number;
  readonly p99: number;
  readonly rate: number;
}

/** What is measured: the call, how the supervisor in C answers it, and the rule that makes snet do so. */
const KINDS = [
  { name: "connect denied", call: "udp", action: "deny", rule: "deny: snet.connect", goal: GOAL },
  {
    name: "connect carried out (UDP)",
    call: "udp",
    action: "emulate",
    rule: "allow: snet.connect",
    goal: GOAL,
  },
  {
    name: "connect carried out (TCP)",
    call: "tcp",
    action: "emulate",
    rule: "allow: snet.connect",
    goal: GOAL,
  },
  { name: "socket let go on", call: "socket", action: "continue", rule: "allow: snet.socket", goal: GOAL },
] as const;

async function output(argv: readonly string[], cwd?: string): Promise<string> {
  const [program, ...args] = argv;
  const { success, stdout, stderr } = await new Deno.Command(program!, {
    args,
    stdin: "null",
    ...(cwd !== undefined && { cwd }),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (!success) throw new Error(`${argv.join(" ")} failed: ${text(stderr)}`);
  return text(stdout);
}

async function measure(
  before: readonly string[],
  call: string,
  threads: number,
  port: number,
): Promise<Calls> {
  const count = threads === 1 ? ALONE : TOGETHER;
  const line = await output([...before, `${PROBE_FOLDER}/calls`, call, `${threads}`, `${count}`, `${port}`]);
  const [p50 = NaN, p99 = NaN, rate = NaN] = line.split(" ").map(Number);
  return { p50: p50 / 1e3, p99: p99 / 1e3, rate };
}

/** Held calls: snet and the smallest supervisor in turn, so that a slow moment of the machine hits both. */
async function callRows(folder: string, port: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, call, action, rule, goal } of KINDS) {
    const rules = `${folder}/${action}-${call}.yaml`;
    await Deno.writeTextFile(rules, `version: 1\nrules:\n  - { name: bench, ${rule} }\n`);
    const snet = [SNET, "run", "--quiet", "--rules", rules, "--default", "deny", "--"];
    const least = [`${PROBE_FOLDER}/supervisor`, action];
    for (const threads of [1, 8]) {
      const ours: Calls[] = [], theirs: Calls[] = [];
      for (let i = 0; i < ROUNDS; i++) {
        theirs.push(await measure(least, call, threads, port));
        ours.push(await measure(snet, call, threads, port));
      }
      const row = (field: keyof Calls, unit: string, aim: number | null) =>
        pair(
          `${name}, ${threads === 1 ? "1 thread" : `${threads} threads`}, ${field}`,
          unit,
          ours.map((calls) => calls[field]),
          theirs.map((calls) => calls[field]),
          { goal: aim, better: "less" },
        );
      rows.push(row("p50", "µs", threads === 1 ? goal : null), row("p99", "µs", null));
    }
  }
  return rows;
}

/** Milliseconds. */
async function timeOf(argv: readonly string[], cwd: string): Promise<number> {
  const started = performance.now();
  await output(argv, cwd);
  return performance.now() - started;
}

/** What real jobs lose, snet's own start included. */
async function jobRows(folder: string): Promise<Row[]> {
  await using web = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("page\n"),
  );
  const url = `http://127.0.0.1:${web.addr.port}`;
  const steps = Array.from({ length: 200 }, (_, i) => `step${i}`);
  await Deno.writeTextFile(
    `${folder}/Makefile`,
    `all: ${steps.join(" ")}\n${
      steps.map((step) => `${step}:\n\t@sh -c 'expr 1 + 1' > /dev/null`).join("\n")
    }\n`,
  );
  await Deno.writeTextFile(
    `${folder}/install.sh`,
    `for i in $(seq 10); do node -e 'fetch("${url}/" + process.pid).then((r) => r.text())' & ` +
      `for j in $(seq 18); do sh -c 'expr 1 + 1' > /dev/null; done; wait; done\n`,
  );
  const rules = `${folder}/jobs.yaml`;
  await Deno.writeTextFile(
    rules,
    `version: 1\nrules:\n  - { name: pages, allow: snet.connect, to: 127.0.0.1, port: ${web.addr.port} }\n`,
  );
  const jobs = [
    ["curl of 100 pages, a connection each", ["curl", "-s", "-H", "Connection: close", `${url}/[1-100]`]],
    ["100 curls of one page", ["sh", "-c", `for i in $(seq 100); do curl -s ${url}/$i; done`]],
    ["make -j2 of 200 small steps", ["make", "-s", "-j2"]],
    ["10 node and 180 sh processes", ["sh", "install.sh"]],
  ] as const;
  const snet = [SNET, "run", "--rules", rules, "--default", "deny", "--"];
  const rows: Row[] = [];
  const starts: number[] = [];
  for (let i = 0; i < 9; i++) starts.push(await timeOf([...snet, "true"], folder));
  rows.push(single("snet run -- true", "ms", median(starts), { goal: null, better: "less" }));
  for (const [name, argv] of jobs) {
    const held: number[] = [], alone: number[] = [];
    for (let i = 0; i < JOB_ROUNDS; i++) {
      alone.push(await timeOf(argv, folder));
      held.push(await timeOf([...snet, ...argv], folder));
    }
    rows.push(pair(name, "ms", held, alone, { goal: null, better: "less" }));
  }
  return rows;
}

/** All rows of `snet run`. dist/snet is taken as it is. */
export async function runRows(): Promise<Row[]> {
  await compilePrograms(
    ["supervisor", "calls"].map((name) => `${ROOT}tests/bench/seccomp/${name}.c`),
    PROBE_FOLDER,
  );
  const folder = await Deno.makeTempDir({ prefix: "snet-bench-" });
  const server = new Deno.Command(`${PROBE_FOLDER}/calls`, {
    args: ["serve"],
    stdin: "null",
    stdout: "piped",
  })
    .spawn();
  try {
    const { value } = await server.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
    return [...await callRows(folder, Number(value)), ...await jobRows(folder)];
  } finally {
    server.kill();
    await server.status;
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) console.log(table(await runRows()));
