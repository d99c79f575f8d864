/** The program keeps its terminal: keys, job control, size. And snet asks there. */

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { ALLOW_ALL, PLACE, PROBE, run, SNET, USERS } from "./program.ts";
import { TcpServer } from "./server.ts";
import { type Step, terminal } from "./terminal.ts";

const BASH = ["bash", "--norc", "--noprofile", "-i"];
const HELD = `${SNET} run ${ALLOW_ALL.join(" ")} --`;

/** A terminal of which the shell asks nothing but lines. */
const PLAIN = { env: { TERM: "dumb" } };

/** A program of python that prints "begun", waits for a signal, and tells of it. */
const WAITS =
  `import signal, time; print("be" + "gun", flush=True); signal.pause(); print("went on", flush=True)`;
const HANDLES = `import signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(5))
print("be" + "gun", flush=True)
signal.pause()`;

for (const user of USERS) {
  Deno.test(`terminal, as ${user}: it is the program's, with its size, in the foreground`, async () => {
    const script = `import os, sys, termios
print([os.isatty(i) for i in range(3)], os.get_terminal_size(), os.tcgetpgrp(0) == os.getpgrp(), os.getsid(0) == os.getpgrp())
print([x for x in termios.tcgetattr(0)[:4]])
os.close(os.open("/dev/tty", os.O_RDWR))`;
    const python = ["/usr/bin/python3", "-c", script];
    const alone = await terminal(python, [], { user });
    match(alone.text, /^\[True, True, True\] os.terminal_size\(columns=100, lines=40\) True True\n/);
    deepEqual(await terminal(python, [], { user, snet: ALLOW_ALL }), alone);
  });

  Deno.test(`terminal, as ${user}: Ctrl-C and Ctrl-\\ end the program as without snet`, async () => {
    for (const key of ["\x03", "\x1c"]) {
      const steps: Step[] = [["begun", key]];
      const script = ["sh", "-c", `ulimit -c 0; exec /usr/bin/python3 -c '${WAITS}'`];
      const alone = await terminal(script, steps, { user });
      const held = await terminal(script, steps, { user, snet: ALLOW_ALL });
      equal(held.end, alone.end);
    }
  });
}

Deno.test("terminal: a program that handles Ctrl-C ends with its own code", async () => {
  const { end } = await terminal(["/usr/bin/python3", "-c", HANDLES], [["begun", "\x03"]], {
    snet: ALLOW_ALL,
  });
  equal(end, "code 5");
});

Deno.test("terminal: input reaches the program line by line", async () => {
  const steps: Step[] = [["", "first\n"], ["first\\r\\nfirst", "second\n"], ["second\\r\\nsecond", "\x04"]];
  deepEqual(await terminal(["cat"], steps, { snet: ALLOW_ALL }), await terminal(["cat"], steps));
});

/** A shell runs the program; each step waits for the prompt or for what the program prints. */
for (
  const [name, outside, inside] of [["a shell that runs snet", "", HELD], ["a shell under snet", HELD, ""]]
) {
  Deno.test(`terminal: ${name}: Ctrl-C ends the job, and the shell goes on`, async () => {
    const { text, end } = await terminal(["sh", "-c", `exec ${outside} ${BASH.join(" ")}`], [
      ["\\$ ", `PS1='> '\n`],
      ["\n> ", `${inside} /usr/bin/python3 -c '${WAITS}'\n`],
      ["begun\r", "\x03"],
      ["\n> ", "echo code $?\n"],
      ["code 130\r", "exit 3\n"],
    ], PLAIN);
    equal(end, "code 3", text);
  });

  Deno.test(`terminal: ${name}: Ctrl-Z stops the job, fg and bg let it go on`, async () => {
    const { text, end } = await terminal(["sh", "-c", `exec ${outside} ${BASH.join(" ")}`], [
      ["\\$ ", `PS1='> '\n`],
      ["\n> ", `${inside} sh -c 'echo be""gun; read line; echo "read $line"; exit 7'\n`],
      ["begun\r", "\x1a"],
      ["Stopped[^\n]*\r\n> ", "jobs -s | wc -l\n"],
      ["1\r\n> ", "fg\n"],
      ["\n", "typed\n"],
      ["read typed\r", "echo code $?\n"],
      ["code 7\r\n> ", "jobs | wc -l\n"],
      ["0\r\n> ", "exit 3\n"],
    ], PLAIN);
    equal(end, "code 3", text);
  });

  Deno.test(`terminal: ${name}: a job that stops itself`, async () => {
    const { text, end } = await terminal(["sh", "-c", `exec ${outside} ${BASH.join(" ")}`], [
      ["\\$ ", `PS1='> '\n`],
      ["\n> ", `${inside} sh -c 'kill -STOP $$; echo went "on"; exit 7'\n`],
      ["Stopped[^\n]*\r\n> ", "fg\n"],
      ["went on\r", "echo code $?\n"],
      ["code 7\r\n> ", "exit 3\n"],
    ], PLAIN);
    equal(end, "code 3", text);
  });

  Deno.test(`terminal: ${name}: a job in the background`, async () => {
    const { text, end } = await terminal(["sh", "-c", `exec ${outside} ${BASH.join(" ")}`], [
      ["\\$ ", `PS1='> '\n`],
      ["\n> ", `${inside} sh -c 'echo from be""hind; exit 7' &\n`],
      ["from behind\r", "wait %1; echo code $?\n"],
      ["code 7\r\n> ", `${inside} cat &\n`],
      // It reads from the terminal and is stopped for that.
      ["\n> ", 'until jobs -s | grep -q cat; do :; done; echo stop""ped\n'],
      ["stopped\r\n", "fg\n"],
      ["cat\r\n", "typed\n"],
      ["typed\r\ntyped\r\n", "\x04"],
      ["> ", "exit 3\n"],
    ], PLAIN);
    equal(end, "code 3", text);
  });
}

