/** Reads the messages of the protocol (protocol.ts): of a client, which may be hostile, and of a server, which is trusted to decide. */

import type { EventJson } from "../control/api.ts";
import { HIGHEST_ERRNO, VERDICT_SCOPES } from "../verdict.ts";
import { idOf, JsonFields, parseFields } from "./fields.ts";
import {
  type Policy,
  type PolicyText,
  type Refused,
  type RemoteAnswer,
  type RemoteQuestion,
  type Reply,
  SERVE_LIMITS,
  SERVE_VERSION,
  type Turn,
  type Verified,
} from "./protocol.ts";

/** Milliseconds; a question that waits longer than a month has been forgotten. */
const LONGEST_QUESTION = 31 * 86_400_000;
/** Questions that a client may take back at once; it has no more of them. */
const MOST_CANCELLED = 100_000;
/** Characters of a reason; it goes into the live table and the journal. */
const MAX_WHY = 1000;
/** A cgroup's path, PATH_MAX of Linux. */
const MAX_PATH = 4096;
/** The kernel counts milliseconds in 32 bits. */
const MAX_REMEMBER = 0xffff_ffff;

/** Reads a turn of this client; throws an Error of one line. The events are as they came. */
export function readTurn(text: string, client: string): Turn {
  const fields = parseFields(text, "turn");
  version(fields);
  fields.word("type", ["snet.turn"]);
  fields.word("client", [client]);
  return {
    version: SERVE_VERSION,
    type: "snet.turn",
    client,
    session: fields.id("session"),
    questions: fields.list("questions", SERVE_LIMITS.questions, readQuestion),
    cancelled: fields.list("cancelled", MOST_CANCELLED, idOf),
    ...(fields.has("incarnation") && { incarnation: fields.id("incarnation") }),
    taken: fields.integer("taken", 0, Number.MAX_SAFE_INTEGER),
    wait: fields.integer("wait", 0, SERVE_LIMITS.hold),
    ...(fields.has("policy") && { policy: fields.id("policy") }),
  };
}

function readQuestion(item: unknown, path: string): RemoteQuestion {
  const fields = new JsonFields(item, path);
  const asked = fields.has("asked") ? fields.fields("asked") : undefined;
  return {
    id: fields.id("id"),
    timeLeft: fields.integer("timeLeft", 0, LONGEST_QUESTION),
    ...(asked !== undefined &&
      { asked: { plugin: asked.text("plugin", 200), why: asked.text("why", MAX_WHY) } }),
    event: fields.get("event") as EventJson,
    verified: readVerified(fields.fields("verified")),
  };
}

function readVerified(fields: JsonFields): Verified {
  return {
    exe: fields.boolean("exe"),
    ...(fields.has("cgroup") && { cgroup: fields.text("cgroup", MAX_PATH) }),
    hostNet: fields.boolean("hostNet"),
  };
}

/** Makes sure that a client asks for a policy; throws an Error of one line. */
export function checkPolicyRequest(text: string, client: string): void {
  const fields = parseFields(text, "request");
  version(fields);
  fields.word("type", ["snet.policy.get"]);
  fields.word("client", [client]);
}

/** Reads what a server says to a turn; throws an Error of one line. */
export function readReply(text: string): Reply | Refused {
  const fields = parseFields(text, "reply");
  version(fields);
  const type = fields.word("type", ["snet.reply", "snet.refused"]);
  if (type === "snet.refused") return readRefused(fields);
  return {
    version: SERVE_VERSION,
    type,
    incarnation: fields.id("incarnation"),
    answers: fields.list("answers", MOST_CANCELLED, readAnswer),
    last: fields.integer("last", 0, Number.MAX_SAFE_INTEGER),
    ...(fields.has("policy") && { policy: fields.id("policy") }),
  };
}

function readAnswer(item: unknown, path: string): RemoteAnswer {
  const fields = new JsonFields(item, path);
  const id = fields.id("id");
  if (fields.has("refused")) return { id, refused: fields.text("refused", MAX_WHY) };
  const action = fields.word("action", ["allow", "deny", "pass"]);
  return {
    id,
    action,
    why: fields.text("why", MAX_WHY),
    ...(fields.has("errno") && { errno: fields.integer("errno", 1, HIGHEST_ERRNO) }),
    ...(fields.has("remember") && { remember: fields.integer("remember", 1, MAX_REMEMBER) }),
    ...(fields.has("scope") && { scope: fields.word("scope", VERDICT_SCOPES) }),
    key: fields.list("key", 64, idOf),
    cause: fields.word("cause", ["verdict", "default", "ask", "failed", "late"]),
  };
}

/** Reads what a server says to a request for its policy; throws an Error of one line. */
export function readPolicy(text: string): Policy | Refused {
  const fields = parseFields(text, "reply");
  version(fields);
  const type = fields.word("type", ["snet.policy", "snet.refused"]);
  return type === "snet.refused" ? readRefused(fields) : policyOf(fields);
}

/** The policy in an object, such as one that a file has kept; throws an Error of one line. */
export function policyOf(fields: JsonFields): Policy {
  const read = (item: unknown, path: string): PolicyText => {
    const text = new JsonFields(item, path);
    return { path: text.text("path", MAX_PATH), text: text.text("text", SERVE_LIMITS.policy) };
  };
  return {
    version: SERVE_VERSION,
    type: "snet.policy",
    policy: fields.id("policy"),
    files: fields.list("files", 10_000, read),
    lists: fields.list("lists", 10_000, read),
  };
}

function readRefused(fields: JsonFields): Refused {
  return {
    version: SERVE_VERSION,
    type: "snet.refused",
    cause: fields.word("cause", ["clock", "replayed", "busy", "malformed"]),
    why: fields.text("why", MAX_WHY),
    time: fields.integer("time", 0, Number.MAX_SAFE_INTEGER),
  };
}

function version(fields: JsonFields): void {
  fields.word("version", [SERVE_VERSION]);
}
