import { deepEqual, equal, match, ok } from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { painter, plain } from "../terminal.ts";
import { widthOf } from "../text.ts";
import type { WatchKey } from "./keys.ts";
import { many, NOON, press, typed, watchOf } from "./samples.ts";
import { draw } from "./screen.ts";
import type { Watch } from "./state.ts";

const FIREFOX = { program: "/usr/lib/firefox/firefox", pid: 4321 } as const;
const LONG = `/opt/${"long/".repeat(30)}程序`;

const PROGRAMS_80 = [
  " snet watch   6 decisions, 2 programs",
  "   PROGRAM                            LAST MINUTE   ALLOWED  DENIED  LAST",
  " - firefox  /usr/lib/firefox/                   █         3       1  deny",
  "     tcp 192.0.2.1:443  connect                           3       0  allow",
  ">    [2001:db8:1234:…:1234:5678]:443                      0       1  deny      ",
  " + 程序  …/long/long/long/long/long/            █         0       1  deny EPERM",
  "",
  "",
  "",
  "",
  "",
  "",
  "───────────────────────────────────────────────────────────────────────────────",
  " firefox[4321] ada: connect tcp [2001:db8:1234:5678:9abc:def0:1234:5678]:443:",
  "   deny ECONNREFUSED by rules: no ads (not at work)",
  " Enter details  / search  v lines  p pause  r rule  ? help  q quit",
];

const LINES_80 = [
  " snet watch   6 decisions, 2 programs",
  " TIME      PROGRAM               WANTS TO                            VERDICT",
  " 12:00:05  curl[7]               connect tcp 192.0.2.1:443           told",
  " 12:00:04  程序[7]               connect tcp 192.0.2.1:443           deny EPERM",
  ">12:00:03  firefox[4321]         [2001:db8:1234:56…0:1234:5678]:443  deny      ",
  " 12:00:02  firefox[4321]         connect tcp 192.0.2.1:443           allow",
  " 12:00:01  firefox[4321]         connect tcp 192.0.2.1:443           allow",
  " 12:00:00  firefox[4321]         connect tcp 192.0.2.1:443           allow",
  "",
  "",
  "",
  "───────────────────────────────────────────────────────────────────────────────",
  " firefox[4321] ada: connect tcp [2001:db8:1234:5678:9abc:def0:1234:5678]:443: …",
  " Enter details  / search  v programs  p pause  r rule  ? help  q quit",
];

const PROGRAMS_40 = [
  " snet watch   6 decisions, 2 programs",
  "   PROGRAM            ALLOW  DENY LAST",
  " - firefox                3     1 deny",
  ">  tcp 192.0.2.1:443      3     0 allow",
  "   [2001:db8…678]:443     0     1 deny",
  " + 程序  …/long/long/     0     1 deny",
  "",
  "",
  "",
  "───────────────────────────────────────",
  " firefox[4321] ada: connect tcp",
  "   192.0.2.1:443: allow by rules: web",
  " Enter details  / search  v lines",
  " p pause  r rule  ? help  q quit",
];

const LINES_40 = [
  " snet watch   6 decisions, 2 programs",
  " PROGRAM      WANTS TO",
  ">curl         tcp 192.0.2.1:443   told ",
  " 程序         tcp 192.0.2.1:443   deny",
  " firefox      [2001:db8…5678]:443 deny",
  " firefox      tcp 192.0.2.1:443   allow",
  " firefox      tcp 192.0.2.1:443   allow",
  " firefox      tcp 192.0.2.1:443   allow",
  "",
  "───────────────────────────────────────",
  " curl[7] ada: connect tcp",
  "   192.0.2.1:443: told, with nothing t…",
  " Enter details  / search  v programs",
  " p pause  r rule  ? help  q quit",
];

const PROGRAMS_120 = [
  " snet watch   6 decisions, 2 programs",
  "   PROGRAM                                                  LAST MINUTE   ALLOWED  DENIED  LAST                AT",
  ">- firefox  /usr/lib/firefox/                                         █         3       1  deny ECONNREFUSED   12:00:03",
  "     tcp 192.0.2.1:443  connect                                                 3       0  allow               12:00:02",
  "     tcp [2001:db8:1234:5678:9abc:def0:1234:5678]:443                           0       1  deny ECONNREFUSED   12:00:03",
  " + 程序  …ng/long/long/long/long/long/long/long/long/long/            █         0       1  deny EPERM          12:00:04",
  "",
  "───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────",
  " /usr/lib/firefox/firefox: 3 allowed, 1 denied, 2 destinations; last at 12:00:03",
  " Enter close  / search  v lines  p pause  r rule  ? help  q quit",
];

