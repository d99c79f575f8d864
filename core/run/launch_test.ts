/**
 * Programs under supervision, in processes of their own (launch_fixture.ts): what they find and how they end must be what it
 * is without. Root tries everything as an ordinary user too.
 */

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { landlockAbi, seccompLacks } from "../../ffi/mod.ts";
import type { FixtureOptions } from "./launch_fixture.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const NOBODY = 65534;
const text = new TextDecoder("latin1");

interface User {
  readonly name: string;
  /** Words before the command. */
  readonly become: readonly string[];
  readonly deno: string;
  readonly root: string;
  readonly env: Record<string, string>;
}

interface Ending {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly out: string;
  readonly error: string;
}

const can = seccompLacks() === undefined;
const isRoot = Deno.uid() === 0;

/** Who runs the tests, and where that is root somebody who is nobody, with files that he can read. */
async function users(): Promise<[User[], () => Promise<void>]> {
  // Without a home bash asks for one, by a socket of its name service.
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: "/", SHELL: "/bin/sh" };
  const folder = await Deno.makeTempDir({ prefix: "snet-launch-" });
  const self = { name: "self", become: [], deno: Deno.execPath(), root: ROOT, env };
  const remove = () => Deno.remove(folder, { recursive: true });
  if (!isRoot) return [[self], remove];
  await Deno.chmod(folder, 0o755);
  await Deno.copyFile(Deno.execPath(), `${folder}/deno`);
  await new Deno.Command("cp", { args: ["-r", `${ROOT}ffi`, `${ROOT}core`, `${ROOT}deno.json`, folder] })
    .output();
  await new Deno.Command("chmod", { args: ["-R", "a+rX", folder] }).output();
  await Deno.mkdir(`${folder}/cache`);
  await Deno.chown(`${folder}/cache`, NOBODY, NOBODY);
  const nobody = {
    name: "nobody",
    become: ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"],
    deno: `${folder}/deno`,
    root: `${folder}/`,
    env: { ...env, DENO_DIR: `${folder}/cache` },
  };
  return [[self, nobody], remove];
}

/** The command line of a supervised command. */
function supervised(user: User, options: FixtureOptions, command: readonly string[]): string[] {
  const fixture = [`--config=${user.root}deno.json`, "--no-lock", `${user.root}core/run/launch_fixture.ts`];
  return [user.deno, "run", "-A", "--quiet", ...fixture, JSON.stringify(options), ...command];
}

function start(user: User, command: readonly string[]): Deno.ChildProcess {
  const [program, ...args] = [...user.become, ...command];
  const piped = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
  return new Deno.Command(program!, { args, env: user.env, clearEnv: true, cwd: "/", ...piped }).spawn();
}

async function ended(child: Deno.ChildProcess): Promise<Ending> {
  await child.stdin.close().catch(() => {});
  const { code, signal, stdout, stderr } = await child.output();
  return { code, signal, out: text.decode(stdout), error: text.decode(stderr) };
}

function run(user: User, options: FixtureOptions, ...command: string[]): Promise<Ending> {
  return ended(start(user, supervised(user, options, command)));
}

/** Reads what a child writes up to a line. */
async function lineOf(child: Deno.ChildProcess): Promise<string> {
  const reader = child.stdout.getReader();
  let line = "";
  while (!line.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) break;
    line += text.decode(value);
  }
  reader.releaseLock();
  return line.trimEnd();
}

async function hasProgram(name: string): Promise<boolean> {
  return await new Deno.Command("which", { args: [name], stdout: "null" }).output().then(
    ({ success }) => success,
    () => false,
  );
}

