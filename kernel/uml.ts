/**
 * Boots the test kernel on this machine's own files and runs a command in it.
 *
 * The root is the host's, read-only; /etc, /var and the home folder can be written to, and forget it at the end; /tmp, /run and
 * /dev/shm start empty. Loopback is up. The machine is gone when the call returns, and when this process dies.
 *
 * `deno task kernel:run [VARIANT] COMMAND [ARGUMENT…]`
 *
 * @module
 */

import { join } from "node:path";
import { buildKernel, type UmlVariant, VARIANTS } from "./build.ts";
import { type Machine, quote, runMachine, type TestRun, writeFolder } from "./machine.ts";

export type { Mount, TestRun } from "./machine.ts";

/** What to run, and on what machine. */
export interface TestMachine extends Machine {
  /** Memory, as `512M`. Default: `1G`. Only what is used is taken from the host. */
  memory?: string;
  /**
   * The host's processor that the machine runs on. A machine that moves between processors is several times slower.
   * Default: one by this process's id.
   */
  cpu?: number;
  /** Which kernel, or the path of one. Default: `plain`. */
  kernel?: UmlVariant | { path: string };
}

/**
 * Boots the test kernel, building it first if needed, and runs one command in it.
 *
 * Never throws for what happens inside: `failure` says so, and `code` is undefined then.
 *
 * @example
 * ```ts ignore
 * const { code, failure } = await runInTestKernel({ script: "curl -s http://127.0.0.1/", timeoutSeconds: 20 });
 * ```
 * @throws Error if the kernel cannot be built or started.
 */
export async function runInTestKernel(machine: TestMachine): Promise<TestRun> {
  const { kernel = "plain", memory = "1G", bootArgs = [], cpu = anyCpu() } = machine;
  const path = typeof kernel === "object" ? kernel.path : (await buildKernel(kernel)).path;
  const folder = await Deno.makeTempDir({ prefix: "snet-machine-" });
  try {
    await writeFolder(folder, machine, mountHost);
    // deno-fmt-ignore
    const args = [
      "taskset", "-c", String(cpu), path,
      `mem=${memory}`, "rootfstype=hostfs", "rootflags=/", "ro", `init=${join(folder, "init")}`,
      "snet_host=hostfs:" + folder, "snet_console=tty0",
      // The command's console is tty0, the kernel's tty1; neither has an input.
      "con=null", "con0=null,fd:1", "con1=null,fd:2", "console=tty1", `uml_dir=${folder}`, "panic=-1",
      ...bootArgs,
    ];
    return await runMachine(machine, folder, { args, env: { TMPDIR: await folderForMemory(memory) } });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function mountHost({ from, at, writable }: { from: string; at: string; writable: boolean }): string {
  return `mount -t hostfs -o ${quote(from)}${writable ? "" : " -r"} none ${quote(at)}`;
}

function anyCpu(): number {
  return Deno.pid % navigator.hardwareConcurrency;
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

if (import.meta.main) {
  const variants = Object.keys(VARIANTS).filter((name) => name !== "smp");
  const named = variants.includes(Deno.args[0] ?? "");
  const command = named ? Deno.args.slice(1) : Deno.args;
  if (command.length === 0) {
    console.error(`usage: deno task kernel:run [${variants.join("|")}] COMMAND [ARGUMENT…]`);
    Deno.exit(2);
  }
  try {
    const kernel = named ? Deno.args[0] as UmlVariant : "plain";
    const { code, failure, alarms, seconds } = await runInTestKernel({ kernel, command });
    for (const alarm of alarms) console.error(`kernel: ${alarm}`);
    console.error(failure ?? `exit code ${code}, ${seconds.toFixed(1)} s`);
    Deno.exit(code ?? 1);
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