function watched(): Watch {
  return watchOf(
    ...many(3, FIREFOX),
    {
      ...FIREFOX,
      target: "tcp [2001:db8:1234:5678:9abc:def0:1234:5678]:443",
      verdict: "deny",
      errno: "ECONNREFUSED",
      by: "rules: no ads",
      why: "not at work",
    },
    { program: LONG, verdict: "deny", errno: "EPERM", cause: "default", by: "", why: "" },
    { verdict: "told", by: "" },
  );
}

const LATER = NOON + 7000;
const PLAIN = { paint: plain, hasBlocks: true };
const screen = (watch: Watch, columns = 80, rows = 24) => draw(watch, { columns, rows }, PLAIN, LATER).lines;

/** What is seen after these keys. */
function after(keys: readonly WatchKey[], columns: number, rows: number): readonly string[] {
  const watch = watched();
  press(watch, ...keys);
  return screen(watch, columns, rows);
}

Deno.test("watch screen: programs and what they reached", () => {
  deepEqual(after(["enter", "down", "down"], 80, 16), PROGRAMS_80);
  deepEqual(after(["enter", "down"], 40, 14), PROGRAMS_40);
  deepEqual(after(["enter"], 120, 10), PROGRAMS_120);
});

Deno.test("watch screen: decisions one by one", () => {
  deepEqual(after(["shape", "down", "down"], 80, 14), LINES_80);
  deepEqual(after(["shape"], 40, 14), LINES_40);
});

Deno.test("watch screen: every line fits, whatever is shown, from 30 columns on", () => {
  const pages: WatchKey[][] = [
    [],
    ["enter"],
    ["enter", "last"],
    ["enter", "down", "down", "enter"],
    ["shape"],
    ["shape", "last"],
    ["shape", "down", "enter", "pageDown"],
    ["help", "last"],
    ["search"],
    ["search", ...typed("firefox ".repeat(20))],
    ["search", ...typed("prgram:x")],
    ["only", "pause"],
  ];
  for (const pressed of pages) {
    const watch = watched();
    watch.store.missed = 123_456;
    press(watch, ...pressed);
    for (let columns = 30; columns <= 130; columns += 5) {
      for (const rows of [8, 12, 24, 50]) {
        const lines = screen(watch, columns, rows);
        ok(lines.length <= rows, `${JSON.stringify(pressed)} ${columns}x${rows}: ${lines.length}`);
        for (const line of lines) {
          ok(widthOf(line) < columns, `${JSON.stringify(pressed)} ${columns}x${rows}: ${line}`);
        }
      }
    }
  }
});

Deno.test("watch screen: the cursor and the program it is in stay in sight", () => {
  const targets = Array.from({ length: 100 }, (_, index) => ({ target: `tcp 192.0.2.1:${index}` }));
  const watch = watchOf(...targets);
  press(watch, "enter", ...new Array<"down">(60).fill("down"));
  for (const rows of [8, 12, 24]) {
    const lines = screen(watch, 80, rows);
    match(lines[2]!, /^ - curl /);
    equal(lines.filter((line) => line.startsWith(">")).length, 1, lines.join("\n"));
  }
});

Deno.test("watch screen: the table does not move while a search is written", () => {
  const watch = watched();
  const titles = screen(watch).findIndex((line) => line.includes("PROGRAM"));
  const keys = screen(watch).findIndex((line) => line.includes("? help"));
  press(watch, "search", ...typed("curl"));
  const lines = screen(watch);
  equal(lines.findIndex((line) => line.includes("Nothing of the last")), titles + 1);
  equal(lines.findIndex((line) => line.includes("Escape give up")), keys);
  equal(lines.at(-4), " Search: curl_");
});

Deno.test("watch screen: what a search cannot be read as is said while it is written", () => {
  const watch = watched();
  press(watch, "search", ...typed("prgram:x"));
  match(screen(watch).at(-3)!, /^ unknown key "prgram"; known are program, user,/);
});

Deno.test("watch screen: paused, missed and lost are said", () => {
  const watch = watched();
  watch.store.missed = 7;
  press(watch, "pause");
  watch.take({ rows: [], missed: 0 });
  match(screen(watch)[0]!, /^ snet watch {3}6 decisions, 2 programs, 7 missed +paused$/);
  watch.lose("The daemon ended");
  match(screen(watch)[0]!, /^ snet watch {3}6 decisions, 2 programs, 7 missed +no daemon; trying again$/);
  equal(screen(watch, 40)[0], " snet watch     no daemon; trying again");
  watch.found();
  match(screen(watch)[0]!, / paused$/);
});

