/** `snet doctor`: whether this machine can run snet, and what to do where it cannot. */

import {
  FAMILY_VERSION,
  FamilyNotFoundError,
  Feature,
  landlockAbi,
  NetlinkError,
  seccompLacks,
  SnetSocket,
} from "../../ffi/mod.ts";
import { systemContext } from "../context.ts";
import type { BuiltIn } from "./builtin.ts";
import { diagnose, type FamilyState, type Finding, isReady, type Machine } from "./diagnosis.ts";
import { diagnoseRun, type RunMachine } from "./diagnosis_run.ts";
import { diagnoseSandbox } from "./diagnosis_sandbox.ts";
import { examineConfig } from "./doctor_config.ts";
import { CommandError, ExitCode } from "./exit.ts";
import { type Output, printJson } from "./output.ts";
import type { Tone } from "./terminal.ts";
import { pad, printable, wrap } from "./text.ts";

/**
 * Looks at this machine and at the daemon's configuration, and prints what it found. Throws a CommandError where a daemon
 * could not run.
 */
export async function doctor(
  options: { readonly json?: boolean; readonly config: string },
  builtIn: BuiltIn,
  output: Output,
): Promise<void> {
  const findings = [
    ...diagnose(examine(), FAMILY_VERSION),
    diagnoseSandbox({ lacks: seccompLacks(), landlock: landlockAbi() }),
    ...await examineConfig(options.config, await builtIn.plugins(), systemContext()),
  ];
  const ready = isReady(findings);
  const run = diagnoseRun(examineRun());
  const runReady = isReady(run);
  if (options.json) printJson(output, { ready, findings, run: { ready: runReady, findings: run } });
  else {
    output.line("The daemon, for all programs of this machine:");
    report(findings, output);
    output.line("");
    output.line("'snet run', for one program, without root and on any kernel:");
    report(run, output);
    output.line("");
    output.line(conclusion(ready, runReady));
  }
  // What is missing has been said already.
  if (!ready) throw new CommandError("", ExitCode.unavailable);
}

const TONES: Readonly<Record<Finding["state"], Tone>> = { ok: "good", limited: "warn", missing: "bad" };

/** The last line: what can be done here. */
export function conclusion(daemon: boolean, run: boolean): string {
  if (daemon && run) return "This machine can run snet.";
  if (run) return "This machine can run programs with 'snet run', but no daemon as it is.";
  if (daemon) return "This machine can run the daemon, but no 'snet run' as it is.";
  return "This machine cannot run snet as it is.";
}

function report(findings: readonly Finding[], output: Output): void {
  const width = Math.min(output.width ?? 100, 100);
  const names = Math.max(...findings.map(({ name }) => name.length));
  const states = "missing".length;
  const indent = states + names + 4;
  for (const { name, state, found, advice } of findings) {
    const [first = "", ...rest] = wrap(printable(found), width, indent);
    const head = `${output.paint(TONES[state], pad(state, states))}  ${pad(name, names)}  `;
    output.line(head + first.trimStart());
    for (const line of rest) output.line(line);
    if (advice !== undefined) { for (const line of wrap(`→ ${advice}`, width, indent)) output.line(line); }
  }
}

function examine(): Machine {
  const family = familyState();
  return {
    kernel: Deno.osRelease(),
    arch: Deno.build.arch,
    libnlError: family instanceof Error ? family.message : undefined,
    netAdmin: hasCapability(textOf("/proc/self/status") ?? "", CAP_NET_ADMIN),
    initialUserNamespace: isInitialUserNamespace(),
    initialNetworkNamespace: isInitialNetworkNamespace(),
    family: family instanceof Error ? { state: "unknown" } : family,
    securityModules: textOf("/sys/kernel/security/lsm")?.trim().split(","),
    parameters: parameters(),
    cgroup2: textOf("/proc/self/mounts")?.match(/^\S+ (\S+) cgroup2 /m)?.[1],
  };
}

/** What the kernel says, or the error where the library that asks it cannot be opened. */
function familyState(): FamilyState | Error {
  try {
    using socket = SnetSocket.open();
    return { state: "present", ...settings(socket) };
  } catch (error) {
    if (error instanceof FamilyNotFoundError) return { state: "absent" };
    if (error instanceof Error) return error;
    throw error;
  }
}

function settings(
  socket: SnetSocket,
): Pick<Extract<FamilyState, { state: "present" }>, "refusal" | "settings"> {
  try {
    const { version = 0, features = 0, name, ownerPid } = socket.settings();
    return {
      refusal: undefined,
      settings: {
        version,
        features: Object.entries(Feature).flatMap(([word, bit]) =>
          features & bit ? [word.toLowerCase()] : []
        ),
        attached: ownerPid === undefined ? undefined : { name: name ?? "", pid: ownerPid },
      },
    };
  } catch (error) {
    if (error instanceof NetlinkError) return { refusal: error.code, settings: undefined };
    throw error;
  }
}

/** Their numbers, of linux/capability.h. */
export const CAP_NET_ADMIN = 12n;
const CAP_SYS_PTRACE = 19n;
const CAP_SYS_ADMIN = 21n;

/** Whether /proc/PID/status shows a capability among the effective ones. */
export function hasCapability(status: string, capability: bigint): boolean {
  const [, effective = "0"] = status.match(/^CapEff:\s*([0-9a-f]+)$/m) ?? [];
  return (BigInt(`0x${effective}`) >> capability & 1n) === 1n;
}

function examineRun(): RunMachine {
  const status = textOf("/proc/self/status") ?? "";
  const scope = textOf("/proc/sys/kernel/yama/ptrace_scope");
  return {
    kernel: Deno.osRelease(),
    lacks: seccompLacks(),
    landlock: Deno.build.arch === "x86_64" ? landlockAbi() : 0,
    ptraceScope: scope === undefined ? undefined : Number(scope),
    sysAdmin: hasCapability(status, CAP_SYS_ADMIN),
    sysPtrace: hasCapability(status, CAP_SYS_PTRACE),
  };
}

/** PROC_USER_INIT_INO of include/linux/proc_ns.h, which is part of the kernel's ABI. */
const INITIAL_USER_NAMESPACE = "user:[4026531837]";

function isInitialUserNamespace(): boolean | undefined {
  const own = linkOf("/proc/self/ns/user");
  return own === undefined ? undefined : own === INITIAL_USER_NAMESPACE;
}

/** Its number differs between kernels, so it is compared with that of the first process, where that may be read. */
function isInitialNetworkNamespace(): boolean | undefined {
  const own = linkOf("/proc/self/ns/net");
  const first = linkOf("/proc/1/ns/net");
  return own === undefined || first === undefined ? undefined : own === first;
}

/** The module's parameters by name. */
function parameters(): Readonly<Record<string, string>> | undefined {
  const folder = "/sys/module/snet/parameters";
  try {
    const names = Array.from(Deno.readDirSync(folder), ({ name }) => name).toSorted();
    return Object.fromEntries(names.map((name) => [name, textOf(`${folder}/${name}`)?.trim() ?? "?"]));
  } catch {
    return undefined;
  }
}

function textOf(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return undefined;
  }
}
