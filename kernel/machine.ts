/**
 * A machine that runs one command and is gone: what the harnesses for User-Mode Linux and QEMU have in common.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { readIfThere } from "./cache.ts";

/** A folder of the host inside the test kernel. */
export interface Mount {
  /** The host's folder. */
  from: string;
  /** Where it appears; made if it lies in /run or /tmp. */
  at: string;
  /** Whether what is written there reaches the host. Default: false. */
  writable?: boolean;
}

/** What to run, and for how long. */
export interface Machine {
  /** The program and its arguments; or a script of sh(1) in `script`. */
  command?: readonly string[];
  script?: string;
  /** Default: this process's. */
  cwd?: string;
  /** Besides PATH, HOME and LANG. */
  env?: Record<string, string>;
  mounts?: readonly Mount[];
  /** Seconds from start to end; then the machine is taken away. Default: 120. */
  timeoutSeconds?: number;
  /** More words for the kernel's command line, as `snet.debug=1`. */
  bootArgs?: readonly string[];
  /** Called with the command's output as it comes. Default: it goes to standard output. */
  onOutput?: (text: string) => void;
  /** Called with the kernel's own messages as they come. Default: they are only kept. */
  onKernelLog?: (text: string) => void;
}

/** How a test machine ended. */
export interface TestRun {
  /** The command's exit code; undefined if the machine ended before the command. */
  code: number | undefined;
  /** What went wrong with the machine itself, in one line. */
  failure: string | undefined;
  /** Lines in which the kernel complains: BUG, WARNING, KASAN, lockdep, out of memory. */
  alarms: string[];
  /** What the command wrote, both streams. */
  output: string;
  /** The kernel's messages. */
  kernelLog: string;
  /** From start to end. */
  seconds: number;
}

const ALARM =
  /BUG:|WARNING:|Oops|KASAN|Kernel panic|[Oo]ut of memory|INFO: (task|possible|suspicious|trying)|detected (expedited )?stalls|self-detected stall|possible (circular|recursive|irq)|inconsistent lock|suspicious RCU|unreferenced object|general protection|segfault at/;

/** Lines of a kernel log in which the kernel complains. */
export function alarmsIn(kernelLog: string): string[] {
  return kernelLog.split("\n").filter((line) => ALARM.test(line));
}

/** After the command's end, power off is a matter of milliseconds; then it is taken away. */
const POWER_OFF_MS = 3_000;

/**
 * Starts a machine, waits for its end, and takes it away when its time is over. Its processes die with this one.
 *
 * @param folder What the machine finds at /run/host; its first process is the file `init` in it.
 * @param start The program that is the machine: its standard output is the command's, its standard error the kernel's.
 * @throws Error if the program cannot be started.
 */
export async function runMachine(
  machine: Machine,
  folder: string,
  start: { args: readonly string[]; env?: Record<string, string> },
): Promise<TestRun> {
  const { timeoutSeconds = 120 } = machine;
  const started = performance.now();
  const child = new Deno.Command("setpriv", {
    args: ["--pdeathsig", "KILL", ...start.args],
    env: start.env ?? {},
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();

  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killAll(child.pid);
  }, timeoutSeconds * 1_000);
  const ending = watchForExit(folder, child);
  try {
    const [output, kernelLog] = await Promise.all([
      follow(child.stdout, machine.onOutput ?? write),
      follow(child.stderr, machine.onKernelLog ?? (() => {})),
      child.status,
    ]);
    const code = await exitCode(folder);
    const failure = code === undefined ? whyEnded(timedOut, timeoutSeconds, kernelLog) : undefined;
    const seconds = (performance.now() - started) / 1_000;
    return { code, failure, alarms: alarmsIn(kernelLog), output, kernelLog, seconds };
  } finally {
    clearTimeout(timer);
    ending.stop();
    killAll(child.pid);
  }
}

/**
 * Fills the folder that the machine finds at /run/host.
 *
 * @param mountHost The command that mounts a folder of the host, of `from`, `at` and `writable`.
 */
export async function writeFolder(
  folder: string,
  machine: Machine,
  mountHost: (mount: Required<Mount>) => string,
) {
  const { command, script } = machine;
  if ((command === undefined) === (script === undefined)) {
    throw new TypeError("give either a command or a script");
  }

  await Deno.copyFile(join(import.meta.dirname!, "test-machine-init"), join(folder, "init"));
  await Deno.chmod(join(folder, "init"), 0o755);
  await Deno.writeTextFile(join(folder, "mounts"), mountLines(machine.mounts ?? [], mountHost));
  await Deno.writeTextFile(
    join(folder, "command"),
    [...environmentLines(machine), script ?? `exec ${command!.map(quote).join(" ")}`, ""].join("\n"),
  );
}

function environmentLines({ env = {}, cwd }: Machine): string[] {
  const variables = { HOME: home(), LANG: "C.UTF-8", ...env };
  return [
    ...Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}`),
    `cd ${quote(cwd ?? Deno.cwd())} || exit 125`,
  ];
}

/*
 * The folder of deno appears a second time at /run/deno: the way to it may be closed for other users than root.
 * A checkout in a folder that starts empty appears in it again.
 */
function mountLines(mounts: readonly Mount[], mountHost: (mount: Required<Mount>) => string): string {
  const lines = home() === "/"
    ? []
    : [`[ -d ${quote(home())} ] && overlay ${quote(home())} || mkdir -p ${quote(home())}`];
  const checkout = dirname(import.meta.dirname!);
  const all: Mount[] = [...mounts, { from: dirname(Deno.execPath()), at: "/run/deno" }];
  if (/^\/(tmp|run)\//.test(checkout)) all.push({ from: checkout, at: checkout });
  for (const { from, at, writable = false } of all) {
    lines.push(`mkdir -p ${quote(at)}`, mountHost({ from, at, writable }));
  }
  return [...lines, "PATH=/run/deno:$PATH", ""].join("\n");
}

function home(): string {
  return Deno.env.get("HOME") || "/root";
}

/** A word of a shell script that stands for itself. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Takes the machine away when its command has ended and power off hangs. */
function watchForExit(folder: string, child: Deno.ChildProcess): { stop(): void } {
  let seen = 0;
  const timer = setInterval(async () => {
    if (await exitCode(folder).catch(() => undefined) === undefined) return;
    seen ||= performance.now();
    if (performance.now() - seen > POWER_OFF_MS) killAll(child.pid);
  }, 500);
  return { stop: () => clearInterval(timer) };
}

async function exitCode(folder: string): Promise<number | undefined> {
  const text = await readIfThere(join(folder, "exit"));
  return text === undefined ? undefined : Number(text);
}

function whyEnded(timedOut: boolean, timeoutSeconds: number, kernelLog: string): string {
  if (timedOut) return `the test kernel was still running after ${timeoutSeconds} s and was taken away`;
  const panic = /Kernel panic - not syncing: (.*)/.exec(kernelLog)?.[1];
  if (panic !== undefined) return `the test kernel panicked: ${panic}`;
  const last = kernelLog.trimEnd().split("\n").at(-1);
  return `the test kernel ended without an exit code; its last words: ${last || "none"}`;
}

/** Every process of the machine is in the process group of the first. */
function killAll(group: number) {
  try {
    Deno.kill(-group, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function follow(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (text: string) => void,
): Promise<string> {
  let all = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    all += text;
    take(text);
  }
  return all;
}

function write(text: string) {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
}