Deno.test("watch screen: nothing to show says why", () => {
  const watch = watchOf();
  match(screen(watch)[2]!, /^ Nothing yet\./);
  ok(!screen(watch).at(-1)!.includes("Enter"));
  watch.lose("The daemon ended");
  equal(screen(watch)[2], " The daemon ended. It goes on with the daemon.");
  const told = watchOf({ verdict: "told" });
  match(screen(told)[2]!, /^ Nothing was decided yet; v shows/);
  const other = watched();
  press(other, "search", ...typed("wget"), "enter");
  equal(screen(other)[2], " Nothing of the last 6 decisions fits.");
});

Deno.test("watch screen: a terminal without blocks has no sparkline, and a paused one stands still", () => {
  const watch = watched();
  const lines = draw(watch, { columns: 80, rows: 24 }, { paint: plain, hasBlocks: false }, LATER).lines;
  ok(!/[\u2581-\u2588]|LAST MINUTE/.test(lines.join("")));
  press(watch, "pause");
  const at = (wall: number) => draw(watch, { columns: 80, rows: 24 }, PLAIN, wall).lines;
  deepEqual(at(LATER + 30_000), at(LATER));
});

Deno.test("watch screen: a window without room for a table says so", () => {
  for (const [columns, rows] of [[29, 24], [80, 6], [30, 7], [1, 1]] as const) {
    const lines = screen(watched(), columns, rows);
    ok(lines.length <= rows);
    match(lines[0]!, /^The/);
  }
  for (const [columns, rows] of [[30, 10], [80, 7]] as const) {
    match(screen(watched(), columns, rows)[0]!, /^ snet watch/);
  }
});

Deno.test("watch screen: colours change no text, and without them the cursor's line is marked", () => {
  const env = (name: string) => name === "FORCE_COLOR" ? "1" : undefined;
  const paint = painter({ isTerminal: true, columns: 80, rows: 24, env });
  for (const keys of [[], ["shape"], ["enter", "down", "enter"], ["help"]] as WatchKey[][]) {
    const watch = watched();
    press(watch, ...keys);
    const coloured = draw(watch, { columns: 80, rows: 24 }, { paint, hasBlocks: true }, LATER).lines;
    ok(coloured.join("").includes("\x1b["));
    deepEqual(
      coloured.map((line) => stripVTControlCharacters(line).trimEnd()),
      screen(watch).map((line) => line.trimEnd()),
    );
  }
});

Deno.test("watch screen: what the daemon did not make printable is made so", () => {
  const evil = "a\x1b[2J\r\u202e";
  const watch = watchOf({
    program: `/usr/bin/${evil}`,
    user: evil,
    call: evil,
    target: evil,
    errno: evil,
    verdict: "deny",
    by: evil,
    why: evil,
    client: evil,
  });
  for (
    const keys of [[], ["enter", "down"], ["enter"], ["back", "shape"], [
      "search",
      ...typed(evil),
    ]] as WatchKey[][]
  ) {
    press(watch, ...keys);
    for (const line of [...screen(watch, 80, 40), ...screen(watch, 130, 40), ...screen(watch, 40, 40)]) {
      // deno-lint-ignore no-control-regex
      ok(!/[\x00-\x1f\u202e]/.test(line), JSON.stringify(line));
    }
  }
});

Deno.test("watch screen: a destination is shown by its name, with its address beside it", () => {
  const watch = watchOf(
    { program: "/usr/bin/curl", host: "www.example.org" },
    { program: "/usr/bin/curl", host: "www.example.org", target: "tcp [2001:db8::1]:443" },
  );
  press(watch, "enter", "down");
  const wide = screen(watch, 100).join("\n");
  match(wide, /^> {4}tcp www\.example\.org:443 {2}2001:db8::1 {2}connect +2 +0 /m);
  match(wide, /connect tcp www\.example\.org:443 \(2001:db8::1\): allow by rules: web/);
  match(screen(watch, 44).join("\n"), /^> {2}www\.example\.org:443 +2 +0 allow/m);
  press(watch, "only");
  equal(watch.search.text, 'program:/usr/bin/curl to:"tcp www.example.org:443"');
  equal(watch.store.rows.end, 2);
  press(watch, "shape");
  match(screen(watch, 140).join("\n"), /connect tcp www\.example\.org:443 \(192\.0\.2\.1\)/);
});
