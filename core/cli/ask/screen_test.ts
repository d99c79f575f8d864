import { deepEqual, equal, match, ok } from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { painter, plain } from "../terminal.ts";
import { widthOf } from "../text.ts";
import { Inbox } from "./inbox.ts";
import type { InboxKey } from "./keys.ts";
import { answered, NOW, question } from "./samples.ts";
import { draw } from "./screen.ts";

const LONG = `/opt/${"long/".repeat(30)}程序`;

const GOLDEN_80 = [
  " snet ask   1 of 4 questions, 3 programs",
  "/usr/lib/firefox/firefox  alice                       2 connects in 2 questions",
  " >  connect to 192.0.2.1:443 (tcp)                                denied in 27s",
  "    connect to 192.0.2.1:443 (tcp)                                denied in 27s",
  "/usr/bin/curl  root                                                 38 connects",
  "    connect to 192.0.2.1:443 (tcp)                        x38  passed on in 27s",
  "…/long/long/long/long/long/long/long/long/long/long/long/程序  alice  1 connect",
  "───────────────────────────────────────────────────────────────────────────────",
  " firefox[4321] wants to connect to 192.0.2.1:443 (tcp)",
  "   program   /usr/lib/firefox/firefox",
  "   user      alice",
  "   run by    gnome-shell ← systemd",
  "   asked by  rules: ask for browsers",
  "───────────────────────────────────────────────────────────────────────────────",
  "[1 once] 2 for 10m  3 until it ends  4 always",
  " once, the call that waits: firefox: reach 192.0.2.1:443 (tcp)",
  " a allow  d deny  A D all 2  Enter more  ? help  q quit",
];

const GOLDEN_40 = [
  " snet ask   1 of 4 questions",
  "…lib/firefox/firefox  alice  2 connects",
  " >  connect to 192.0.2.1:443 (tcp)  27s",
  "    connect to 192.0.2.1:443 (tcp)  27s",
  " firefox[4321] wants to connect to",
  "   192.0.2.1:443 (tcp)",
  "───────────────────────────────────────",
  "[1 once] 2 10m  3 its run  4 always",
  " once, the call that waits: firefox:",
  "   reach 192.0.2.1:443 (tcp)",
  " a allow  d deny  A D all 2  Enter more",
  " ? help  q quit",
];

function inboxOf(count = 2): Inbox {
  const inbox = new Inbox(1);
  const questions = Array.from({ length: count }, (_, index) => question({ id: `f${index}` }));
  inbox.apply({
    kind: "waiting",
    questions: [
      ...questions,
      question({ id: "c", program: "/usr/bin/curl", user: "root", calls: 38, instead: "pass" }),
      question({ id: "x", program: LONG, wish: `connect to ${"\\x00".repeat(100)}`, mayAnswer: false }),
    ],
  }, NOW);
  return inbox;
}

const LATER = NOW + 1000;
const MOMENT = { wall: LATER, now: LATER };
const screen = (inbox: Inbox, columns = 80, rows = 24) => draw(inbox, { columns, rows }, plain, MOMENT).lines;
const keys = (inbox: Inbox, ...pressed: InboxKey[]) => pressed.forEach((key) => inbox.press(key, LATER));

Deno.test("inbox screen: 80 columns", () => {
  deepEqual(screen(inboxOf(), 80, 17), GOLDEN_80);
});

Deno.test("inbox screen: 40 columns, 12 rows", () => {
  deepEqual(screen(inboxOf(), 40, 12), GOLDEN_40);
});

