import assert from "node:assert/strict";
import { MalformedError } from "./dns.ts";
import { readMonitor, RefusedError, VarlinkStream } from "./monitor.ts";
import { a, cname, randomOf } from "./testing.ts";

/** As systemd-resolved 252 has written it. */
const RECORDED =
  `{"parameters":{"state":"success","question":[{"class":1,"type":1,"name":"www.example.com"}],"answer":[{"rr":{"key":{"class":1,"type":5,"name":"www.example.com"},"name":"a.cdn.example.net"},"raw":"A3d3dwdleGFtcGxlA2NvbQAABQABAAABLAATAWEDY2RuB2V4YW1wbGUDbmV0AA=="},{"rr":{"key":{"class":1,"type":5,"name":"a.cdn.example.net"},"name":"b.cdn.example.net"},"raw":"AWEDY2RuB2V4YW1wbGUDbmV0AAAFAAEAAAAFABMBYgNjZG4HZXhhbXBsZQNuZXQA"},{"rr":{"key":{"class":1,"type":1,"name":"b.cdn.example.net"},"address":[192,0,2,20]},"raw":"AWIDY2RuB2V4YW1wbGUDbmV0AAABAAEAAAAFAATAAAIU"}]},"continues":true}`;

const raw = (bytes: readonly number[]) => ({ raw: Uint8Array.from(bytes).toBase64() });
const key = (name: string, type = 1) => ({ class: 1, type, name });
const say = (parameters: object) => readMonitor(JSON.stringify({ parameters, continues: true }));

Deno.test("an answer that systemd-resolved told is read", () => {
  assert.equal(readMonitor(`{"parameters":{"ready":true},"continues":true}`), "ready");
  assert.deepEqual(readMonitor(RECORDED), {
    names: ["www.example.com", "a.cdn.example.net", "b.cdn.example.net"],
    addresses: [Uint8Array.of(192, 0, 2, 20)],
    ttl: 5,
  });
});

Deno.test("aliases that resolved asked for one by one belong to the way", () => {
  const told = say({
    state: "success",
    collectedQuestions: [key("www.example.com"), key("a.example")],
    question: [key("b.example"), key("b.example", 28)],
    answer: [raw(a("b.example", "192.0.2.1"))],
  });
  assert.deepEqual(typeof told === "object" && told.names, ["www.example.com", "a.example", "b.example"]);
});

Deno.test("of a name that is written in two ways the one that was answered counts", () => {
  const told = say({
    state: "success",
    question: [key("bücher.example"), key("other.example")],
    answer: [raw(cname("other.example", "c.example")), raw(a("c.example", "192.0.2.1"))],
  });
  assert.deepEqual(typeof told === "object" && told.names, ["other.example", "c.example"]);
});

Deno.test("what is no answer with addresses tells nothing", () => {
  const answer = [raw(a("a.example", "192.0.2.1"))];
  assert.equal(say({ state: "timeout", question: [key("a.example")], answer }), "skipped");
  assert.equal(say({ state: "rcode-failure", rcode: 3, question: [key("a.example")] }), "skipped");
  assert.equal(say({ state: "success", question: [key("a.example")] }), undefined);
  assert.equal(say({ state: "success", question: [key("b.example")], answer }), undefined);
});

Deno.test("a refusal is told by resolved's own name for it", () => {
  const refusal = `{"error":"org.varlink.service.MethodNotFound","parameters":{}}`;
  assert.throws(() => readMonitor(refusal), (error) => error instanceof RefusedError);
  assert.throws(() => readMonitor(refusal), /org.varlink.service.MethodNotFound/);
});

Deno.test("messages come in any pieces, each with a NUL behind it", () => {
  const heard: string[] = [];
  const stream = new VarlinkStream((text) => heard.push(text));
  const bytes = new TextEncoder().encode(`{"a":"ü"}\0{}\0{"b"`);
  for (const byte of bytes) stream.receive(Uint8Array.of(byte));
  assert.deepEqual(heard, [`{"a":"ü"}`, "{}"]);
  stream.receive(new TextEncoder().encode(`:1}\0[]\0`));
  assert.deepEqual(heard.slice(2), [`{"b":1}`, "[]"]);
});

Deno.test("a message without an end is given up", () => {
  const stream = new VarlinkStream(() => {});
  const part = new Uint8Array(1024 * 1024).fill(32);
  for (let i = 0; i < 4; i++) stream.receive(part);
  assert.throws(() => stream.receive(part), MalformedError);
});

Deno.test("a message changed anywhere gives an answer, a MalformedError or a RefusedError, and nothing else", () => {
  const random = randomOf(3);
  let refused = 0;
  const tryOut = (text: string) => {
    try {
      readMonitor(text);
    } catch (error) {
      assert(error instanceof MalformedError || error instanceof RefusedError, String(error));
      refused++;
    }
  };
  for (
    const text of [
      "",
      "null",
      "[]",
      "{}",
      `{"parameters":[]}`,
      `{"parameters":{"state":"success","question":7}}`,
    ]
  ) {
    tryOut(text);
  }
  for (let length = 0; length < RECORDED.length; length += 3) tryOut(RECORDED.slice(0, length));
  for (let i = 0; i < 10_000; i++) {
    const at = random(RECORDED.length);
    tryOut(RECORDED.slice(0, at) + String.fromCharCode(random(128)) + RECORDED.slice(at + 1 + random(2)));
  }
  assert(refused > 1000, `${refused} were refused`);
});
