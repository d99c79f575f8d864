import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { DecisionJson, RowJson } from "../../control/api.ts";
import { eventJson, observation } from "../samples.ts";
import { plain } from "../terminal.ts";
import { detailsLines } from "./details.ts";
import { many, NOON, press, rows, typed, watchOf } from "./samples.ts";
import type { Watch } from "./state.ts";

const CURL = { program: "/usr/bin/curl" } as const;
const SSH = { program: "/usr/bin/ssh", target: "tcp 192.0.2.2:22" } as const;

/** The names of the lines that are seen, the cursor's marked. */
function seen(watch: Watch, lines = 20): string[] {
  const { items, selected } = watch.programs.seen(lines);
  return items.map(({ tally }, index) => `${index === selected ? ">" : ""}${tally.name}`);
}

/** The numbers of the decisions that are seen, the cursor's marked. */
function numbers(watch: Watch, lines: number): string[] {
  const { items, selected } = watch.lines.seen(lines);
  return items.map(({ number }, index) => `${index === selected ? ">" : ""}${number}`);
}

/** More decisions come, the first of that number. */
function come(watch: Watch, from: number, ...inits: readonly Partial<RowJson>[]): void {
  watch.take({ rows: rows(...inits).map((row, index) => ({ ...row, number: from + index })), missed: 0 });
}

Deno.test("watch: programs sort themselves until the cursor is moved, and again from the top", () => {
  const watch = watchOf(...many(2, CURL), SSH);
  deepEqual(seen(watch), [">/usr/bin/curl", "/usr/bin/ssh"]);
  come(watch, 4, ...many(2, SSH));
  deepEqual(seen(watch), [">/usr/bin/ssh", "/usr/bin/curl"]);
  press(watch, "down");
  come(watch, 6, ...many(5, CURL), { program: "/usr/bin/wget" });
  deepEqual(seen(watch), ["/usr/bin/ssh", ">/usr/bin/curl", "/usr/bin/wget"]);
  press(watch, "up", "up");
  come(watch, 12, CURL);
  deepEqual(seen(watch), [">/usr/bin/curl", "/usr/bin/ssh", "/usr/bin/wget"]);
});

Deno.test("watch: a program opens and closes, and the cursor goes from what it reached to it", () => {
  const watch = watchOf(...many(2, CURL), SSH);
  press(watch, "enter", "down");
  deepEqual(seen(watch), ["/usr/bin/curl", ">tcp 192.0.2.1:443", "/usr/bin/ssh"]);
  press(watch, "left");
  deepEqual(seen(watch), [">/usr/bin/curl", "/usr/bin/ssh"]);
  press(watch, "last", "right", "pageDown");
  deepEqual(seen(watch), ["/usr/bin/curl", "/usr/bin/ssh", ">tcp 192.0.2.2:22"]);
});

Deno.test("watch: the newest decision comes in at the top; once the cursor is moved nothing that is seen moves", () => {
  const watch = watchOf(...many(5, CURL));
  press(watch, "shape");
  deepEqual(numbers(watch, 3), [">5", "4", "3"]);
  come(watch, 6, CURL);
  deepEqual(numbers(watch, 3), [">6", "5", "4"]);
  press(watch, "down");
  deepEqual(numbers(watch, 3), ["6", ">5", "4"]);
  come(watch, 7, CURL, CURL);
  deepEqual(numbers(watch, 3), ["6", ">5", "4"]);
  press(watch, "last");
  deepEqual(numbers(watch, 3), ["3", "2", ">1"]);
  press(watch, "first");
  deepEqual(numbers(watch, 3), [">8", "7", "6"]);
});

Deno.test("watch: a decision that is not kept any more gives the cursor to the oldest that is", () => {
  const watch = watchOf(CURL);
  press(watch, "shape");
  come(watch, 2, CURL, CURL);
  press(watch, "last");
  deepEqual(numbers(watch, 3), ["3", "2", ">1"]);
  come(watch, 4, ...many(50_000, SSH));
  deepEqual(numbers(watch, 2), ["5", ">4"]);
});

