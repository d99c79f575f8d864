/**
 * The process that becomes a plugin: it gives up what the plugin is not to have, step by step, and executes the plugin's
 * program. What fails is told as the plugin's failure, and nothing is executed.
 */

import { readlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  becomeUser,
  dieWith,
  domainRuleset,
  domainStrength,
  dropCapabilities,
  enterDomain,
  ERRNO,
  errnoName,
  Execution,
  filterCalls,
  limitSelf,
  lowerPriority,
  mayExecute,
  memoryFile,
  noNewPrivileges,
  openExecutable,
  openMemoryStatus,
  ownSession,
  pluginFilter,
  renounceExemption,
  ResourceLimit,
  umask,
} from "../../ffi/mod.ts";
import { runtimeWords, SOURCES } from "./own_program.ts";
import type { ModuleRole } from "./module.ts";
import type { LaunchPlan } from "./plan.ts";
import { lineOf } from "./protocol.ts";

/** A plugin yields to the daemon where both want the processor: a third of its share. */
const NICE = 5;
/**
 * Threads of a user of the plugin's own. A runtime has some thirty, and ends where it cannot have them; the user is that of
 * every daemon's plugin of the name, and of those that a reload replaces.
 */
const THREADS = 512;
/** uid_t of nobody, where a container maps few users. */
const NOBODY = 65_534;
const MEBIBYTE = 1024 * 1024;

/** Becomes the plugin; ends this process where that fails. */
export function launch(plan: LaunchPlan): never {
  try {
    become(plan);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    Deno.stdout.writeSync(new TextEncoder().encode(lineOf({ type: "failure", why })));
  }
  Deno.exit(125);
}

function become(plan: LaunchPlan): void {
  const isModule = "module" in plan.program;
  ownSession();
  lowerPriority(NICE);
  lowerSessionPriority();
  umask(0o077);
  Deno.chdir("/");
  renounceExemption();
  const execution = isModule ? ownRuntime(plan) : ownShell(plan);
  const isRoot = Deno.uid() === 0;
  const ruleset = rulesetOf(plan);
  if (isRoot) becomeOwnUser(plan.user);
  dropCapabilities();
  const user = isRoot ? plan.user : undefined;
  if ("module" in plan.program) checkReadable(plan.program.module, user);
  else checkExecutable(plan.program.exec[0]!, user);
  noNewPrivileges();
  if (!dieWith(plan.parent)) throw new Error("snet has ended meanwhile");
  if (ruleset !== undefined) enterDomain(ruleset);
  const { openFiles, fileSize, processes } = plan.limits;
  // Not 0, which counts for files alone: no program that the kernel pipes cores to is started by 1 (core(5)).
  limitSelf(ResourceLimit.Core, 1);
  limitSelf(ResourceLimit.MessageQueues, 0);
  limitSelf(ResourceLimit.FileSize, fileSize);
  if (isRoot) limitSelf(ResourceLimit.Processes, THREADS + processes);
  execution.prepare();
  const filter = pluginFilter({ pid: Deno.pid, network: plan.network, processes: processes > 0 });
  limitSelf(ResourceLimit.OpenFiles, openFiles);
  filterCalls(filter, "this");
  throw new Error(`cannot execute its program: ${errnoName(-execution.run())}`);
}

/** Where the kernel shares the processor among sessions first, a nice value counts within one only (sched(7)). */
function lowerSessionPriority(): void {
  try {
    Deno.writeTextFileSync("/proc/self/autogroup", String(NICE));
  } catch {
    // It does not.
  }
}

function rulesetOf({ paths, ports, unconfined }: LaunchPlan): number | undefined {
  if (!domainStrength().files && unconfined) return undefined;
  const own = [
    { path: "/proc/self/exe", access: "execute" as const },
    // Where its main thread's stack ends: the C library looks there for Deno, which does not start without.
    { path: "/proc/self/maps", access: "read" as const },
  ];
  const sources = SOURCES === undefined
    ? []
    : ["core", "ffi"].map((folder) => ({ path: `${SOURCES}${folder}`, access: "read" as const }));
  return domainRuleset({ paths: [...own, ...sources, ...paths], connectPorts: ports });
}

function becomeOwnUser(user: number): void {
  const failed = becomeUser(user);
  const second = failed === -ERRNO.EINVAL ? becomeUser(NOBODY) : failed;
  if (second < 0) throw new Error(`cannot become user ${user}: ${errnoName(-second)}`);
}

