/**
 * Boots an x86_64 kernel with two processors under QEMU, without hardware help, on this machine's own files, and runs a
 * command in it. What the command finds is as in the test kernel; it is all some thirty times slower.
 *
 * @module
 */

import { join } from "node:path";
import { type Machine, quote, runMachine, type TestRun, writeFolder } from "./machine.ts";

/** What to run, and on what machine. */
export interface QemuMachine extends Machine {
  /** Path of a bzImage. */
  kernel: string;
  /** Memory, as `2G`. Default: `2G`. */
  memory?: string;
  /** Processors. Default: 2. */
  cpus?: number;
}

/**
 * Boots and runs one command; mounts are read-only. The machine is gone when the call returns.
 *
 * @throws Error if QEMU cannot be started.
 */
export async function runInQemu(machine: QemuMachine): Promise<TestRun> {
  const { kernel, memory = "2G", cpus = 2, bootArgs = [] } = machine;
  const folder = await Deno.makeTempDir({ prefix: "snet-machine-" });
  try {
    await writeFolder(folder, machine, mountHost);
    const words = [
      "root=root rootfstype=9p rootflags=trans=virtio,version=9p2000.L,msize=512000,cache=loose ro",
      `init=${join(folder, "init")} snet_host=9p:host snet_console=ttyS0 console=ttyS1 panic=-1`,
      ...bootArgs,
    ];
    // deno-fmt-ignore
    const args = [
      "qemu-system-x86_64",
      // This one lists its interrupts; the default one computes them, for a minute in a kernel with all checks.
      "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", String(cpus), "-m", memory,
      "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
      // ttyS0 is the command's console, ttyS1 the kernel's.
      "-chardev", "stdio,id=out,signal=off", "-serial", "chardev:out", "-serial", "file:/dev/stderr",
      "-fsdev", "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap",
      "-device", "virtio-9p-pci,fsdev=root,mount_tag=root",
      "-fsdev", `local,id=host,path=${folder},security_model=none`,
      "-device", "virtio-9p-pci,fsdev=host,mount_tag=host",
      "-kernel", kernel, "-append", words.join(" "),
    ];
    return await runMachine(machine, folder, { args });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/* The host's root once more, without what has been mounted over it. */
function mountHost({ from, at, writable }: { from: string; at: string; writable: boolean }): string {
  if (writable) throw new TypeError(`cannot mount ${from} writable under QEMU: give results back as output`);
  const root = "mkdir -p /run/root; mount --bind / /run/root";
  return `[ -d /run/root ] || { ${root}; }\nmount --bind ${quote("/run/root" + from)} ${quote(at)}`;
}