Deno.test("watch: what fits is shown as the search is written; Escape gives it up, Enter keeps it", () => {
  const watch = watchOf(...many(2, CURL), SSH);
  press(watch, "search", ...typed("port:22"));
  deepEqual(seen(watch), [">/usr/bin/ssh"]);
  press(watch, "back");
  deepEqual([seen(watch).length, watch.search.text], [2, ""]);
  press(watch, "search", ...typed("ssh qq"), "erase", "erase", "erase", "enter");
  deepEqual([seen(watch), watch.search.text], [[">/usr/bin/ssh"], "ssh"]);
  // Letters are keys again.
  equal(press(watch, "search", "back", "quit")?.kind, "quit");
  equal(watch.search.text, "ssh");
  press(watch, "back");
  deepEqual([seen(watch).length, watch.search.text], [2, ""]);
});

Deno.test("watch: a search that cannot be read changes nothing and says why", () => {
  const watch = watchOf(...many(2, CURL), SSH);
  press(watch, "search", ...typed("ssh"), { text: " prgram:x" });
  match(watch.search.error!, /^unknown key "prgram"/);
  deepEqual(seen(watch), [">/usr/bin/ssh"]);
  press(watch, "eraseWord");
  deepEqual([watch.search.error, watch.search.text], [undefined, "ssh "]);
});

Deno.test("watch: the cursor moves while the search is written", () => {
  const watch = watchOf(...many(2, CURL), SSH);
  press(watch, "search", ...typed("usr"), "down");
  deepEqual(seen(watch), ["/usr/bin/curl", ">/usr/bin/ssh"]);
  equal(watch.search.text, "usr");
});

Deno.test("watch: f searches for what the cursor is at", () => {
  const watch = watchOf(CURL, { ...SSH, client: "attic" });
  press(watch, "last", "only");
  equal(watch.search.text, "client:attic program:/usr/bin/ssh");
  press(watch, "right", "down", "only");
  equal(watch.search.text, 'client:attic program:/usr/bin/ssh to:"tcp 192.0.2.2:22"');
  deepEqual([watch.store.rows.end, watch.store.programs.size], [1, 1]);
  const quoted = watchOf({ program: '/bin/a"b' });
  press(quoted, "only");
  equal(quoted.search.text, "");
  match(quoted.remark!.text, /quotes/);
});

Deno.test("watch: nothing moves while it is paused, and all of it comes afterwards", () => {
  const watch = watchOf(CURL);
  press(watch, "pause");
  come(watch, 2, CURL, SSH);
  deepEqual([watch.waiting, seen(watch), watch.pausedAt], [2, [">/usr/bin/curl"], NOON]);
  press(watch, "pause");
  deepEqual([watch.waiting, seen(watch).length, watch.store.size, watch.pausedAt], [0, 2, 3, undefined]);
});

Deno.test("watch: clear begins anew, with the search as it is", () => {
  const watch = watchOf(...many(2, CURL), SSH);
  press(watch, "search", ...typed("curl"), "enter", "clear");
  deepEqual([watch.store.size, seen(watch)], [0, []]);
  come(watch, 4, CURL, SSH);
  deepEqual([watch.store.size, seen(watch)], [2, [">/usr/bin/curl"]]);
});

Deno.test("watch: details ask for all of a decision, whatever comes meanwhile", () => {
  const watch = watchOf(CURL, CURL);
  const effect = press(watch, "enter", "down", "enter");
  ok(effect?.kind === "fetch");
  equal(effect.row.number, 2);
  come(watch, 3, CURL);
  equal(watch.details?.row, effect.row);
  const [row] = rows(CURL);
  watch.tell(row!, "another one's");
  equal(watch.details?.whole, undefined);
  const whole = observation({
    time: new Date(effect.row.time).toISOString(),
    remember: 60_000,
    event: eventJson({
      task: { parents: [{ pid: 3, exe: "/usr/bin/make" }, { pid: 2 }], cmdline: ["curl", "a\x1bb"] },
    }),
  });
  watch.tell(effect.row, whole);
  const text = detailsLines(watch.details!, 79, plain).join("\n");
  match(text, /^ {3}decided by rules: web$/m);
  match(text, /^ {3}rule {7}rules\.yaml:3:5$/m);
  match(text, /^ {3}remembered for 1m$/m);
  match(text, /^ {3}run by {5}\/usr\/bin\/make\[3\] ← 2$/m);
  match(text, /^ {3}command {4}curl a\\x1bb$/m);
  press(watch, "quit");
  deepEqual([watch.page, watch.details], ["table", undefined]);
});

