import assert from "node:assert/strict";
import type { Told } from "../feed.ts";
import { event } from "../testing.ts";
import { allow, deny } from "../verdict.ts";
import { History } from "./history.ts";

const START = 1_800_000_000_000;
const HOUR = 3_600_000;

/** Decisions and time in the test's hand. */
function stage(hostOf: (event: Told["event"]) => string | undefined = () => undefined) {
  const observers = new Set<(told: Told) => void>();
  const clock = { now: START };
  const history = new History({
    observe(observer) {
      observers.add(observer);
      return () => void observers.delete(observer);
    },
    hostOf,
    now: () => clock.now,
  });
  const tell = (parts: Partial<Told>) => {
    const told = { event: event(), decision: undefined, plugin: undefined, held: 1, time: clock.now };
    for (const observer of observers) observer({ ...told, ...parts });
  };
  const decide = (exe: string, isDenied = false, name: Told["event"]["name"] = "snet.connect") => {
    tell({
      event: event({ name, task: { exe } }),
      decision: {
        verdict: isDenied ? deny("no") : allow("yes"),
        plugin: "rules",
        rule: 0,
        cause: "verdict",
      },
    });
  };
  return { history, observers, clock, decide, tell };
}

const sum = (counts: readonly number[]) => counts.reduce((sum, each) => sum + each, 0);

Deno.test("history: an hour by ten seconds, a day and a week by ten minutes", () => {
  const { history, clock, decide } = stage();
  decide("/usr/bin/curl");
  clock.now += 2 * HOUR;
  decide("/usr/bin/curl", true);
  const hour = history.read("hour");
  assert.deepEqual([hour.since, hour.step, hour.allowed.length], [START, 10_000, 360]);
  assert.deepEqual([sum(hour.allowed), sum(hour.denied), hour.denied.at(-1)], [0, 1, 1]);
  const day = history.read("day");
  assert.deepEqual([day.step, day.allowed.length, sum(day.allowed), sum(day.denied)], [600_000, 144, 1, 1]);
  clock.now += 47 * HOUR;
  assert.equal(sum(history.read("day").denied), 0);
  const week = history.read("week");
  assert.deepEqual([week.allowed.length, sum(week.allowed), sum(week.denied)], [1008, 1, 1]);
  assert.equal(week.start + 1007 * week.step, clock.now);
});

Deno.test("history: programs, destinations and denials, the most frequent first", () => {
  const { history, decide } = stage();
  decide("/usr/bin/curl");
  decide("/usr/bin/wget", true);
  decide("/usr/bin/wget", true);
  const { programs, targets, denials } = history.read("hour");
  assert.deepEqual(programs, [
    { name: "/usr/bin/wget", allowed: 0, denied: 2 },
    { name: "/usr/bin/curl", allowed: 1, denied: 0 },
  ]);
  assert.deepEqual(targets, [{ name: "tcp 192.0.2.1:443", allowed: 1, denied: 2 }]);
  assert.deepEqual(denials, [{ program: "/usr/bin/wget", target: "tcp 192.0.2.1:443", denied: 2 }]);
});

Deno.test("history: names of a span are those of its slots", () => {
  const { history, clock, decide } = stage();
  decide("/usr/bin/old");
  clock.now += 2 * HOUR;
  decide("/usr/bin/new");
  const names = (span: "hour" | "day") => history.read(span).programs.map(({ name }) => name);
  assert.deepEqual(names("hour"), ["/usr/bin/new"]);
  assert.deepEqual(names("day"), ["/usr/bin/old", "/usr/bin/new"]);
});

Deno.test("history: however often it is asked for, names are summed up once a second", () => {
  const { history, clock, decide } = stage();
  decide("/usr/bin/curl");
  const { programs } = history.read("week");
  decide("/usr/bin/curl");
  assert.equal(sum(history.read("week").allowed), 2);
  assert.equal(history.read("week").programs, programs);
  clock.now += 1000;
  assert.deepEqual(history.read("week").programs, [{ name: "/usr/bin/curl", allowed: 2, denied: 0 }]);
});

Deno.test("history: who comes from outside is no destination", () => {
  const { history, decide } = stage();
  decide("/usr/sbin/sshd", false, "snet.post_accept");
  assert.deepEqual(history.read("hour").targets, []);
  assert.equal(history.read("hour").programs.length, 1);
});

Deno.test("history: a notification is no decision", () => {
  const { history, tell } = stage();
  tell({});
  const { allowed, programs } = history.read("hour");
  assert.deepEqual([sum(allowed), programs], [0, []]);
});

Deno.test("history: names that programs choose are told printable and of bounded length", () => {
  const { history, decide } = stage();
  decide(`/tmp/${"x".repeat(5000)}/e\u202evil\n`);
  const [{ name } = { name: "" }] = history.read("hour").programs;
  assert.ok(name.length < 300, `${name.length}`);
  assert.ok(name.endsWith("/e\\u{202e}vil\\x0a"), name);
});

Deno.test("history: a clock that was far ahead, and is set back, stops nothing", () => {
  const { history, clock, decide } = stage();
  clock.now += 10_000 * HOUR;
  decide("/usr/bin/ahead");
  clock.now = START;
  decide("/usr/bin/curl");
  for (const span of ["hour", "day", "week"] as const) {
    const { programs, allowed } = history.read(span);
    assert.deepEqual([programs.map(({ name }) => name), sum(allowed)], [["/usr/bin/curl"], 1], span);
  }
});

Deno.test("history: whoever disposes of it ends the counting", () => {
  const { history, observers } = stage();
  assert.equal(observers.size, 1);
  history[Symbol.dispose]();
  assert.equal(observers.size, 0);
});

Deno.test("history: destinations count by their names, with the address that was reached last", () => {
  const names = new Map([["192.0.2.1", "example.org"], ["192.0.2.2", "example.org"]]);
  const { history, tell } = stage((event) => names.get(event.remote?.ip ?? ""));
  const decision = { verdict: deny("no"), plugin: "rules", rule: 0, cause: "verdict" } as const;
  for (const ip of ["192.0.2.1", "192.0.2.2", "192.0.2.3"]) {
    tell({ event: event({ task: { exe: "/usr/bin/curl" }, remote: { ip, port: 443 } }), decision });
  }
  const { targets, denials } = history.read("hour");
  assert.deepEqual(targets, [
    { name: "tcp example.org:443", address: "192.0.2.2", allowed: 0, denied: 2 },
    { name: "tcp 192.0.2.3:443", allowed: 0, denied: 1 },
  ]);
  assert.deepEqual(denials[0], {
    ...{ program: "/usr/bin/curl", target: "tcp example.org:443", address: "192.0.2.2", denied: 2 },
  });
});
