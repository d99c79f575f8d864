/**
 * The tests that need two processors: `deno task kernel:smp [SECONDS]`.
 *
 * Boots an x86_64 kernel with KASAN, lockdep and kmemleak under QEMU, once beside SELinux and once beside AppArmor (a kernel
 * runs only one of them), and runs KUnit and the race programs of tests/kernel/race in it. A complaint of the kernel
 * is a failure. Building takes some ten minutes the first time, so this is not part of `deno task test`.
 *
 * @module
 */

import { basename, join } from "node:path";
import { buildKernel } from "./build.ts";
import { cacheFolder } from "./cache.ts";
import { parseKtap } from "./ktap.ts";
import type { TestRun } from "./machine.ts";
import { runInQemu } from "./qemu.ts";
import { ensurePackages } from "./setup.ts";
import { KERNEL_FOLDER } from "./source.ts";

/** What the tests on two processors counted. */
export interface SmpRun {
  passed: number;
  failed: number;
}

/** Security modules that snet stands beside, in their order. */
const STACKS = ["landlock,yama,selinux,snet", "landlock,yama,apparmor,snet"];

/** Programs of tests/kernel/race; the other files there are linked to each. */
const PROGRAMS = ["stacking", "verdicts", "tickets", "attach", "identity"];

/** For boot and KUnit, and for each program beyond its time: all takes long without hardware help and with all checks. */
const BOOT_SECONDS = 240;
const SLACK_SECONDS = 90;

/**
 * Builds, boots and runs everything.
 *
 * @param seconds How long each race program runs.
 * @throws Error if the kernel or a program cannot be built.
 */
export async function runSmp(seconds = 30): Promise<SmpRun> {
  await ensurePackages("kernel", "test", "smp");
  const { path } = await buildKernel("smp");
  const programs = await compilePrograms();
  const sums: SmpRun = { passed: 0, failed: 0 };
  for (const stack of STACKS) {
    console.log(`two processors, lsm=${stack}`);
    const run = await runInQemu({
      kernel: path,
      bootArgs: [`lsm=${stack}`, "kunit.enable=1", "kunit.filter_glob=snet*", "kmemleak=on"],
      mounts: [{ from: programs, at: "/run/race" }],
      script: script(seconds),
      env: { STACK: stack },
      timeoutSeconds: BOOT_SECONDS + PROGRAMS.length * (seconds + SLACK_SECONDS),
    });
    const { passed, failed } = judge(run);
    sums.passed += passed;
    sums.failed += failed;
  }
  return sums;
}

async function compilePrograms(): Promise<string> {
  const sources = join(KERNEL_FOLDER, "../tests/kernel/race");
  const folder = join(cacheFolder(), "race");
  await Deno.mkdir(folder, { recursive: true });
  for (const name of PROGRAMS) {
    const { success, stderr } = await new Deno.Command("gcc", {
      // deno-fmt-ignore
      args: [
        "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-O1", "-g", "-pthread", `-I${join(KERNEL_FOLDER, "tree/include/uapi")}`,
        "-o", join(folder, name),
        ...[`${name}.c`, "race.c", "link.c"].map((file) => join(sources, file)),
      ],
    }).output();
    if (!success) throw new Error(`${basename(sources)}/${name}.c: ${new TextDecoder().decode(stderr)}`);
  }
  return folder;
}

/* kmemleak believes that something has leaked when it has not found it twice. */
function script(seconds: number): string {
  return `
[ "$(nproc)" = 2 ] || echo "FAILED  the machine has $(nproc) processors"
for program in ${PROGRAMS.join(" ")}; do
  timeout -s KILL ${
    seconds + SLACK_SECONDS
  } /run/race/$program ${seconds} || echo "FAILED  $program: exit code $?"
done
mount -t debugfs debugfs /sys/kernel/debug
sleep 6
echo scan >/sys/kernel/debug/kmemleak
sleep 6
echo scan >/sys/kernel/debug/kmemleak
cat /sys/kernel/debug/kmemleak
`;
}

function judge(run: TestRun): SmpRun {
  const kunit = parseKtap(run.kernelLog);
  const lines = run.output.split("\n");
  const leaks = lines.filter((line) => line.startsWith("unreferenced object")).length;
  const failures = kunit.filter(({ result }) => result === "failed").map(({ suite, name }) =>
    `KUnit ${suite}: ${name}`
  );
  if (kunit.length === 0) failures.push("KUnit ran no test");
  if (run.failure !== undefined) failures.push(run.failure);
  if (leaks > 0) failures.push(`kmemleak: ${leaks} unreferenced objects`);
  failures.push(...run.alarms.map((line) => `kernel: ${line}`));
  for (const failure of failures) console.log(`FAILED  ${failure}`);

  const programs = lines.filter((line) => /^(ok|FAILED) {2}/.test(line));
  const passed = programs.filter((line) => line.startsWith("ok")).length +
    kunit.filter(({ result }) => result === "passed").length;
  const failed = programs.filter((line) => line.startsWith("FAILED")).length + failures.length;
  console.log(
    `${kunit.length} KUnit tests, ${programs.length} programs, ${run.alarms.length} complaints of the kernel, ` +
      `${run.seconds.toFixed(0)} s`,
  );
  return { passed, failed };
}

if (import.meta.main) {
  const seconds = Number(Deno.args[0] ?? 30);
  if (!(seconds > 0)) {
    console.error("usage: deno task kernel:smp [SECONDS]");
    Deno.exit(2);
  }
  try {
    const { passed, failed } = await runSmp(seconds);
    console.log(`two processors: ${passed} passed, ${failed} failed`);
    Deno.exit(failed > 0 ? 1 : 0);
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
