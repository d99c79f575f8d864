import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { event, type EventInit } from "../testing.ts";
import { questionOf, savedAnswer, scopesOf } from "./question.ts";

const around = {
  uid: 1000,
  userName: (uid: number) => uid === 33 ? "www-data" : String(uid),
  verifiedExe: () => true,
};
const question = (init: EventInit, asked?: { plugin: string; rule: number; why: string }) =>
  questionOf(event(init), asked, around);
const facts = (init: EventInit) =>
  Object.fromEntries(question(init).facts.map(({ label, text }) => [label, text]));

const UDP = { type: 2, protocol: 17 };

Deno.test("question: what a program wants is said in words", () => {
  const wishes: [EventInit, string][] = [
    [{ remote: { ip: "127.0.0.1", port: 80 } }, "connect to 127.0.0.1:80 (tcp)"],
    [{ remote: { ip: "::1", port: 80 } }, "connect to [::1]:80 (tcp)"],
    [
      { name: "snet.sendmsg", remote: { ip: "127.0.0.53", port: 53 }, socket: UDP },
      "send to 127.0.0.53:53 (udp)",
    ],
    [{ name: "snet.bind", local: { ip: "127.0.0.1", port: 80 } }, "bind to 127.0.0.1:80 (tcp)"],
    [{ name: "snet.bind", local: { ip: "127.0.0.1", port: 0 } }, "bind to 127.0.0.1, any free port (tcp)"],
    [
      { name: "snet.listen", local: { ip: "::", port: 80 } },
      "listen on [::]:80, open to other machines (tcp)",
    ],
    [
      {
        name: "snet.post_accept",
        local: { ip: "127.0.0.1", port: 80 },
        remote: { ip: "127.0.0.1", port: 5 },
      },
      "accept a connection from 127.0.0.1:5 on 127.0.0.1:80 (tcp)",
    ],
    [{ name: "snet.connect", remote: { path: "/run/x\n" } }, "connect to /run/x\\x0a (unix)"],
    [{ name: "snet.socket", socket: { family: 16, type: 3, protocol: 0 } }, "open a socket (netlink, raw)"],
    [{ name: "snet.connect", remote: undefined }, "disconnect a socket (tcp)"],
  ];
  for (const [init, wish] of wishes) equal(question(init).wish, wish);
});

Deno.test("question: names that a resolver has told are shown, and make no other question of it", () => {
  const asked = (...names: string[]) =>
    questionOf(event(), undefined, { ...around, names: () => names.map((name) => [name, "cdn.example"]) });
  const nameOf = (...names: string[]) =>
    asked(...names).facts.find(({ label }) => label === "known as")?.text;
  equal(nameOf("www.example"), "www.example");
  equal(
    nameOf("a.example", "b.example", "a.example", "c.example", "d.example"),
    "a.example, b.example, c.example and 1 more",
  );
  equal(nameOf(), undefined);
  equal(asked("www.example").equal, asked().equal);
  ok(!question({}).facts.some(({ label }) => label === "known as"));
  match(asked("www.example").wish, /^connect to www\.example at [\d.]+:\d+ \(tcp\)$/);
  equal(asked().wish, question({}).wish);
});

Deno.test("question: who asks is told with parents, command and user", () => {
  const task = {
    pid: 7,
    uid: 33,
    exe: "/usr/bin/curl",
    cmdline: ["curl", "-H", "a b", "it's", ""],
    parents: [{ pid: 6, exe: "/usr/bin/make" }, { pid: 5, exe: undefined }, { pid: 4, exe: "/bin/bash" }],
  };
  equal(question({ task }).who, "curl[7]");
  deepEqual(facts({ task }), {
    program: "/usr/bin/curl",
    "run by": "make ← ? ← bash",
    command: "curl -H 'a b' 'it'\\''s' ''",
    user: "www-data",
  });
});