Deno.test("inbox screen: every line fits, whatever is shown, from 30 columns on", () => {
  const pages: InboxKey[][] = [
    [],
    ["enter"],
    ["help"],
    ["process", "process"],
    ["always", "scope", "scope", "scope", "allow"],
    ["denyGroup"],
    ["last"],
    ["last", "enter"],
    ["down", "down", "time"],
  ];
  for (const pressed of pages) {
    const inbox = inboxOf(30);
    keys(inbox, ...pressed);
    for (let columns = 30; columns <= 130; columns += 7) {
      for (const rows of [9, 12, 24, 50]) {
        const lines = screen(inbox, columns, rows);
        ok(lines.length <= rows, `${pressed} ${columns}x${rows}: ${lines.length}`);
        for (const line of lines) ok(widthOf(line) < columns, `${pressed} ${columns}x${rows}: ${line}`);
      }
    }
  }
});

Deno.test("inbox screen: the selected question and its program stay in sight", () => {
  const inbox = inboxOf(100);
  for (let down = 0; down < 60; down++) keys(inbox, "down");
  for (const rows of [12, 24]) {
    const lines = screen(inbox, 80, rows);
    match(lines[1]!, /^\/usr\/lib\/firefox\/firefox {2}alice/);
    equal(lines.filter((line) => line.startsWith(" >  ")).length, 1, lines.join("\n"));
  }
  match(screen(inbox)[0]!, /61 of 102 questions/);
});

Deno.test("inbox screen: what an answer would mean is there before it is given", () => {
  const inbox = inboxOf();
  keys(inbox, "time", "scope");
  for (const [columns, rows] of [[80, 24], [40, 12], [30, 12]] as const) {
    const text = screen(inbox, columns, rows).join(" ").replace(/\s+/g, " ");
    ok(text.includes("for 10m: firefox: reach 192.0.2.1, any port (tcp)"), text);
    match(text, /\[2 (for )?10m\]/);
    ok(text.includes("a allow d deny"), text);
  }
});

Deno.test("inbox screen: a broad answer is said once more, with its warning", () => {
  const inbox = inboxOf();
  keys(inbox, "always", "scope", "scope", "scope");
  inbox.press("allow", LATER);
  for (const [columns, rows] of [[80, 24], [40, 12]] as const) {
    const text = screen(inbox, columns, rows).join(" ").replace(/\s+/g, " ");
    ok(text.includes("allow always: any program of alice: reach 192.0.2.1:443 (tcp)?"), text);
    ok(text.includes("This is broad: for any program of alice."), text);
    ok(text.includes("Enter allow any other key: no"), text);
  }
});

Deno.test("inbox screen: what is known is there, all of it on its own page", () => {
  const inbox = inboxOf();
  const brief = screen(inbox).join("\n");
  match(brief, /^ firefox\[4321\] wants to connect to 192\.0\.2\.1:443 \(tcp\)$/m);
  match(brief, /^ {3}run by {4}gnome-shell ← systemd$/m);
  match(brief, /^ {3}asked by {2}rules: ask for browsers$/m);
  match(brief, /^ {3}waiting {3}1 call, for 1s; denied in 27s$/m);
  keys(inbox, "last", "enter");
  const { lines, deepest } = draw(inbox, { columns: 40, rows: 12 }, plain, MOMENT);
  ok(deepest > 0);
  inbox.scroll = deepest;
  ok(draw(inbox, { columns: 40, rows: 12 }, plain, MOMENT).lines.join("\n") !== lines.join("\n"));
  const whole = screen(inbox, 80, 60).join("").replace(/\s/g, "");
  ok(whole.includes("\\x00".repeat(100)), whole);
});

Deno.test("inbox screen: what nobody decides otherwise shows for how long it has waited", () => {
  const inbox = new Inbox(1);
  const { until: _, ...endless } = question();
  inbox.apply({ kind: "waiting", questions: [endless] }, NOW);
  match(screen(inbox)[2]!, /^ > {2}connect to 192\.0\.2\.1:443 \(tcp\) +for 1s *$/);
});

Deno.test("inbox screen: who asked is said once", () => {
  const inbox = new Inbox(1);
  const facts = [{ label: "asked by", text: "rules: because" }];
  inbox.apply({ kind: "waiting", questions: [question({ facts })] }, NOW);
  equal(screen(inbox).filter((line) => line.includes("asked by")).length, 1);
});

