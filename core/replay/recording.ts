/** Recorded decisions and events: a file of JSON lines, as `snet watch`, `snet log` and `snet run` write them. */

import type { Action, RecordedDecision, RecordedLine } from "./recorded.ts";
import type { EventJson, Observation } from "../control/api.ts";
import { eventOfMessage, messageOfJson } from "../event_json.ts";

/** Characters of a line: an event with paths, arguments and a payload of a page each takes a tenth of it. */
const LONGEST = 1024 * 1024;

/**
 * Reads a recording line by line; a byte order mark and empty lines are passed over. `path` is for messages, and `now`
 * (milliseconds since 1970) is when events happened that do not say.
 *
 * Throws an Error that begins with `path:line: `.
 */
export async function* readRecording(
  path: string,
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
  now: number,
): AsyncGenerator<RecordedLine> {
  let number = 0;
  for await (const text of linesOf(bytes)) {
    number++;
    if (text.length > LONGEST) {
      throw new Error(`${path}:${number}: a line of more than ${LONGEST} characters`);
    }
    if (text.trim() === "") continue;
    try {
      yield lineOf(text, number, now);
    } catch (error) {
      throw new Error(`${path}:${number}: ${(error as Error).message}`);
    }
  }
}

async function* linesOf(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    yield* lines;
    // What has no end is not kept until there is no more memory: the reader refuses it.
    if (rest.length > LONGEST) break;
  }
  if (rest !== "") yield rest;
}

function lineOf(text: string, number: number, now: number): RecordedLine {
  const value = parse(text);
  const isDecision = Object.hasOwn(value, "event");
  if (!isDecision && !Object.hasOwn(value, "name")) {
    throw new Error(`neither a decision, which has "event", nor an event, which has "name"`);
  }
  const observation = value as unknown as Observation;
  const json = isDecision ? observation.event : value as unknown as EventJson;
  const time = isDecision ? timeOf(observation) : now;
  const message = messageOfJson(json, { time: BigInt(Math.round(time * 1e6)) });
  return {
    ...{ number, time, event: eventOfMessage(message) },
    decision: isDecision ? decisionOf(observation) : undefined,
  };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`no JSON: ${(error as Error).message}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new Error(`${kindOf(value)} in place of an object`);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}

/** When the call was held: the time is that of its answer. */
function timeOf({ time, held = 0 }: Observation): number {
  const answered = typeof time === "string" ? Date.parse(time) : NaN;
  if (Number.isNaN(answered)) throw new Error(`time: ${JSON.stringify(time)} is no time of ISO 8601`);
  if (typeof held !== "number" || !(held >= 0)) {
    throw new Error(`held: ${JSON.stringify(held)} is no number of microseconds`);
  }
  return answered - held / 1000;
}

function decisionOf(observation: Observation): RecordedDecision | undefined {
  const { action, asked, cause, plugin, rule, errno, why, held = 0 } = observation;
  if (action === undefined) return undefined;
  if (!ACTIONS.includes(action)) throw new Error(`action: ${JSON.stringify(action)} is not allow or deny`);
  const by = [plugin, rule?.name ?? (rule === undefined ? undefined : `#${rule.number}`)];
  return {
    action,
    isTold: asked === false,
    errno: typeof errno === "number" ? errno : undefined,
    cause: String(cause ?? "verdict"),
    by: by.filter((word) => word !== undefined).map(String).join(": ") || "default",
    why: String(why ?? ""),
    held,
  };
}

const ACTIONS: readonly Action[] = ["allow", "deny"];
