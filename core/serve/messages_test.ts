import { deepEqual, equal, throws } from "node:assert/strict";
import { eventJson } from "../control/json.ts";
import { event } from "../testing.ts";
import { checkPolicyRequest, readPolicy, readReply, readTurn } from "./messages.ts";

const TURN = {
  version: 1,
  type: "snet.turn",
  client: "web1",
  session: "s",
  questions: [{
    id: "q",
    timeLeft: 1000,
    event: eventJson(event()),
    verified: { exe: true, hostNet: false },
  }],
  cancelled: ["a"],
  taken: 0,
  wait: 0,
};
const REPLY = {
  version: 1,
  type: "snet.reply",
  incarnation: "i",
  answers: [{ id: "q", action: "deny", why: "no", errno: 111, key: ["remote-port"], cause: "verdict" }],
  last: 1,
};

Deno.test("a turn and a reply are read as they are written, keys of later versions left out", () => {
  deepEqual(readTurn(JSON.stringify({ ...TURN, later: true }), "web1"), TURN);
  deepEqual(readReply(JSON.stringify({ ...REPLY, later: true })), REPLY);
});

Deno.test("what is wrong with a turn is told in one line, by its key", () => {
  const [question] = TURN.questions;
  const wrong: readonly (readonly [unknown, string])[] = [
    ["", `turn: ""; expected an object`],
    [{ ...TURN, version: 2 }, "turn.version: 2; expected one of 1"],
    [{ ...TURN, type: "snet.reply" }, `turn.type: "snet.reply"; expected one of snet.turn`],
    [{ ...TURN, client: "web2" }, `turn.client: "web2"; expected one of web1`],
    [{ ...TURN, session: "a b" }, `turn.session: "a b"; expected a word of 1 to 64 letters, digits, - and _`],
    [
      { ...TURN, questions: Array(65).fill(question) },
      "turn.questions: a list of 65; expected a list of at most 64",
    ],
    [{ ...TURN, questions: [null] }, "turn.questions[0]: null; expected an object"],
    [
      { ...TURN, questions: [{ ...question, verified: {} }] },
      "turn.questions[0].verified.exe: missing; expected true or false",
    ],
    [{ ...TURN, wait: 1e9 }, "turn.wait: 1000000000; expected a whole number from 0 to 25000"],
    [
      { ...TURN, cancelled: ["\u001b[31m"] },
      `turn.cancelled[0]: "\\u001b[31m"; expected a word of 1 to 64 letters, digits, - and _`,
    ],
  ];
  for (const [turn, message] of wrong) throws(() => readTurn(JSON.stringify(turn), "web1"), { message });
  throws(() => readTurn("{", "web1"), { message: `turn is no JSON: "{"` });
});

Deno.test("what is no answer is no reply", () => {
  const [answer] = REPLY.answers;
  for (
    const wrong of [
      { ...answer, action: "ask" },
      { ...answer, errno: 0 },
      { ...answer, key: "all" },
      { ...answer, why: undefined },
      { ...answer, remember: -1 },
      { ...answer, scope: "everybody" },
    ]
  ) throws(() => readReply(JSON.stringify({ ...REPLY, answers: [wrong] })), /^Error: reply\.answers\[0\]\./);
});

Deno.test("a turn is no reply, a reply no policy: nothing signed is taken for something else", () => {
  throws(() => readReply(JSON.stringify(TURN)), /reply\.type: "snet\.turn"/);
  throws(() => readPolicy(JSON.stringify(REPLY)), /reply\.type: "snet\.reply"/);
  throws(() => checkPolicyRequest(JSON.stringify(TURN), "web1"), /request\.type/);
  throws(() => readTurn(JSON.stringify({ ...TURN, type: "snet.policy.get" }), "web1"), /turn\.type/);
});

Deno.test("a refusal is read as one", () => {
  const refused = { version: 1, type: "snet.refused", cause: "clock", why: "late", time: 5 };
  deepEqual(readReply(JSON.stringify(refused)), refused);
  equal(readPolicy(JSON.stringify(refused)).type, "snet.refused");
});
