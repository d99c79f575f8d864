import assert from "node:assert/strict";
import { row, START } from "./fixture.ts";
import { COLUMNS, type Row } from "./row.ts";

const column = ({ values }: Row, name: typeof COLUMNS[number]) => values[COLUMNS.indexOf(name)];
const columns = (row: Row, ...names: (typeof COLUMNS[number])[]) => names.map((name) => column(row, name));

Deno.test("a row says what was decided, by whom, why and when", () => {
  const decided = columns(
    row(),
    "time",
    "event",
    "verdict",
    "errno",
    "cause",
    "plugin",
    "rule",
    "why",
    "held",
  );
  assert.deepEqual(decided, [
    START,
    "snet.connect",
    "deny",
    111,
    "verdict",
    "rules",
    3,
    'rule "no lan"',
    12.3,
  ]);
  assert.deepEqual(columns(row(), "rule_name", "rule_place"), ["no lan", "web.yaml:5:5"]);
});

Deno.test("a row says who asked, with arguments and parents where they are known", () => {
  const init = {
    cmdline: ["curl", "-s", "x y"],
    parents: [{ pid: 7, exe: "/bin/sh" }, { pid: 1, exe: undefined }],
  };
  const names = ["pid", "uid", "exe", "cmdline", "parents"] as const;
  assert.deepEqual(columns(row({ task: init }), ...names), [
    4321,
    1000,
    "/usr/bin/curl",
    "curl -s x y",
    "/bin/sh < [1]",
  ]);
  assert.deepEqual(columns(row(), "cmdline", "parents"), [null, null]);
});

Deno.test("addresses have keys in which IPv4 is a part of IPv6", () => {
  assert.equal(column(row({ remote: { ip: "10.0.0.1" } }), "remote_key"), "00000000000000000000ffff0a000001");
  assert.equal(column(row({ remote: { ip: "fd00::1" } }), "remote_key"), "fd000000000000000000000000000001");
});

Deno.test("sockets of files have a path, abstract ones behind an @", () => {
  assert.equal(column(row({ remote: { path: "/run/x.sock" } }), "path"), "/run/x.sock");
  assert.equal(column(row({ remote: { abstract: "x" } }), "path"), "@x");
});

Deno.test("a notification was told, and nothing was decided", () => {
  const told = row({ name: "snet.close", decision: null, occasion: { held: 0, rule: undefined } });
  assert.deepEqual(columns(told, "verdict", "cause", "plugin", "why", "rule_name"), [
    "told",
    null,
    null,
    null,
    null,
  ]);
});

Deno.test("what was sent is kept only where that is wanted", () => {
  const sent = { name: "snet.sendmsg", payload: "secret" } as const;
  const observed = (init: Parameters<typeof row>[0]) => JSON.parse(column(row(init), "observed") as string);
  assert.equal("payload" in observed(sent), false);
  assert.equal(observed({ ...sent, keepPayload: true }).payload, "736563726574");
});

Deno.test("words are of program, arguments, addresses, reason and rule", () => {
  const { words } = row({ task: { cmdline: ["curl", "-s"] }, local: { ip: "10.0.0.1", port: 5 } });
  assert.deepEqual(words, [
    "/usr/bin/curl",
    "curl -s",
    "10.0.0.1:5 192.0.2.1:443",
    'rule "no lan"',
    "no lan",
  ]);
});
