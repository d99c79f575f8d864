/** What a program finds under snet is what it finds without it. */

import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { alike, ALLOW_ALL, PLACE, run, SNET, USERS } from "./program.ts";

for (const user of USERS) {
  Deno.test(`world, as ${user}: exit codes`, async () => {
    for (const code of [0, 1, 2, 42, 124, 125, 126, 127, 128, 130, 255]) {
      const end = await alike(["sh", "-c", `exit ${code}`], { user });
      equal(end.code, code);
    }
  });

  Deno.test(`world, as ${user}: death by a signal`, async () => {
    for (const name of ["TERM", "KILL", "INT", "HUP", "QUIT", "SEGV", "ABRT", "PIPE", "USR1"]) {
      const end = await alike(["sh", "-c", `ulimit -c 0; kill -${name} $$`], { user });
      equal(end.signal, `SIG${name}`);
    }
  });

  Deno.test(`world, as ${user}: environment, to the byte`, async () => {
    const env = {
      PLAIN: "1",
      EMPTY: "",
      "ODD NAME": "a=b\nc",
      UTF8: "ä€😀",
      DENO_DIR: `${PLACE}/home/deno-${user}`,
      LD_BIND_NOW: "1",
    };
    const { stdout } = await alike(["env", "-0"], { user, env });
    match(stdout, /ODD NAME=a=b\nc\0/);
  });

  Deno.test(`world, as ${user}: arguments, to the byte`, async () => {
    const argv = ["printf", "%s|", "", "a b", "-x", "--", "$HOME", "new\nline", "ä€😀"];
    equal((await alike(argv, { user })).stdout, "|a b|-x|--|$HOME|new\nline|ä€😀|");
  });

  Deno.test(`world, as ${user}: input, output and errors`, async () => {
    const text = "line\n".repeat(100_000);
    equal((await alike(["cat"], { user, stdin: text })).stdout, text);
    equal((await alike(["sh", "-c", "wc -l >&2"], { user, stdin: text })).stderr.trim(), "100000");
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    await alike(["sha256sum"], { user, stdin: bytes });
  });

  Deno.test(`world, as ${user}: descriptors`, async () => {
    // By a shell, whose descriptors are counted where ls would have one for the folder; sockets and pipes have numbers.
    const list = `for fd in /proc/self/fd/*; do echo "$fd $(readlink "$fd" | sed "s/[0-9]//g")"; done`;
    await alike(["bash", "-c", `exec 7</dev/null 9>/dev/null; exec bash -c '${list}'`], { user });
  });

  Deno.test(`world, as ${user}: a descriptor that was opened before is the program's`, async () => {
    const inner = `echo written >&9; cat <&7`;
    const outer = (held: string) => `exec 9>&1 7<<<"to be read"; exec ${held} bash -c '${inner}'`;
    const alone = await run(["bash", "-c", outer("")], { user });
    equal(alone.stdout, "written\nto be read\n");
    deepEqual(await run(["bash", "-c", outer(`${SNET} run ${ALLOW_ALL.join(" ")} --`)], { user }), alone);
  });

  Deno.test(`world, as ${user}: limits`, async () => {
    const limits = (held: string) =>
      `ulimit -c 0 -n 123 -u 12345; ulimit -S -s 4096; exec ${held} cat /proc/self/limits`;
    const alone = await run(["bash", "-c", limits("")], { user });
    match(alone.stdout, /Max open files +123 +123/);
    deepEqual(await run(["bash", "-c", limits(`${SNET} run ${ALLOW_ALL.join(" ")} --`)], { user }), alone);
    // Soft below hard: what a runtime raises for itself must not stay raised.
    await alike(["bash", "-c", "ulimit -a; ulimit -Ha"], { user });
  });

  Deno.test(`world, as ${user}: umask, folder, signals, priority, capabilities`, async () => {
    // What may differ: pids, memory, switches; and that there is a filter.
    const status =
      `grep -E '^(Umask|State|TracerPid|Uid|Gid|FDSize|Groups|NStgid|Threads|SigQ|SigPnd|ShdPnd|SigBlk|SigIgn|SigCgt|Cap|Cpus|Mems)' /proc/self/status | grep -vE '^(NStgid|SigQ)'`;
    const show =
      `pwd; umask; nice; cat /proc/self/oom_score_adj /proc/self/autogroup 2>/dev/null | sed "s/[0-9]*//2"; ${status}`;
    const outer = (held: string) =>
      `umask 027; cd /; trap "" USR2 TTOU; renice -n 3 -p $$ >/dev/null 2>&1; exec ${held} sh -c '${
        show.replaceAll("'", `'"'"'`)
      }'`;
    const alone = await run(["bash", "-c", outer("")], { user });
    // At least 3: whoever runs the tests may be nice already.
    match(alone.stdout, /^\/\n0027\n([3-9]|1\d)\n/);
    deepEqual(await run(["bash", "-c", outer(`${SNET} run ${ALLOW_ALL.join(" ")} --`)], { user }), alone);
  });
}

Deno.test("world: a signal that is blocked when snet starts is blocked in the program", async () => {
  const script = `
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGRTMIN + 3})
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])`;
  // A shell would unblock them.
  const show = ["grep", "-E", "^Sig(Blk|Ign|Cgt)", "/proc/self/status"];
  const alone = await run(["/usr/bin/python3", "-c", script, ...show]);
  const held = await run(["/usr/bin/python3", "-c", script, SNET, "run", ...ALLOW_ALL, "--", ...show]);
  match(alone.stdout, /SigBlk:\t0000001000000200/);
  equal(held.stdout, alone.stdout);
});

Deno.test("world: programs that are not there or cannot be run", async () => {
  const missing = await run(["no-such-program-at-all"], { snet: ALLOW_ALL });
  equal(missing.code, 127);
  match(missing.stderr, /^snet: [^\n]*no-such-program-at-all[^\n]*\n$/);
  for (const path of ["/etc/passwd", "/etc"]) {
    const { code, stderr } = await run([path], { snet: ALLOW_ALL });
    equal(code, 126);
    match(stderr, new RegExp(`^snet: [^\\n]*${path}[^\\n]*\\n$`));
  }
});

Deno.test("world: snet's own failure is 125 and one line", async () => {
  for (
    const options of [
      ["--rules", "/nowhere/rules.yaml"],
      ["--default", "perhaps"],
      ["--no-such-option"],
      ["--families", "inet9"],
      ["--delay", "soon"],
    ]
  ) {
    const { code, stderr, stdout } = await run(["echo", "ran"], { snet: options });
    equal(code, 125, options.join(" "));
    equal(stdout, "");
    notEqual(stderr, "");
  }
});

Deno.test("world: a pipeline ends where its reader does", async () => {
  const script = `set -o pipefail; ${SNET} run ${ALLOW_ALL.join(" ")} -- yes | head -n 2; echo $?`;
  const { stdout } = await run(["bash", "-c", script]);
  equal(stdout, "y\ny\n141\n");
});

Deno.test("world: snet run within snet run is refused clearly", async () => {
  const { stdout, stderr } = await run(
    ["sh", "-c", `${SNET} run --default allow -- echo ran; echo $?`],
    { snet: ["--default", "allow"] },
  );
  equal(stdout, "125\n");
  match(stderr, /^snet: [^\n]*snet run[^\n]*\n$/);
});