/** The question whether the program may connect there, all of it. */
function question(port: number): string {
  return `static.* wants to connect to 127\\.0\\.0\\.1:${port} .*(?s:.*)by itself`;
}

Deno.test("terminal: without rules it asks, and the answer counts", async () => {
  await using server = new TcpServer();
  const program = [`${PROBE}/static`, "127.0.0.1", String(server.port)];
  const yes = await terminal(program, [[question(server.port), "a"]], { snet: [] });
  equal(yes.end, "code 0", yes.text);
  match(yes.text, /hello/);
  equal(await server.count(), 1);
  const no = await terminal(program, [[question(server.port), "d"]], { snet: [] });
  equal(no.end, "code 1", no.text);
  match(no.text, /Operation not permitted/);
  equal(await server.count(), 0);
});

Deno.test("terminal: an answer that was saved as a rule is not asked again", async () => {
  await using server = new TcpServer();
  const program = [`${PROBE}/static`, "127.0.0.1", String(server.port)];
  const saved = `${PLACE}/home/saved.yaml`;
  const steps: Step[] = [[question(server.port), "4"], ["\\[4 always\\]", "a"]];
  const first = await terminal(program, steps, { snet: ["--save", saved] });
  equal(first.end, "code 0", first.text);
  const rules = await Deno.readTextFile(saved);
  match(rules, new RegExp(`port: ${server.port}`));
  ok(rules.includes(`${PROBE}/static`));
  const again = await run(program, { snet: ["--rules", saved, "--default", "deny"] });
  deepEqual([again.stdout, again.code], ["hello\n", 0]);
  // With the answers of last time, what they say nothing about is asked.
  await using other = new TcpServer();
  const next = [`${PROBE}/static`, "127.0.0.1", String(other.port)];
  const asked = await terminal(next, [[question(other.port), "a"]], { snet: ["--save", saved] });
  equal(asked.end, "code 0", asked.text);
  await Deno.remove(saved);
});

Deno.test("terminal: Ctrl-C at a question ends the program", async () => {
  await using server = new TcpServer();
  const program = [`${PROBE}/static`, "127.0.0.1", String(server.port)];
  const { end, text } = await terminal(program, [[question(server.port), "\x03"]], { snet: [] });
  equal(end, "signal 2", text);
  equal(await server.count(), 0);
});

for (const options of [["--default", "ask"], []]) {
  Deno.test(`terminal: without one, nobody is asked, the answer is deny, and that is said: ${options.join(" ")}`, async () => {
    await using server = new TcpServer();
    const program = [`${PROBE}/static`, "127.0.0.1", String(server.port)];
    const { code, stderr } = await run(["setsid", "-w", SNET, "run", ...options, "--", ...program]);
    equal(code, 1);
    match(stderr, /^snet: there is no terminal to ask at: what no rule decides is denied/);
    match(stderr, /Operation not permitted/);
    equal(await server.count(), 0);
  });
}
