/** `snet log` from the plugin's file to the lines that people and programs read. */

import assert from "node:assert/strict";
import type { BuiltIn } from "../core/cli/builtin.ts";
import { log, type LogParts, type LogWords, parseTime } from "../core/cli/log.ts";
import { run } from "../core/cli/program.ts";
import { Recorder } from "../core/cli/recorder.ts";
import { row, type RowInit, withJournal } from "../plugins/journal/fixture.ts";
import { JournalReader } from "../plugins/journal/reader.ts";
import type { Row } from "../plugins/journal/row.ts";
import { Store } from "../plugins/journal/store.ts";
import type { FromThread, ToThread } from "../plugins/journal/thread.ts";

const GOLDEN = new URL("golden/log/", import.meta.url).pathname;
const LIMITS = { size: 1e9, age: 1e12 };

const builtIn: BuiltIn = {
  spawnReactor: () => assert.fail("no daemon is started"),
  startThread: () => assert.fail("nothing is written"),
  plugins: () => Promise.resolve({}),
  checkRules: () => assert.fail("no rules are checked"),
  openJournal: (path) => Promise.resolve(new JournalReader(path)),
};

/** Of a day in the tester's time zone, as the table has it. */
const at = (text: string) => new Date(text).getTime();
const NOW = at("2026-01-03T12:00:00");
const parts: LogParts = {
  now: () => NOW,
  wait: () => Promise.resolve(false),
  userName: (uid) => uid === 0 ? "root" : String(uid),
};

/** Asks as the command line does. */
async function ask(
  path: string,
  words: Partial<LogWords> = {},
  text: readonly string[] = [],
  more = parts,
  width = 80,
) {
  const output = new Recorder(width);
  await log(text, { file: path, count: 100, ...words }, builtIn, output, more);
  return { lines: output.lines, errors: output.errors };
}

function write(path: string, rows: readonly Row[]): void {
  using store = new Store(path, LIMITS);
  store.write(rows);
}

const none = { time: at("2026-01-03T09:00:00.001"), held: 4.2, rule: undefined };
const STORY: readonly RowInit[] = [
  { occasion: { time: at("2026-01-02T23:59:59.999") } },
  {
    task: { exe: "/usr/bin/ssh", uid: 0, pid: 77, cmdline: ["ssh", 'a "b", c'] },
    remote: { ip: "fd00::5", port: 22 },
    decision: { verdict: { action: "allow", why: "it may" } },
    occasion: none,
  },
  {
    name: "snet.bind",
    local: { ip: "0.0.0.0", port: 8080 },
    decision: {
      verdict: { action: "deny", why: "nobody had an opinion" },
      cause: "default",
      plugin: undefined,
      rule: undefined,
    },
    occasion: none,
  },
  {
    task: { exe: "/tmp/\x1b[2Jcurl[1] root", comm: "=cmd|' /C calc'!A0" },
    remote: { path: "/run/\u202ex\n.sock" },
    decision: { verdict: { action: "deny", why: "=1+1\r\n" } },
    occasion: { ...none, rule: { name: "@rule\x9b", where: "a.yaml:1:1" } },
  },
  { name: "snet.close", local: { ip: "10.0.0.1", port: 5 }, decision: null, occasion: { ...none, held: 0 } },
];

/** Compares with a file, which `UPDATE_GOLDEN=1` writes. */
function matches(name: string, lines: readonly string[]): void {
  const text = `${lines.join("\n")}\n`;
  if (Deno.env.get("UPDATE_GOLDEN") === "1") Deno.writeTextFileSync(GOLDEN + name, text);
  assert.equal(text, Deno.readTextFileSync(GOLDEN + name));
}

Deno.test("snet log: the table is that of snet watch, with a line for each other day", () =>
  withJournal(async (path) => {
    write(path, STORY.map(row));
    const { lines, errors } = await ask(path);
    const wide = await ask(path, {}, [], parts, 200);
    matches("table.txt", [...lines, ...wide.lines]);
    assert.deepEqual(errors, []);
  }));

Deno.test("snet log: CSV has a line for each decision, whatever programs call themselves", () =>
  withJournal(async (path) => {
    write(path, STORY.map(row));
    const { lines } = await ask(path, { csv: true });
    // Milliseconds since that day began, so that the tester's time zone does not matter.
    const offset = (line: string) =>
      line.replace(/^20[^,]*/, (time) => `${at(time) - at("2026-01-02T00:00")}`);
    matches("log.csv", lines.map(offset));
    assert.equal(lines.length, 1 + STORY.length);
  }));

