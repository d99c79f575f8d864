/**
 * `deno task ok`: format, lint, types, generated files, documents' examples and unit tests. It needs neither root nor
 * network, and takes less than a minute: what to run before each commit.
 */

import { add, type Counts, NONE, readJunit } from "./counts.ts";

const ROOT = new URL("../", import.meta.url).pathname;

/** Folders of unit tests; what is below tests/kernel runs inside the test kernel only (tests/kernel/run.ts). */
const UNIT = ["core", "ffi", "plugins", "kernel", "tests"];

/** The checks, as words of deno. */
const CHECKS: readonly { readonly name: string; readonly args: readonly string[] }[] = [
  { name: "format", args: ["fmt", "--check", "--quiet"] },
  { name: "lint", args: ["lint", "--quiet"] },
  { name: "types", args: ["check", "--quiet", "."] },
  { name: "examples", args: ["check", "--quiet", "--doc", "ffi/mod.ts", "core/mod.ts"] },
  { name: "generated", args: ["run", "--allow-all", "--quiet", "kernel/generate.ts", "--check"] },
];

/** Runs everything; each check counts as a test. */
export async function runOk(): Promise<Counts> {
  let counts = NONE;
  for (const { name, args } of CHECKS) counts = add(counts, await runCheck(name, args));
  return add(counts, await runUnitTests());
}

async function runCheck(name: string, args: readonly string[]): Promise<Counts> {
  const started = performance.now();
  const { success, stdout, stderr } = await deno(args, "piped");
  console.log(
    `${success ? "ok     " : "FAILED "} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`,
  );
  if (success) return { passed: 1, failed: 0 };
  for (const bytes of [stdout, stderr]) {
    const text = new TextDecoder().decode(bytes).trim();
    if (text) console.log(text.replace(/^/gm, "        "));
  }
  return { passed: 0, failed: 1 };
}

async function runUnitTests(): Promise<Counts> {
  const dir = await Deno.makeTempDir();
  try {
    const report = `${dir}/junit.xml`;
    // deno-fmt-ignore
    const { success } = await deno([
      "test", "--quiet", "--allow-all", "--no-check", "--parallel", "--reporter=dot", "--ignore=tests/kernel,kernel/tree",
      `--junit-path=${report}`, ...UNIT,
    ], "inherit");
    const counts = await readJunit(report);
    // A file that does not load, or a test that leaks, fails the run without a failed test.
    return success || counts.failed > 0 ? counts : add(counts, { passed: 0, failed: 1 });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function deno(args: readonly string[], output: "piped" | "inherit") {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    stdin: "null",
    stdout: output,
    stderr: output,
  });
  if (output === "piped") return await command.output();
  return { ...await command.spawn().status, stdout: new Uint8Array(), stderr: new Uint8Array() };
}

if (import.meta.main) {
  const started = performance.now();
  const { passed, failed } = await runOk();
  console.log(`${passed} passed, ${failed} failed (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  if (failed > 0 || passed === 0) Deno.exit(1);
}
