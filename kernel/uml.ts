/**
 * Boots the test kernel on this machine's own files and runs a command in it.
 *
 * The root is the host's, read-only; /etc, /var and the home folder can be written to, and forget it at the end; /tmp, /run and
 * /dev/shm start empty. Loopback is up. The machine is gone when the call returns, and when this process dies.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { buildKernel, type Variant } from "./build.ts";
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

/** What to run, and on what machine. */
export interface TestMachine {
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
  /** Memory, as `512M`. Default: `1G`. Only what is used is taken from the host. */
  memory?: string;
  /** More words for the kernel's command line, as `snet.debug=1`. */
  bootArgs?: readonly string[];
  /**
   * The host's processor that the machine runs on. A machine that moves between processors is several times slower.
   * Default: one by the process's id.
   */
  cpu?: number;
  /** Which kernel, or the path of one. Default: `plain`. */
  kernel?: Variant | { path: string };
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
  /BUG:|WARNING:|Oops|KASAN|Kernel panic|[Oo]ut of memory|INFO: (task|possible|suspicious|trying)|possible (circular|recursive|irq)|inconsistent lock|suspicious RCU|unreferenced object|general protection|segfault at/;

/** Lines of a kernel log in which the kernel complains. */
export function alarmsIn(kernelLog: string): string[] {
  return kernelLog.split("\n").filter((line) => ALARM.test(line));
}

/** After the command's end, power off is a matter of milliseconds; then it is taken away. */
const POWER_OFF_MS = 3_000;

/**
 * Boots the test kernel, building it first if needed, and runs one command in it.
 *
 * Never throws for what happens inside: `failure` says so, and `code` is undefined then.
 *
 * @throws Error if the kernel cannot be built or started.
 */
export async function runInTestKernel(machine: TestMachine): Promise<TestRun> {
  const kernel = typeof machine.kernel === "object"
    ? machine.kernel.path
    : (await buildKernel(machine.kernel ?? "plain")).path;
  const folder = await Deno.makeTempDir({ prefix: "snet-machine-" });
  try {
    await writeFolder(folder, machine);
    return await boot(kernel, folder, machine);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function writeFolder(folder: string, machine: TestMachine) {
  const { command, script } = machine;
  if ((command === undefined) === (script === undefined)) {
    throw new TypeError("give either a command or a script");
  }

  await Deno.copyFile(join(import.meta.dirname!, "test-machine-init"), join(folder, "init"));
  await Deno.chmod(join(folder, "init"), 0o755);
  await Deno.writeTextFile(join(folder, "mounts"), mountLines(machine.mounts ?? []));
  await Deno.writeTextFile(
    join(folder, "command"),
    [...environmentLines(machine), script ?? `exec ${command!.map(quote).join(" ")}`, ""].join("\n"),
  );
}

function environmentLines({ env = {}, cwd }: TestMachine): string[] {
  const variables = { HOME: home(), LANG: "C.UTF-8", ...env };
  return [
    ...Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}`),
    `cd ${quote(cwd ?? Deno.cwd())} || exit 125`,
  ];
}

/* The folder of deno appears a second time at /run/deno: the way to it may be closed for other users than root. */
function mountLines(mounts: readonly Mount[]): string {
  const deno = { from: dirname(Deno.execPath()), at: "/run/deno" };
  const all: Mount[] = [...mounts, deno];
  const lines = all.flatMap(({ from, at, writable = false }) => [
    `mkdir -p ${quote(at)}`,
    `mount -t hostfs -o ${quote(from)}${writable ? "" : " -r"} none ${quote(at)}`,
  ]);
  if (home() !== "/") lines.unshift(`overlay ${quote(home())}`);
  return [...lines, "PATH=/run/deno:$PATH", ""].join("\n");
}

function home(): string {
  return Deno.env.get("HOME") || "/root";
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

async function boot(kernel: string, folder: string, machine: TestMachine): Promise<TestRun> {
  const { timeoutSeconds = 120, memory = "1G", bootArgs = [] } = machine;
  const cpu = machine.cpu ?? Deno.pid % navigator.hardwareConcurrency;
  const started = performance.now();
  const child = new Deno.Command("setpriv", {
    // deno-fmt-ignore
    args: [
      "--pdeathsig", "KILL", "taskset", "-c", String(cpu), kernel,
      `mem=${memory}`, "rootfstype=hostfs", "rootflags=/", "ro", `init=${join(folder, "init")}`, `snet_host=${folder}`,
      // The command's console is tty0, the kernel's tty1; neither has an input.
      "con=null", "con0=null,fd:1", "con1=null,fd:2", "console=tty1", `uml_dir=${folder}`, "panic=-1",
      ...bootArgs,
    ],
    env: { TMPDIR: await folderForMemory(memory) },
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

/**
 * The machine's memory is a file, in /dev/shm where that is large enough (a container's often is not), else on disk.
 * A full one would end the machine with SIGBUS.
 */
async function folderForMemory(memory: string): Promise<string> {
  const unit = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[memory.at(-1)!] ?? 1;
  const { stdout } = await new Deno.Command("stat", {
    args: ["-f", "-c", "%a %S", "/dev/shm"],
    stderr: "null",
  })
    .output();
  const [blocks = 0, size = 0] = new TextDecoder().decode(stdout).split(" ").map(Number);
  return blocks * size > parseInt(memory) * unit ? "/dev/shm" : "/tmp";
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

if (import.meta.main) {
  const variants = ["plain", "kunit", "nosnet", "debug"];
  const [first, ...rest] = Deno.args;
  const kernel = variants.includes(first ?? "") ? first as Variant : "plain";
  const command = variants.includes(first ?? "") ? rest : Deno.args;
  if (command.length === 0) {
    console.error(`usage: deno task kernel:run [${variants.join("|")}] COMMAND [ARGUMENT…]`);
    Deno.exit(2);
  }
  try {
    const { code, failure, alarms, seconds } = await runInTestKernel({ kernel, command });
    for (const alarm of alarms) console.error(`kernel: ${alarm}`);
    console.error(failure ?? `exit code ${code}, ${seconds.toFixed(1)} s`);
    Deno.exit(code ?? 1);
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