Deno.test("inbox screen: how a question ended stands in its line and in place of the keys", () => {
  const inbox = inboxOf();
  inbox.apply({ kind: "closed", id: "f0", how: "answered", answered: answered() }, NOW);
  const lines = screen(inbox);
  match(lines[2]!, /^ > {2}connect to 192\.0\.2\.1:443 \(tcp\) +denied by bob$/);
  ok(!lines.join("\n").includes("a allow"));
});

Deno.test("inbox screen: what is not one's own says so, and offers no answer", () => {
  const inbox = new Inbox(1);
  inbox.apply({
    kind: "waiting",
    questions: [question({ mayAnswer: false, lasts: [], whyNot: "only root may" })],
  }, NOW);
  const text = screen(inbox).join("\n");
  match(text, /not yours/);
  match(text, /^ only root may$/m);
  ok(!text.includes("a allow"));
});

Deno.test("inbox screen: without a daemon it says so, in few columns too", () => {
  const inbox = inboxOf();
  inbox.lose("The daemon ended");
  for (const [columns, rows] of [[80, 24], [40, 12]] as const) {
    const lines = screen(inbox, columns, rows);
    equal(lines[0], " snet ask   no daemon; trying again");
    match(lines.join(" "), /The daemon ended\. What became of\s+this\s+is not known\./);
    ok(!lines.join("\n").includes("a allow"));
  }
});

Deno.test("inbox screen: nothing waits", () => {
  const inbox = new Inbox(1);
  inbox.apply({ kind: "waiting", questions: [] }, NOW);
  const lines = screen(inbox, 80, 12);
  equal(lines[0], " snet ask");
  equal(lines[2], " No question waits. They appear here as programs ask.");
  equal(lines.at(-1), " ? help  q quit");
});

Deno.test("inbox screen: a window without room for a question takes none", () => {
  for (const [columns, rows] of [[29, 24], [80, 6], [30, 9], [1, 1]] as const) {
    const { isReadable, lines } = draw(inboxOf(), { columns, rows }, plain, MOMENT);
    equal(isReadable, false);
    ok(lines.length <= rows);
  }
  equal(draw(inboxOf(), { columns: 30, rows: 12 }, plain, MOMENT).isReadable, true);
});

Deno.test("inbox screen: colours change no text, and without them the selected line is marked", () => {
  const env = (name: string) => name === "FORCE_COLOR" ? "1" : undefined;
  const paint = painter({ isTerminal: true, columns: 80, rows: 24, env });
  const coloured = draw(inboxOf(), { columns: 80, rows: 24 }, paint, MOMENT).lines;
  ok(coloured.join("").includes("\x1b[7m"));
  deepEqual(
    coloured.map((line) => stripVTControlCharacters(line).trimEnd()),
    screen(inboxOf()).map((line) => line.trimEnd()),
  );
});

Deno.test("inbox screen: what the daemon did not make printable is made so", () => {
  const inbox = new Inbox(1);
  const evil = "a\x1b[2J\r\u202e";
  inbox.apply({
    kind: "waiting",
    questions: [question({
      id: evil,
      program: `/usr/bin/${evil}`,
      user: evil,
      wish: evil,
      facts: [{ label: evil, text: evil }],
      asked: { plugin: evil, why: evil },
      scopes: [{ scope: "program", text: evil }],
    })],
  }, NOW);
  for (const pressed of [[], ["enter"], ["back", "denyGroup"]] as InboxKey[][]) {
    inbox.pass(NOW + 700);
    pressed.forEach((key) => inbox.press(key, LATER));
    // deno-lint-ignore no-control-regex
    for (const line of screen(inbox, 80, 40)) ok(!/[\x00-\x1f\u202e]/.test(line), JSON.stringify(line));
  }
});