/** As the user that it is now. Deno would say less. */
function checkReadable(file: string, user: number | undefined): void {
  try {
    Deno.openSync(file).close();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Error(`there is no file ${file}`);
    const hint = user === undefined ? "" : `; user ${user}, whom it runs as, must be able to`;
    throw new Error(`cannot read ${file}: permission denied${hint}`);
  }
}

/** As the user that it is now, since the shell that executes it can tell standard error only. */
function checkExecutable(file: string, user: number | undefined): void {
  const errno = -mayExecute(file);
  if (errno === 0) return;
  const hint = errno === ERRNO.EACCES && user !== undefined
    ? `; user ${user}, whom it runs as, must be able to`
    : "";
  throw new Error(`cannot execute ${file}: ${errnoName(errno)}${hint}`);
}

/**
 * Limits its data (RLIMIT_DATA) and becomes the program. This runtime reserves far more than a plugin may have, and would
 * come to its end by the limit if it set it itself; a shell has next to nothing, and is on every system.
 */
const SHELL_SCRIPT = 'ulimit -d "$0" 2>/dev/null; unset PWD OLDPWD SHLVL; exec "$@"';

function ownShell(plan: LaunchPlan): Execution {
  const { exec } = plan.program as { readonly exec: readonly string[] };
  const kibibytes = String(Math.floor(plan.limits.memory / 1024));
  return new Execution({
    executable: "/bin/sh",
    arguments: ["sh", "-c", SHELL_SCRIPT, kibibytes, ...exec],
    environment: variables(plan),
    keep: [],
  });
}

/** The variables that are granted, where snet has them. */
function variables({ environment }: LaunchPlan): string[] {
  return environment.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
}

/** Deno with permissions for what is granted, and for FFI, which it gives up itself before it loads the plugin. */
function ownRuntime(plan: LaunchPlan): Execution {
  const { grants, limits, program } = plan;
  const { module } = program as { readonly module: string };
  const folder = module.slice(0, Math.max(1, module.lastIndexOf("/")));
  const memory = Math.floor(limits.memory / MEBIBYTE);
  const script = ownScript();
  const role: ModuleRole = { module, memory: limits.memory, memoryStatus: openMemoryStatus() };
  const permissions = [
    `--v8-flags=--max-old-space-size=${Math.max(16, Math.floor(memory * HEAP_SHARE))}`,
    "--allow-ffi",
    ...permission("read", [folder, ...grants.read, ...grants.write]),
    ...permission("write", grants.write),
    ...permission("net", grants.net),
    ...permission("env", grants.env),
  ];
  return new Execution({
    executable: openExecutable("/proc/self/exe"),
    arguments: runtimeWords(permissions, script?.path ?? "", JSON.stringify(role)),
    // A path below a file that is no folder turns Deno's cache off; colours and news are for people.
    environment: [...variables(plan), "DENO_DIR=/dev/null/snet", "DENO_NO_UPDATE_CHECK=1", "NO_COLOR=1"],
    keep: [role.memoryStatus, ...(script === undefined ? [] : [script.fd])],
  });
}

/** Of its memory, what the JavaScript heap may take before V8 gives up. */
const HEAP_SHARE = 0.6;

/** Deno reads a list at its commas, and two of them as one that is meant. */
function permission(name: string, items: readonly string[]): string[] {
  return items.length === 0
    ? []
    : [`--allow-${name}=${items.map((item) => item.replaceAll(",", ",,")).join(",")}`];
}

/** Where dist/snet has the runtime's program: in memory, behind a descriptor that the runtime inherits. */
function ownScript(): { readonly fd: number; readonly path: string } | undefined {
  if (SOURCES !== undefined) return undefined;
  // core/package/build.ts has put it there.
  const { snetModuleRuntime: program } = globalThis as { readonly snetModuleRuntime?: string };
  if (program === undefined || !isMadeByElf()) {
    throw new Error(
      "this snet was made by deno compile, which takes no permissions; build it by --method elf, or use exec",
    );
  }
  const fd = memoryFile("snet-plugin.js", new TextEncoder().encode(program));
  return { fd, path: `/proc/self/fd/${fd}` };
}

/** Its own program lies in memory then (core/package/stub.c). */
function isMadeByElf(): boolean {
  try {
    return readlinkSync(fileURLToPath(Deno.mainModule)).startsWith("/memfd:");
  } catch {
    return false;
  }
}
