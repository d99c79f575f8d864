import assert from "node:assert/strict";
import { eventJson, observation } from "../cli/samples.ts";
import { rowJson } from "./row.ts";

const named = (uid: number) => `user ${uid}`;

Deno.test("a decision becomes a line", () => {
  assert.deepEqual(rowJson(7, observation({ held: 5 }), named), {
    number: 7,
    time: Date.parse("2026-01-02T14:03:07.123"),
    program: "/usr/bin/curl",
    pid: 23886,
    user: "user\\x2033",
    call: "connect",
    target: "tcp 127.0.0.1:8080",
    verdict: "allow",
    cause: "verdict",
    by: "rules: web",
    why: 'rule "web"',
    held: 5,
  });
});

Deno.test("what a program chose cannot pass for anything else", () => {
  const event = eventJson({ task: { exe: "/bin/a b\x1b[2J" } });
  const { program, why } = rowJson(1, observation({ event, why: "\r\u202e" }), named);
  assert.equal(program, "/bin/a\\x20b\\x1b[2J");
  assert.equal(why, "\\x0d\\u{202e}");
});

Deno.test("a program of another machine says which, and its users have no names here", () => {
  const { client, user } = rowJson(1, observation({ client: "router 1" }), named);
  assert.deepEqual([client, user], ["router\\x201", "33"]);
});

Deno.test("a name stands beside the address that a call goes to, and beside no other", () => {
  const names = ["www.example.org", "b.example"];
  const { target, host } = rowJson(1, observation({ names }), named);
  assert.deepEqual([target, host], ["tcp 127.0.0.1:8080", "www.example.org"]);
  const from = eventJson({
    name: "snet.post_accept",
    local: { port: 80 },
    remote: { ip: "192.0.2.7", port: 5 },
  });
  assert.equal(rowJson(1, observation({ names, event: from }), named).host, undefined);
  const own = eventJson({ name: "snet.bind", local: { port: 80 }, remote: null });
  assert.equal(rowJson(1, observation({ names, event: own }), named).host, undefined);
  assert.equal(rowJson(1, observation({ names: ["a\x1b b"] }), named).host, "a\\x1b\\x20b");
});

Deno.test("attack: a program of a very long path makes lines that fill their readers' memory", () => {
  const exe = `/tmp/${"\ue000".repeat(4000)}/usr/bin/curl`;
  const { program } = rowJson(1, observation({ event: eventJson({ task: { exe } }) }), named);
  assert.equal(program.length, 512);
  assert.match(program, /^\/tmp\/\\u\{e000\}.*….*\\u\{e000\}\/usr\/bin\/curl$/);
  const whole = `/usr/${"a".repeat(500)}/x`;
  assert.equal(rowJson(1, observation({ event: eventJson({ task: { exe: whole } }) }), named).program, whole);
});
