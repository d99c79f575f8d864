/**
 * `deno task ok`: format, lint, types, generated files, documents' examples and unit tests. It needs neither root nor
 * network, and takes less than a minute: what to run before each commit.
 */

import { globSync } from "node:fs";
import { buildPage } from "../web/build.ts";
import { add, type Counts, NONE, readJunit } from "./counts.ts";

const ROOT = new URL("../", import.meta.url).pathname;

/** Milliseconds that the unit tests may take: what needs more hangs. */
const UNIT_LIMIT = 180_000;

/**
 * Where there are no unit tests: what is below tests/kernel runs inside the test kernel only (tests/kernel/run.ts), what
 * is below tests/run and tests/sandbox needs dist/snet, below tests/web Chromium (their run.ts).
 */
const ELSEWHERE = ["tests/kernel/", "tests/run/", "tests/sandbox/", "tests/web/", "kernel/tree/"];

/** Unit tests that start many programs, or try very many cases: too long for each commit. `deno task test` runs them. */
const LONG = [
  ...[
    "core/cli/plugins/",
    "core/run/launch_test.ts",
    "core/slow_crowd_test.ts",
    "tests/journal_flood_test.ts",
  ],
  ...["tests/remote_test.ts", "tests/rules/", "tests/terminal/"],
];

/**
 * Tests that look at the descriptors of their own process, or hand them on: they have one to themselves, since files that
 * run in parallel share theirs.
 */
const ALONE = ["ffi/seccomp/", "core/run/launch_test.ts"];

/** The checks, as words of deno. */
const CHECKS: readonly { readonly name: string; readonly args: readonly string[] }[] = [
  { name: "format", args: ["fmt", "--check", "--quiet"] },
  { name: "lint", args: ["lint", "--quiet"] },
  { name: "types", args: ["check", "--quiet", "."] },
  { name: "examples", args: ["check", "--quiet", "--doc", "ffi/mod.ts", "core/mod.ts"] },
  { name: "generated", args: ["run", "--allow-all", "--quiet", "kernel/generate.ts", "--check"] },
  { name: "generated documents", args: ["run", "--allow-all", "--quiet", "plugins/generate.ts", "--check"] },
];

/** Runs everything but what takes long; each check counts as a test. */
export async function runOk(): Promise<Counts> {
  // Part of the program, and so of what is checked.
  await buildPage();
  const [checks, tests] = await Promise.all([
    runChecks(),
    runUnitTests("unit tests", (file) => !isLong(file)),
  ]);
  return add(checks, tests);
}

/** Runs what {@linkcode runOk} leaves out. */
export async function runLong(): Promise<Counts> {
  return await runUnitTests("long unit tests", isLong);
}

async function runChecks(): Promise<Counts> {
  let counts = NONE;
  for (const { name, args } of CHECKS) counts = add(counts, await runCheck(name, args));
  return counts;
}

async function runCheck(name: string, args: readonly string[]): Promise<Counts> {
  const started = performance.now();
  const { success, stdout, stderr } = await deno(args);
  console.log(
    `${success ? "ok     " : "FAILED "} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`,
  );
  if (success) return { passed: 1, failed: 0 };
  print(stdout);
  print(stderr);
  return { passed: 0, failed: 1 };
}

const below = (folders: readonly string[]) => (file: string) =>
  folders.some((folder) => file.startsWith(folder));
const isLong = below(LONG);
const isAlone = below(ALONE);

async function runUnitTests(name: string, isWanted: (file: string) => boolean): Promise<Counts> {
  const files = globSync("{core,ffi,plugins,web,kernel,tests}/**/*_test.ts", { cwd: ROOT }).toSorted()
    .filter((file) => !below(ELSEWHERE)(file) && isWanted(file));
  const [first, second] = await Promise.all([
    runTests(name, ["--parallel", ...files.filter((file) => !isAlone(file))]),
    runTests(`${name} with descriptors of their own`, files.filter(isAlone)),
  ]);
  return add(first, second);
}

async function runTests(name: string, words: readonly string[]): Promise<Counts> {
  const started = performance.now();
  const dir = await Deno.makeTempDir();
  try {
    const report = `${dir}/junit.xml`;
    const { success, signal, stdout, stderr } = await deno(
      ["test", "--quiet", "--allow-all", "--no-check", `--junit-path=${report}`, ...words],
      AbortSignal.timeout(UNIT_LIMIT),
    );
    const counts = await readJunit(report);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${success ? "ok     " : "FAILED "} ${name}: ${counts.passed} passed (${seconds} s)`);
    if (success) return counts;
    print(stderr);
    // What passed is of no interest then.
    const text = new TextDecoder().decode(stdout);
    print(new TextEncoder().encode(text.slice(Math.max(0, text.indexOf(" ERRORS ")))));
    if (signal !== null) {
      console.log(
        `        not done after ${UNIT_LIMIT / 1000} s; the file that hangs is not in the list above`,
      );
    }
    // A file that does not load, or a test that leaks, fails the run without a failed test.
    return counts.failed > 0 ? counts : add(counts, { passed: 0, failed: 1 });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function print(bytes: Uint8Array): void {
  const text = new TextDecoder().decode(bytes).trim();
  if (text) console.log(text.replace(/^/gm, "        "));
}

function deno(args: readonly string[], signal?: AbortSignal): Promise<Deno.CommandOutput> {
  return new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    ...(signal && { signal }),
  }).output();
}

if (import.meta.main) {
  const started = performance.now();
  const { passed, failed } = await runOk();
  console.log(`${passed} passed, ${failed} failed (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  if (failed > 0 || passed === 0) Deno.exit(1);
}