/** The details of the last decision, with more of it. */
function told(more: Partial<DecisionJson>): string {
  const watch = watchOf(CURL);
  const effect = press(watch, "details");
  ok(effect?.kind === "fetch");
  watch.tell(effect.row, { ...observation({ time: new Date(effect.row.time).toISOString() }), ...more });
  return detailsLines(watch.details!, 100, plain).join("\n");
}

Deno.test("watch: details say who called, where it runs, and what would answer now", () => {
  const path = "/user.slice/user-33.slice/user@33.service/x.scope";
  const place = { path, unit: "user@33.service", slice: "user-33.slice" };
  const container = { runtime: "docker", id: "0123456789ab", pod: "a\x1bb", isClaimed: true };
  const text = told({
    names: ["www.example.org", "b.example"],
    process: {
      ...{ state: "runs", seen: "2026-11-22T12:00:00Z", command: "python3 x.py 'a b'", script: "x.py" },
      parents: [{ pid: 9, exe: "/usr/sbin/c\\x20n" }, { pid: 3 }],
      loginUser: "ada",
      place: { ...place, userUnit: "x.scope", container },
    },
    ticket: {
      ...{ event: "snet.connect", scope: "program", key: [], action: "allow", timeLeft: 41_200, hits: 17 },
    },
  });
  for (
    const line of [
      /^ {3}known as {3}www\.example\.org, b\.example$/m,
      /^ {3}script {5}x\.py \(by its own word\)$/m,
      /^ {3}command {4}python3 x\.py 'a b' \(by its own word\)$/m,
      /^ {3}run by {5}\/usr\/sbin\/c\\x20n\[9\] ← 3$/m,
      /^ {3}user {7}ada, logged in as ada$/m,
      /^ {3}unit {7}x\.scope of user@33\.service, user-33\.slice$/m,
      /^ {3}container {2}docker 0123456789ab, pod a\\x1bb \(as its user says\)$/m,
      /^ {3}cgroup {5}\/user\.slice\/user-33\.slice\/user@33\.service\/x\.scope$/m,
      /^ {3}ticket {5}answers allow for 42s more; has 17 times$/m,
    ]
  ) match(text, line);
});

Deno.test("watch: details say what is not there any more, and what is for others to see", () => {
  match(told({ process: { state: "ended" } }), /^ +has ended; no more is known$/m);
  match(told({ process: { state: "ended", seen: "2026-11-22T12:00:00Z" } }), /^ +has ended since$/m);
  match(told({ process: { state: "changed", program: "/bin/sh" } }), /^ +runs \/bin\/sh by now$/m);
  match(
    told({ process: { state: "runs", isWithheld: true } }),
    /^ {3}command {4}for root and that user to see$/m,
  );
  match(told({ ticket: "none" }), /^ {3}ticket {5}none answers such a call now$/m);
});

Deno.test("watch: a number that means another decision by now is not taken for this one", () => {
  const watch = watchOf(CURL);
  const effect = press(watch, "details");
  ok(effect?.kind === "fetch");
  watch.tell(effect.row, observation());
  equal(watch.details?.whole, "The daemon was started again: no more is known");
});

Deno.test("watch: a remark goes with the next key, or by itself", () => {
  const watch = watchOf({ program: '/bin/a"b' });
  press(watch, "only");
  equal(watch.nextMoment, 6000);
  watch.pass(5999);
  ok(watch.remark);
  watch.pass(6000);
  deepEqual([watch.remark, watch.nextMoment], [undefined, undefined]);
});