async function type(child: Deno.ChildProcess, line: string): Promise<void> {
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${line}\n`));
  writer.releaseLock();
}

Deno.test({
  name: "launch: a supervised program is as it is without",
  ignore: !can || Deno.build.os !== "linux",
  async fn(test) {
    const [all, remove] = await users();
    try {
      for (const user of all) {
        await test.step(`${user.name}: ends as it ends`, () => endsAsItEnds(user));
        await test.step(`${user.name}: finds what it would find`, () => findsTheSame(user));
        await test.step(`${user.name}: arguments are bytes`, () => argumentsAreBytes(user));
        await test.step(`${user.name}: what cannot be run is told in one line`, () => cannotRun(user));
        await test.step(`${user.name}: its calls are held, and Landlock bars TCP`, () => callsAreHeld(user));
        await test.step(`${user.name}: its calls fail when the supervisor is killed`, () =>
          supervisorDies(user));
        await test.step(`${user.name}: the supervisor cannot be looked into`, () => cannotBeLookedInto(user));
        await test.step(`${user.name}: signals are handed on`, () => signalsAreHandedOn(user));
        await test.step(`${user.name}: stops and goes on as a job`, () => isAJob(user));
        await test.step(`${user.name}: orphans are taken off the process table`, () =>
          orphansAreReaped(user));
        await test.step(`${user.name}: what it leaves behind is ended`, () => leftoversAreEnded(user));
        await test.step(`${user.name}: what it leaves behind is waited for`, () => leftoversAreAwaited(user));
        await test.step(`${user.name}: children from before are left alone`, () =>
          strangersAreLeftAlone(user));
        await test.step(`${user.name}: says what privileges it lacks`, () => privileges(user));
      }
    } finally {
      await remove();
    }
  },
});

async function endsAsItEnds(user: User): Promise<void> {
  const ends = async (script: string) => {
    const { code, signal, error } = await run(user, {}, "sh", "-c", script);
    return [code, signal, error];
  };
  deepEqual(await ends("exit 0"), [0, null, ""]);
  deepEqual(await ends("exit 42"), [42, null, ""]);
  deepEqual(await ends("exit 255"), [255, null, ""]);
  for (const signal of ["TERM", "KILL", "SEGV", "HUP", "INT", "PIPE", "USR1", "ABRT"]) {
    const [, seen] = await ends(`kill -${signal} $$`);
    equal(seen, `SIG${signal}`);
  }
}

/** All that a program can see of how it was started. */
const LOOK = `
  grep -E '^(SigBlk|SigIgn|Uid|Gid|Groups|CapInh|CapAmb|CoreDumping|THP_enabled)' /proc/self/status
  umask; pwd; ulimit -Sn; ulimit -Hn; ulimit -c; nice
  cut -d' ' -f5-8 /proc/self/stat
  tr '\\0' '\\n' </proc/$$/environ
  for f in /proc/$$/fd/*; do [ -e $f ] && echo "$(basename $f) $(readlink $f | sed 's/\\[.*//')"; done
  cat /proc/$$/oom_score_adj /proc/$$/timerslack_ns /proc/$$/loginuid 2>/dev/null
  :
`;

async function findsTheSame(user: User): Promise<void> {
  // Without the record of dist/snet the original limit of open files and SIGPIPE cannot be told.
  const limits = "ulimit -Sn $(ulimit -Hn); umask 027; trap '' HUP USR2; exec 3</etc/hostname 9>/dev/null";
  const env = ["env", "--block-signal=USR1,WINCH,CHLD,TERM", "A=b c", "NODE_OPTIONS=--no-warnings", "EMPTY="];
  const look = async (command: string[]) => {
    const words = ["bash", "-c", `${limits}; exec "$@"`, "bash", "setsid", "--wait", ...env, ...command];
    const { out, code, error } = await ended(start(user, words));
    deepEqual([code, error], [0, ""]);
    // Who is the leader of the new group and session is another process each time.
    return out.replace(/^\d+ (\d+) (\d+ -1)$/m, "PGRP SESSION $2").replace(/^SigIgn:.*$/m, withoutLibrary)
      .split("\n");
  };
  const asAlone = async (command: string[], ...expected: string[]) => {
    const alone = await look(command);
    for (const line of expected) ok(alone.includes(line), alone.join("\n"));
    deepEqual(await look(supervised(user, {}, command)), alone);
  };
  await asAlone(["bash", "-c", LOOK], "NODE_OPTIONS=--no-warnings", "3 /etc/hostname");
  await asAlone(["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"], "SigBlk:\t0000000008014200");
}

/** Two signals are the C library's own; whether they are ignored depends on how the tests were started. */
function withoutLibrary(ignored: string): string {
  return `SigIgn: ${(BigInt(`0x${ignored.split("\t")[1]}`) & 0x7fffffffn).toString(16)}`;
}

async function argumentsAreBytes(user: User): Promise<void> {
  const words = ["bash", "-c", `A=$'\\xfe\\x01' exec "$@" $'\\xff\\xc3(' '' -- a`, "bash"];
  const show = ["bash", "-c", "cat /proc/$$/cmdline; tr '\\0' '\\n' </proc/$$/environ | grep ^A=", "$0"];
  const alone = await ended(start(user, [...words, ...show]));
  const held = await ended(start(user, [...words, ...supervised(user, {}, show)]));
  deepEqual(held, alone);
  ok(alone.out.includes("\xff\xc3(\0\0--\0a\0") && alone.out.includes("A=\xfe\x01\n"), alone.out);
}

async function cannotRun(user: User): Promise<void> {
  const told = async (...command: string[]) => {
    const { code, out, error } = await run(user, {}, ...command);
    return [code, out, error];
  };
  deepEqual(await told("nosuch"), [127, "", "snet: Cannot run nosuch: it is in no folder of PATH\n"]);
  deepEqual(await told("./nosuch"), [127, "", "snet: Cannot run ./nosuch: there is no such file\n"]);
  deepEqual(await told("/etc/passwd"), [
    126,
    "",
    "snet: Cannot run /etc/passwd: permission denied (EACCES)\n",
  ]);
  deepEqual(await told("/tmp"), [126, "", "snet: Cannot run /tmp: it is a folder\n"]);
  const [code, , error] = await told(...supervised(user, {}, ["true"]));
  deepEqual([code, String(error).split("\n").length], [125, 2]);
  match(String(error), /^snet: Cannot supervise a program: this process already has a supervisor/);

  const script = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(script, 'echo "$0 $1"; exit 3\n');
    await Deno.chmod(script, 0o755);
    deepEqual(await told(script, "a"), [3, `${script} a\n`, ""]);
  } finally {
    await Deno.remove(script);
  }
}

/** A connection to a port that nobody listens on; the shell says what became of it. */
const CONNECT = "LC_ALL=C; exec 4<>/dev/tcp/127.0.0.1/1";

async function callsAreHeld(user: User): Promise<void> {
  const free = await run(user, {}, "bash", "-c", CONNECT);
  match(free.error, /Connection refused/);
  // The thread that started it ends, or nobody would learn that the last program with the filter has.
  const script = "while grep -q '^Seccomp:.2' /proc/$PPID/task/*/status 2>/dev/null; do :; done; echo free";
  equal((await run(user, {}, "bash", "-c", script)).out, "free\n");
  if (landlockAbi() < 4) return;
  const barred = await run(user, { landlock: true }, "bash", "-c", CONNECT);
  match(barred.error, /Permission denied/);
}

async function supervisorDies(user: User): Promise<void> {
  // Nobody answers: the first call waits for ever, the second comes when nobody is there.
  const script = `echo $$; (${CONNECT}); (${CONNECT})`;
  const child = start(user, supervised(user, { silent: true }, ["bash", "-c", script]));
  const pid = Number(await lineOf(child));
  await heldIn(pid, "41 "); // socket
  child.kill("SIGKILL");
  const { error, signal } = await ended(child);
  equal(signal, "SIGKILL");
  equal(error.match(/tcp\/127.0.0.1\/1: Function not implemented/g)?.length, 2, error);
}

/** Waits until a child of a process is in a system call, whose number /proc/PID/syscall shows. */
async function heldIn(pid: number, call: string): Promise<void> {
  for (;;) {
    const children = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
    const child = Number(children.split(" ")[0]);
    if (child > 0 && (await Deno.readTextFile(`/proc/${child}/syscall`).catch(() => "")).startsWith(call)) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function cannotBeLookedInto(user: User): Promise<void> {
  if (isPrivileged(user)) return;
  const { out } = await run(
    user,
    {},
    "sh",
    "-c",
    "LC_ALL=C; cat /proc/$PPID/environ 2>&1; ls /proc/$PPID/fd 2>&1",
  );
  match(out, /environ: Permission denied[^]*fd'?: Permission denied/);
}

function isPrivileged(user: User): boolean {
  return isRoot && user.name === "self";
}

async function signalsAreHandedOn(user: User): Promise<void> {
  for (const signal of ["TERM", "HUP", "USR1", "USR2", "INT", "QUIT"] as const) {
    // Without a terminal, a key's signal was sent by somebody.
    const script = `trap 'echo got; exit 42' ${signal}; echo ready; while :; do read line; done`;
    const child = start(user, supervised(user, {}, ["bash", "-c", script]));
    equal(await lineOf(child), "ready");
    child.kill(`SIG${signal}`);
    const { code, out } = await ended(child);
    deepEqual([signal, code, out], [signal, 42, "got\n"]);
  }
  // What was ignored stays ignored, for both.
  const script = "kill -HUP $PPID; kill -HUP $$; echo $PPID alive";
  const ignoring = [
    "bash",
    "-c",
    `trap '' HUP; exec "$@"`,
    "bash",
    ...supervised(user, {}, ["sh", "-c", script]),
  ];
  const { code, out } = await ended(start(user, ignoring));
  equal(code, 0);
  match(out, /alive/);
}

async function isAJob(user: User): Promise<void> {
  if (!await hasProgram("script")) return;
  const command = supervised(user, {}, ["sh", "-c", "kill -$SIGNAL $$; echo went on; exit 7"]);
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  for (const [signal, stopped] of [["STOP", 147], ["TSTP", 148]] as const) {
    const shell = `set -m; export SIGNAL=${signal}; ${quoted}; echo stopped $?; fg >/dev/null; echo ended $?`;
    const { out } = await ended(
      start(user, ["script", "-qec", `bash -c "${shell.replace(/["$`\\]/g, "\\$&")}"`, "/dev/null"]),
    );
    deepEqual(out.split("\r\n").filter((line) => /^(stopped|went|ended)/.test(line)), [
      `stopped ${stopped}`,
      "went on",
      "ended 7",
    ]);
  }
  // Without a terminal whoever continues the program would not continue the supervisor.
  const alone = await run(
    user,
    {},
    "sh",
    "-c",
    "(kill -STOP $$; kill -CONT $$) & wait; wait; echo went on; exit 7",
  );
  deepEqual([alone.code, alone.out], [7, "went on\n"]);
}

