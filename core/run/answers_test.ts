import { deepEqual, equal } from "node:assert/strict";
import { event, type EventInit } from "../testing.ts";
import { Answers } from "./answers.ts";
import { questionOf } from "../questions/question.ts";

const around = { uid: 1000, userName: String, verifiedExe: () => true };
const subject = (init: EventInit) => questionOf(event(init), undefined, around).subject;

const curl = { exe: "/usr/bin/curl" };
const wget = { exe: "/usr/bin/wget" };
const one = { ip: "127.0.0.1", port: 1 };
const two = { ip: "127.0.0.1", port: 2 };

Deno.test("answers: one for a program holds anywhere, for calls of the same kind", () => {
  const answers = new Answers();
  answers.remember(subject({ task: curl, remote: one }), { action: "allow", scope: "program" });
  equal(answers.find(subject({ task: curl, remote: two }))?.action, "allow");
  equal(answers.find(subject({ name: "snet.sendmsg", task: curl, remote: two }))?.action, "allow");
  equal(answers.find(subject({ name: "snet.listen", task: curl, local: one })), undefined);
  equal(answers.find(subject({ task: wget, remote: one })), undefined);
});

Deno.test("answers: a program is known by its file, not by its path", () => {
  const answers = new Answers();
  const task = { ...curl, exeDev: 1n, exeIno: 2n, exeCtime: 3n };
  answers.remember(subject({ task }), { action: "allow", scope: "program" });
  equal(answers.find(subject({ task }))?.action, "allow");
  for (
    const other of [{ exeDev: 9n }, { exeIno: 9n }, { exeCtime: 9n }, { exe: "/tmp/curl" }, {
      exeUnlinked: true,
    }]
  ) {
    equal(answers.find(subject({ task: { ...task, ...other } })), undefined);
  }
});

Deno.test("answers: one for an address holds for every program, at this port and protocol", () => {
  const answers = new Answers();
  answers.remember(subject({ task: curl, remote: one }), { action: "deny", scope: "address" });
  equal(answers.find(subject({ task: wget, remote: one }))?.action, "deny");
  equal(answers.find(subject({ task: wget, remote: two })), undefined);
  equal(answers.find(subject({ task: wget, remote: { ip: "127.0.0.2", port: 1 } })), undefined);
  equal(answers.find(subject({ task: wget, remote: one, socket: { type: 2, protocol: 17 } })), undefined);
});

Deno.test("answers: always is this program at this address", () => {
  const answers = new Answers();
  answers.remember(subject({ task: curl, remote: one }), { action: "allow", scope: "always" });
  equal(answers.find(subject({ task: curl, remote: one }))?.action, "allow");
  equal(answers.find(subject({ task: wget, remote: one })), undefined);
  equal(answers.find(subject({ task: curl, remote: two })), undefined);
});

Deno.test("answers: what was said of both counts first, then a denial", () => {
  const answers = new Answers();
  answers.remember(subject({ task: curl, remote: one }), { action: "allow", scope: "program" });
  answers.remember(subject({ task: wget, remote: one }), { action: "deny", scope: "address" });
  deepEqual(answers.find(subject({ task: curl, remote: one })), { action: "deny", scope: "address" });
  answers.remember(subject({ task: curl, remote: one }), { action: "allow", scope: "always" });
  deepEqual(answers.find(subject({ task: curl, remote: one })), { action: "allow", scope: "always" });
});

Deno.test("answers: leave to listen at an address lets in nobody yet, and each peer is one of its own", () => {
  const answers = new Answers();
  answers.remember(subject({ name: "snet.bind", local: one }), { action: "allow", scope: "address" });
  equal(answers.find(subject({ name: "snet.listen", local: one }))?.action, "allow");
  const accept = (ip: string, port: number) =>
    subject({ name: "snet.post_accept", local: one, remote: { ip, port } });
  equal(answers.find(accept("192.0.2.7", 50000)), undefined);
  answers.remember(accept("192.0.2.7", 50000), { action: "allow", scope: "address" });
  equal(answers.find(accept("192.0.2.7", 50001))?.action, "allow");
  equal(answers.find(accept("192.0.2.8", 50001)), undefined);
});

Deno.test("answers: what has no address or no known program is not remembered", () => {
  const answers = new Answers();
  const free = subject({ name: "snet.bind", task: { exe: undefined }, local: { ip: "127.0.0.1", port: 0 } });
  for (const scope of ["program", "address", "always"] as const) {
    answers.remember(free, { action: "allow", scope });
  }
  equal(answers.find(free), undefined);
});