Deno.test("snet log: nothing from outside can act on a terminal, in any form", () =>
  withJournal(async (path) => {
    write(path, STORY.map(row));
    for (const form of [{}, { csv: true }, { json: true }]) {
      const { lines } = await ask(path, form);
      assert.doesNotMatch(lines.join(""), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }
  }));

Deno.test("snet log: JSON lines are those of snet watch", () =>
  withJournal(async (path) => {
    write(path, [row()]);
    const { lines } = await ask(path, { json: true });
    using reader = new JournalReader(path);
    assert.deepEqual(lines.map((line) => JSON.parse(line)), [reader.after(0, 1, {})[0]!.observation]);
  }));

Deno.test("snet log: the newest are shown, and it is said that there are others", () =>
  withJournal(async (path) => {
    write(path, Array.from({ length: 1200 }, (_, index) => row({ task: { pid: index + 1 } })));
    const pids = (lines: readonly string[]) => lines.map((line) => JSON.parse(line).event.task.pid);
    const some = await ask(path, { json: true, count: 3 });
    assert.deepEqual(pids(some.lines), [1198, 1199, 1200]);
    assert.deepEqual(some.errors, [
      "Only the newest 3 are shown; -n says how many, '-n all' shows every one.",
    ]);
    const all = await ask(path, { json: true, count: Infinity });
    assert.deepEqual(pids(all.lines), Array.from({ length: 1200 }, (_, index) => index + 1));
    assert.deepEqual(all.errors, []);
    assert.deepEqual((await ask(path, { count: 1200 })).errors, []);
  }));

Deno.test("snet log: where nothing fits, that is said", () =>
  withJournal(async (path) => {
    write(path, [row()]);
    const { lines, errors } = await ask(path, { program: "wget", json: true });
    assert.deepEqual([lines, errors], [[], ["No decision fits."]]);
  }));

Deno.test("snet log: --follow shows what is written from then on, and only what fits", () =>
  withJournal(async (path) => {
    using store = new Store(path, LIMITS);
    store.write([row({ task: { pid: 1 } })]);
    let looks = 0;
    const wait = () => {
      looks++;
      store.write([row({ task: { pid: 10 * looks } }), row({ task: { exe: "/bin/other", comm: "other" } })]);
      return Promise.resolve(looks < 3);
    };
    const { lines } = await ask(path, { follow: true, json: true, program: "curl" }, [], { ...parts, wait });
    assert.deepEqual(lines.map((line) => JSON.parse(line).event.task.pid), [1, 10, 20]);
  }));

Deno.test("snet log: what could not be written is said", () =>
  withJournal(async (path) => {
    using store = new Store(path, LIMITS);
    store.write([row({ occasion: none })], { since: none.time + 10, until: none.time + 20, count: 7 });
    const { errors } = await ask(path);
    assert.equal(errors.length, 1);
    assert.match(errors[0]!, /^7 decisions between 2026-.*Z and 2026-.*Z are missing/);
    assert.deepEqual((await ask(path, { until: "2026-01-03T09:00:00.005" })).errors, []);
  }));

Deno.test("snet log: what is asked for in words of the command line", () =>
  withJournal(async (path) => {
    write(path, STORY.map(row));
    const asked: readonly [Partial<LogWords>, number][] = [
      [{ user: "root" }, 1],
      [{ user: "0" }, 1],
      [{ event: "snet.in" }, 1],
      [{ port: "8000-8100" }, 1],
      [{ since: "24h" }, 5],
      [{ since: "09:00", until: "10:00" }, 4],
      [{ until: "2026-01-03" }, 1],
    ];
    for (const [words, count] of asked) {
      assert.equal((await ask(path, { ...words, json: true })).lines.length, count, JSON.stringify(words));
    }
  }));

Deno.test("snet log: a wrong word is one line and exit code 2, no journal is exit code 1", () =>
  withJournal(async (path) => {
    const snet = async (...words: string[]) => {
      const output = new Recorder();
      return [await run(["log", "--file", path, ...words], builtIn, output), output.errors] as const;
    };
    assert.deepEqual(await snet(), [1, [
      `snet: There is no journal at ${path}; the plugin "journal" of snet.yaml keeps one, and --file names another place`,
    ]]);
    write(path, [row()]);
    const wrong: readonly [string[], RegExp][] = [
      [["-a", "example.org"], /^snet: "example.org" is not an address; write one such as/],
      [["--since", "yesterday"], /^snet: --since: "yesterday" is no time; write one such as 10m/],
      [["--port", "99999"], /^snet: --port: "99999" is no port; write one such as 443/],
      [["-u", "nobody-of-that-name"], /^snet: --user: unknown user "nobody-of-that-name"/],
      [["-e", "snet.conect"], /^snet: --event: unknown event "snet.conect"; did you mean "snet.connect"/],
      [["-n", "0"], /whole number from 1, or all/],
      [["--json", "--csv"], /^snet: option '--json' cannot be used with option '--csv'/],
      [["--verdict", "maybe"], /^snet: .*Allowed choices are allow, deny, told/],
    ];
    for (const [words, line] of wrong) {
      const [code, errors] = await snet(...words);
      assert.deepEqual([code, errors.length], [2, 1], words.join(" "));
      assert.match(errors[0]!, line);
    }
  }));

Deno.test("snet log: a time is ago, of today, or of a day of this time zone", () => {
  const now = at("2026-01-03T12:00:00");
  assert.equal(parseTime("1h30m", now), at("2026-01-03T10:30:00"));
  assert.equal(parseTime("9:05", now), at("2026-01-03T09:05:00"));
  assert.equal(parseTime("2026-01-02", now), at("2026-01-02T00:00:00"));
  assert.equal(parseTime("2026-01-02 14:00", now), at("2026-01-02T14:00:00"));
  assert.equal(parseTime("2026-01-02T14:00:00Z", now), Date.UTC(2026, 0, 2, 14));
  for (const wrong of ["", "10", "25:00", "2026-13-01", "2026", "10x"]) {
    assert.throws(() => parseTime(wrong, now), wrong);
  }
});

Deno.test("snet log: the program is its own thread that writes", () =>
  withJournal(async (path) => {
    const thread = new Worker(new URL("../core/main.ts", import.meta.url), {
      type: "module",
      name: "thread of journal",
    });
    const { promise, resolve } = Promise.withResolvers<FromThread>();
    thread.onmessage = ({ data }) => resolve(data);
    thread.postMessage(
      { path, limits: LIMITS, rows: [row()], lost: undefined, number: 0 } satisfies ToThread,
    );
    assert.deepEqual(await promise, { failed: undefined });
    thread.terminate();
    assert.equal((await ask(path, { json: true })).lines.length, 1);
  }));