async function orphansAreReaped(user: User): Promise<void> {
  const script = `
    for i in $(seq 200); do (true & true & ); done
    while grep -l "^PPid:.$PPID$" /proc/[0-9]*/status 2>/dev/null | grep -qv "/$$/"; do :; done
    echo clean`;
  const { code, out } = await run(user, {}, "bash", "-c", script);
  deepEqual([code, out], [0, "clean\n"]);
}

async function leftoversAreEnded(user: User): Promise<void> {
  const script =
    "sleep 1000 & echo $!; setsid sleep 1000 & echo $!; (sleep 1000 & echo $!); kill -STOP $!; exit 3";
  const { code, out } = await run(user, {}, "bash", "-c", script);
  equal(code, 3);
  const pids = out.trim().split("\n").map(Number);
  equal(pids.length, 3);
  for (const pid of pids) equal(await isThere(pid), false);
}

async function isThere(pid: number): Promise<boolean> {
  return await Deno.stat(`/proc/${pid}`).then(() => true, () => false);
}

async function leftoversAreAwaited(user: User): Promise<void> {
  const script = `exec 5<&0; (read line <&5; echo "late $line") & echo $$; exit 3`;
  const child = start(user, supervised(user, { wait: true }, ["bash", "-c", script]));
  const pid = Number(await lineOf(child));
  while (await isThere(pid)) await new Promise((resolve) => setTimeout(resolve, 5));
  await type(child, "line");
  const { code, out } = await ended(child);
  deepEqual([code, out], [3, "late line\n"]);

  // Whoever ends snet does not want to wait any longer.
  const other = start(user, supervised(user, { wait: true }, ["bash", "-c", "sleep 1000 & echo $$; exit 3"]));
  const gone = Number(await lineOf(other));
  while (await isThere(gone)) await new Promise((resolve) => setTimeout(resolve, 5));
  other.kill("SIGTERM");
  equal((await ended(other)).code, 3);
}

async function strangersAreLeftAlone(user: User): Promise<void> {
  const words = ["bash", "-c", `sleep 1000 >/dev/null 2>&1 & echo $!; exec "$@"`, "bash"];
  const { code, out } = await ended(start(user, [...words, ...supervised(user, {}, ["true"])]));
  equal(code, 0);
  equal(await isThere(Number(out)), true);
  Deno.kill(Number(out), "SIGKILL");
}

async function privileges(user: User): Promise<void> {
  const { out } = await run(user, {}, "grep", "NoNewPrivs", "/proc/self/status");
  equal(out, `NoNewPrivs:\t${isPrivileged(user) ? 0 : 1}\n`);
  if (!await hasProgram("su")) return;
  const { error } = await run(user, {}, "su", "--version");
  const note = /^snet: \S+\/su runs without its privileges \(set-user-ID\)/;
  if (isPrivileged(user)) equal(error, "");
  else match(error, note);
}
