/**
 * What systemd-resolved's monitor says (io.systemd.Resolve.Monitor, from systemd 252 on; `resolvectl monitor` shows the
 * same): JSON messages with a NUL behind each, by varlink (https://varlink.org). One call subscribes, and each answer that
 * resolved gives to anybody is a reply to it.
 */

import { follow, MalformedError, nameOfText, readRecord } from "./dns.ts";
import type { NameAnswer } from "./dns.ts";

/** What subscribes. */
export const SUBSCRIBE = `{"method":"io.systemd.Resolve.Monitor.SubscribeQueryResults","more":true}\0`;

/** An answer holds a DNS message's records, each twice and as JSON. */
const LONGEST_MESSAGE = 4 * 1024 * 1024;

/** Cuts what comes into messages. */
export class VarlinkStream {
  #parts: Uint8Array[] = [];
  #length = 0;
  readonly #onMessage: (text: string) => void;

  constructor(onMessage: (text: string) => void) {
    this.#onMessage = onMessage;
  }

  /** Takes bytes as they come. Throws a {@linkcode MalformedError} where there is no end of a message in them. */
  receive(bytes: Uint8Array): void {
    for (let from = 0;;) {
      const end = bytes.indexOf(0, from);
      // A copy: whoever reads the connection may use the memory again.
      const part = bytes.slice(from, end < 0 ? undefined : end);
      this.#parts.push(part);
      this.#length += part.length;
      if (this.#length > LONGEST_MESSAGE) {
        throw new MalformedError(`a message of more than ${LONGEST_MESSAGE} bytes`);
      }
      if (end < 0) return;
      const text = this.#take();
      this.#onMessage(text);
      from = end + 1;
    }
  }

  #take(): string {
    const decoder = new TextDecoder();
    const text = this.#parts.map((part) => decoder.decode(part, { stream: true })).join("") +
      decoder.decode();
    this.#parts = [];
    this.#length = 0;
    return text;
  }
}

/** resolved has refused to tell: `error` is varlink's name for the reason. */
export class RefusedError extends Error {
  /** Name of the class. */
  override readonly name = "RefusedError";
}

/**
 * What resolved told somebody: `ready` once it has subscribed us, `skipped` for an answer that is none, undefined where it told
 * no address. Throws a {@linkcode MalformedError} or a {@linkcode RefusedError} of one line.
 */
export function readMonitor(text: string): NameAnswer | "ready" | "skipped" | undefined {
  const reply = parse(text);
  if (typeof reply.error === "string") throw new RefusedError(reply.error);
  const { ready, state, question, collectedQuestions, answer } = record(reply.parameters, "parameters");
  if (ready === true) return "ready";
  if (state !== "success") return "skipped";
  const records = list(answer).flatMap((item) => readRecord(bytesOf(record(item, "answer").raw)) ?? []);
  // Aliases that resolved had to ask for one by one come before: together they are the way to the address.
  const before = namesOf(collectedQuestions);
  for (const name of namesOf(question)) {
    const told = follow([...before, name], records);
    if (told !== undefined) return told;
  }
}

/** Names of questions, each once: one for IPv4 and IPv6 stands there twice. */
function namesOf(questions: unknown): readonly string[] {
  const names = list(questions).map((key) => nameOfText(string(record(key, "question").name)));
  return names.filter((name, index) => names.indexOf(name) === index);
}

function parse(text: string): Record<string, unknown> {
  try {
    return record(JSON.parse(text), "message");
  } catch (error) {
    if (error instanceof MalformedError) throw error;
    throw new MalformedError("what is no JSON");
  }
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new MalformedError(`no object for ${what}`);
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new MalformedError("no list where one belongs");
}

function string(value: unknown): string {
  if (typeof value === "string") return value;
  throw new MalformedError("no text where one belongs");
}

function bytesOf(base64: unknown): Uint8Array {
  try {
    return Uint8Array.fromBase64(string(base64));
  } catch (error) {
    if (error instanceof MalformedError) throw error;
    throw new MalformedError("a record that is no base64");
  }
}
