import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import { ERRNO } from "./errno.ts";
import { Poll, PollSet } from "./libc.ts";
import { PseudoTerminal } from "./pseudo_terminal.ts";
import { processGroup, singleKeys, Terminal, type TerminalSettings } from "./terminal.ts";

function opened(pty: PseudoTerminal): Terminal {
  const terminal = Terminal.open(pty.path);
  ok(terminal instanceof Terminal);
  return terminal;
}

function settingsOf(terminal: Terminal): TerminalSettings {
  const settings = terminal.settings();
  ok(typeof settings !== "number");
  return settings;
}

function typed(terminal: Terminal): string {
  const bytes = terminal.read();
  ok(typeof bytes !== "number", `errno ${bytes}`);
  return new TextDecoder().decode(bytes);
}

Deno.test("a file that is no terminal does not open", () => {
  equal(Terminal.open("/dev/null"), -ERRNO.ENOTTY);
  equal(Terminal.open("/no/such/terminal"), -ERRNO.ENOENT);
});

Deno.test("single keys are read without waiting and not shown, and the settings come back to the bit", () => {
  using pty = new PseudoTerminal();
  using terminal = opened(pty);
  const before = settingsOf(terminal);
  const single = singleKeys(before);
  notDeepEqual(single, before);
  equal(terminal.set(single), 0);
  deepEqual(settingsOf(terminal), single);
  equal(terminal.read(), -ERRNO.EAGAIN);
  pty.type("a\x03\r");
  equal(typed(terminal), "a\x03\r");
  equal(pty.written(), "");
  equal(terminal.set(before), 0);
  deepEqual(settingsOf(terminal), before);
});

Deno.test("keys of a question do not wake those who wait for input", () => {
  using pty = new PseudoTerminal();
  using terminal = opened(pty);
  using program = opened(pty);
  const poll = new PollSet([{ fd: program.fd }]);
  const before = settingsOf(terminal);
  terminal.set(singleKeys(before));
  pty.type("a");
  equal(poll.wait(0), 0);
  equal(typed(terminal), "a");
  terminal.set(before);
  pty.type("for the program\n");
  equal(poll.wait(0), 1);
  equal(poll.ready(0), Poll.In);
  equal(typed(program), "for the program\n");
});

Deno.test("what was typed ahead is thrown away by a flush", () => {
  using pty = new PseudoTerminal();
  using terminal = opened(pty);
  terminal.set(singleKeys(settingsOf(terminal)));
  pty.type("a");
  equal(terminal.flush(), 0);
  equal(terminal.read(), -ERRNO.EAGAIN);
});

Deno.test("a terminal tells its size", () => {
  using pty = new PseudoTerminal();
  using terminal = opened(pty);
  pty.resize(100, 30);
  deepEqual(terminal.size(), { columns: 100, rows: 30 });
});

Deno.test("what is written is shown", () => {
  using pty = new PseudoTerminal();
  using terminal = opened(pty);
  equal(terminal.write(new TextEncoder().encode("hello\n")), 6);
  equal(pty.written(), "hello\r\n");
});

Deno.test("a process has a group", () => {
  ok(processGroup() > 0);
  equal(processGroup(Deno.pid), processGroup());
  equal(processGroup(0x3fff_ffff), -ERRNO.ESRCH);
});

Deno.test("with a least of one key, a program that waits for input is woken by each", () => {
  using pty = new PseudoTerminal();
  using terminal = opened(pty);
  const poll = new PollSet([{ fd: terminal.fd }]);
  terminal.set(singleKeys(settingsOf(terminal), 1));
  equal(poll.wait(0), 0);
  pty.type("a");
  equal(poll.wait(0), 1);
  equal(typed(terminal), "a");
});

Deno.test("waiting for a key takes none away, and ends with a hang-up too", async () => {
  const pty = new PseudoTerminal();
  using terminal = opened(pty);
  using other = opened(pty);
  terminal.set(singleKeys(settingsOf(terminal), 1));
  const waiting = terminal.readable();
  pty.type("a");
  await waiting;
  equal(typed(other), "a");
  const hungUp = terminal.readable();
  pty[Symbol.dispose]();
  await hungUp;
  equal(typed(terminal), "");
});
