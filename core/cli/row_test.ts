import assert from "node:assert/strict";
import { rowOf } from "./row.ts";
import { eventJson, observation } from "./samples.ts";
import { Table } from "./table.ts";

const userName = (uid: number) => uid === 33 ? "www-data" : String(uid);
const row = (init: Parameters<typeof observation>[0] = {}) => rowOf(observation(init), userName);

Deno.test("a row has each cell from its longest form to its shortest", () => {
  assert.deepEqual(row(), {
    time: ["14:03:07.123", "14:03:07"],
    who: ["/usr/bin/curl[23886] www-data", "curl[23886] www-data", "curl[23886]"],
    what: ["connect tcp 127.0.0.1:8080", "connect 127.0.0.1:8080"],
    verdict: ["allow"],
    by: ["rules: web", "web"],
    why: ['rule "web"'],
    held: ["85"],
    tone: "good",
  });
});

Deno.test("a denial shows the errno that the program sees, EPERM unless the rule names one", () => {
  assert.deepEqual(row({ action: "deny" }).verdict, ["deny EPERM", "deny"]);
  const refused = row({ action: "deny", errno: 111, errnoName: "ECONNREFUSED" });
  assert.deepEqual(refused.verdict, ["deny ECONNREFUSED", "deny"]);
  assert.equal(refused.tone, "bad");
});

Deno.test("where an answer came too late, what the program got is shown", () => {
  const late = row({ cause: "late", action: "deny", errnoName: "EPERM" });
  assert.deepEqual(late.verdict[0], "deny EPERM");
  assert.deepEqual([late.by[0], late.by.at(-1), late.tone], [
    "too late: rules: web",
    "too late",
    "warn",
  ]);
});

Deno.test("an answer by default says why nobody decided", () => {
  assert.deepEqual(row({ cause: "default" }).by, ["default"]);
  assert.equal(row({ cause: "ask" }).by[0], "default (ask by rules: web)");
  assert.equal(row({ cause: "failed" }).by[0], "default (rules failed)");
  assert.equal(row({ cause: "default" }).tone, "warn");
});

Deno.test("bind and listen are about the own address, post_accept about both", () => {
  const bind = eventJson({ name: "snet.bind", local: { port: 9000 }, remote: null });
  assert.equal(row({ event: bind }).what[0], "bind tcp 127.0.0.1:9000");
  const accepted = eventJson({
    name: "snet.post_accept",
    local: { port: 80 },
    remote: { ip: "::1", family: 10, port: 5 },
  });
  assert.deepEqual(row({ event: accepted }).what, [
    "post_accept tcp 127.0.0.1:80←[::1]:5",
    "post_accept tcp :80←::1",
    "post_accept :80←::1",
  ]);
});

Deno.test("sockets of other families show what they have", () => {
  const unix = eventJson({
    socket: { family: 1, type: 1, protocol: 0 },
    remote: { family: 1, abstract: "x\x00y" },
  });
  assert.equal(row({ event: unix }).what[0], "connect unix @x\\x00y");
  const socket = eventJson({
    name: "snet.socket",
    socket: { family: 2, type: 2, protocol: 0 },
    remote: null,
  });
  assert.equal(row({ event: socket }).what[0], "socket dgram");
});

Deno.test("a notification was told, not decided", () => {
  const told = row({
    asked: false,
    event: eventJson({ name: "snet.close", local: { port: 80 }, remote: null }),
  });
  assert.deepEqual([told.verdict[0], told.by[0], told.tone], ["told", "-", "faint"]);
});

Deno.test("a long wait is shown in seconds", () => {
  assert.equal(row({ held: 99_999 }).held[0], "99999");
  assert.equal(row({ held: 2_004_000 }).held[0], "2.0 s");
  assert.equal(row({ held: 120_000_000 }).held[0], "120 s");
});

Deno.test("nothing that a program or a rule says can act on the terminal or pass for another cell", () => {
  const evil = "\x1b[2J\x9b31m\r\nroot  allow\u202e";
  const hostile = observation({
    event: eventJson({
      task: { exe: `/tmp/curl[1] root${evil}`, comm: evil },
      socket: { family: 1, type: 1, protocol: 0 },
      remote: { family: 1, path: evil },
    }),
    why: evil,
    plugin: evil,
    rule: { number: 1, name: evil },
  });
  for (const width of [80, 120, 200, undefined]) {
    const line = new Table(width).row(rowOf(hostile, () => evil));
    assert.ok(!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(line), line);
    assert.ok(!line.includes("curl[1] root"), line);
  }
});

Deno.test("of another machine its name is told, and users by their number", () => {
  assert.deepEqual(row({ client: "web1" }).who, [
    "web1 /usr/bin/curl[23886] 33",
    "web1 curl[23886] 33",
    "web1 curl[23886]",
  ]);
});

Deno.test("a name comes before its address, and goes after it where there is no room", () => {
  const { what } = rowOf(observation({ names: ["example.org", "b.example"] }), String);
  assert.deepEqual(what, [
    "connect tcp example.org:8080 (127.0.0.1)",
    "connect tcp example.org:8080",
    "connect example.org:8080",
  ]);
});
