/**
 * `deno task demo`: shows snet at work, on any Debian 12 machine. It installs what is missing, builds dist/snet and lets
 * `snet run` hold a program on this machine's own kernel; then it builds the test kernel, boots it on this machine's own
 * files, and lets real programs try what an example file of rules allows and denies. Only programs that it starts itself
 * are held. Ends with 0 only if all went as said.
 *
 * @module
 */

import { buildKernel } from "../../kernel/build.ts";
import { ensurePackages } from "../../kernel/setup.ts";
import { runInTestKernel } from "../../kernel/uml.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
/** What the story takes, seconds, many times over: the machine may be busy. */
const TIME_LIMIT = 300;

async function demo(): Promise<number> {
  await step(
    "packages",
    "what the kernel and the programs need",
    () => ensurePackages("run", "kernel", "test"),
  );
  await step("dist/snet", "daemon and command line in one file", build);
  const first = await runHere();
  say("");
  await step(
    "kernel",
    "Linux with snet in it; the first time takes minutes",
    buildKernel,
  );
  say("\nBooting the kernel.\n");
  const run = await runInTestKernel({
    command: [Deno.execPath(), "run", "--quiet", "--allow-all", `${ROOT}tests/demo/story.ts`],
    cwd: ROOT,
    env: terminal(),
    timeoutSeconds: TIME_LIMIT,
  });
  for (const alarm of run.alarms) say(`The kernel complained: ${alarm}`);
  if (run.failure !== undefined) say(`The test kernel ended too early: ${run.failure}`);
  return run.alarms.length > 0 ? 1 : first || (run.code ?? 1);
}

/** Says what is being done, and when it is done. What a step itself has to say goes to standard error meanwhile. */
async function step(name: string, what: string, work: () => Promise<unknown>): Promise<void> {
  const started = Date.now();
  say(`▸ ${name}: ${what}`);
  await work();
  say(`  done, ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

async function build(): Promise<void> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "core/package/build.ts"],
    cwd: ROOT,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  if (!success) throw new Error("dist/snet could not be built");
}

/** The part that needs no kernel of its own; its exit code. */
async function runHere(): Promise<number> {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "tests/demo/run_story.ts"],
    cwd: ROOT,
    stdin: "null",
  }).spawn().status;
  return code;
}

/** The test kernel's console knows neither the width nor the colours of this terminal. */
function terminal(): Record<string, string> {
  if (!Deno.stdout.isTerminal()) return { COLUMNS: "120", NO_COLOR: "1" };
  const colour = Deno.env.get("NO_COLOR") || Deno.env.get("TERM") === "dumb" ? "NO_COLOR" : "FORCE_COLOR";
  return { COLUMNS: String(Deno.consoleSize().columns || 80), [colour]: "1" };
}

function say(text: string): void {
  console.log(text);
}

try {
  Deno.exit(await demo());
} catch (error) {
  console.error(`demo: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}