Deno.test("question: one's own user and what is not known are left out", () => {
  deepEqual(facts({}), { program: "/usr/bin/curl" });
  deepEqual(facts({ task: { exe: undefined, comm: "x y" } }), {
    program: "not known; its thread is called x\\x20y",
  });
});

Deno.test("question: a path that may be another file's says so", () => {
  const doubtful = questionOf(event(), undefined, { ...around, verifiedExe: () => false });
  equal(doubtful.facts[1]?.text, "maybe another file of that name");
  equal(question({ task: { exeUnlinked: true } }).facts[1]?.text, "that file is deleted");
});

Deno.test("question: the rule that wants it is named", () => {
  const asked = { plugin: "rules", rule: 1, why: "lan\x1b[2J" };
  deepEqual(question({}, asked).facts.at(-1), { label: "asked by", text: "rules: lan\\x1b[2J", cut: "end" });
});

Deno.test("question: nothing from outside reaches the terminal as it is", () => {
  const evil = "\x1b[2J\r\n\u202e\u0085\\";
  const { who, name, wish, facts, equal: key } = question({
    name: "snet.connect",
    task: {
      exe: `/tmp/${evil}`,
      comm: evil,
      uid: 5,
      cmdline: [evil, evil],
      parents: [{ pid: 1, exe: evil }],
    },
    remote: { abstract: evil },
  }, { plugin: evil, rule: 1, why: evil });
  for (const text of [who, name, wish, ...facts.map((each) => each.text)]) {
    ok(!/[\p{Cc}\p{Cf}]/u.test(text), JSON.stringify(text));
  }
  ok(typeof key === "string");
});

Deno.test("question: those that differ in nothing but the process are equal", () => {
  const one = { task: { pid: 1, cmdline: ["a"] } };
  equal(question(one).equal, question({ task: { pid: 2, cmdline: ["a"] } }).equal);
  for (
    const other of [
      { task: { cmdline: ["b"] } },
      { task: { cmdline: ["a"], uid: 0 } },
      { task: { cmdline: ["a"], exeIno: 5n } },
      { task: { cmdline: ["a"] }, remote: { ip: "192.0.2.1", port: 80 } },
      { task: { cmdline: ["a"] }, name: "snet.sendmsg" as const },
    ]
  ) notEqual(question(one).equal, question(other).equal);
});

Deno.test("question: scopes are offered as far as there is something that they could be about", () => {
  deepEqual(scopesOf(question({})), ["once", "program", "address", "always"]);
  deepEqual(scopesOf(question({ task: { exe: undefined } })), ["once", "address"]);
  deepEqual(scopesOf(question({ name: "snet.bind", local: { ip: "127.0.0.1", port: 0 } })), [
    "once",
    "program",
  ]);
  deepEqual(scopesOf(question({ name: "snet.socket" })), ["once", "program"]);
  deepEqual(scopesOf(question({ name: "snet.listen", local: { path: "" } })), ["once", "program"]);
});

Deno.test("question: an answer becomes operands of a rule", () => {
  const accept = question({
    name: "snet.post_accept",
    local: { ip: "127.0.0.1", port: 80 },
    remote: { ip: "192.0.2.7", port: 50000 },
  });
  deepEqual(savedAnswer(accept, "allow", "always"), {
    action: "allow",
    scope: "always",
    events: ["snet.post_accept"],
    exe: "/usr/bin/curl",
    to: "127.0.0.1",
    from: "192.0.2.7",
    port: 80,
    proto: "tcp",
  });
  deepEqual(savedAnswer(accept, "deny", "program").events, ["snet.in"]);
  const listen = question({ name: "snet.listen", local: { ip: "127.0.0.1", port: 80 } });
  deepEqual(savedAnswer(listen, "allow", "address").events, ["snet.bind", "snet.listen"]);
  equal(savedAnswer(question({ remote: { path: "/run/x" } }), "allow", "address").to, "unix:/run/x");
});
