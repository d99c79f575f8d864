/** How far an answer goes that lasts: about a program, an address, a port, or several of them. */

import { printableWord } from "../cli/describe.ts";
import type { AnswerScope, BroadReason } from "../control/api.ts";
import { addressOf, destination, type RuleDraft } from "../rule_file/draft.ts";
import { broadPlace, broadPrograms } from "./breadth.ts";
import { anywhere, placeOf, type Question, type Subject } from "./question.ts";
import { SCOPES } from "./scope_words.ts";

/** What a scope is about. */
interface Words {
  readonly program: boolean;
  readonly address: boolean;
  readonly port: boolean;
}

/** How many words a scope has, by which the narrower of two answers is known. */
export function narrowness(scope: AnswerScope): number {
  return scope.split("+").length;
}

/** True of a scope that is about one program. */
export function isOfProgram(scope: AnswerScope): boolean {
  return wordsOf(scope).program;
}

function wordsOf(scope: AnswerScope): Words {
  const words = scope.split("+");
  return {
    program: words.includes("program"),
    address: words.includes("address"),
    port: words.includes("port"),
  };
}

/** The scopes of an answer to a question, the narrowest first: what the call has none of, no answer is about. */
export function scopesOf({ program, address }: Subject): readonly AnswerScope[] {
  return SCOPES.filter((scope) => {
    const words = wordsOf(scope);
    return (!words.program || program !== undefined) && (!words.address || address !== undefined) &&
      (!words.port || address?.port !== undefined);
  });
}

/** What an answer says, in words that go on "allow" or "deny"; `user` is whose programs it is about. */
export function scopeText({ name, wish, subject }: Question, scope: AnswerScope, user: string): string {
  const { program, address: isAddress, port: isPort } = wordsOf(scope);
  const who = program ? name : `any program of ${user}`;
  const { kind, address } = subject;
  if (address === undefined || !isAddress && !isPort) return `${who}: ${anywhere(kind, wish)}`;
  if (isAddress && (isPort || address.port === undefined)) return `${who}: ${placeOf(kind, address)}`;
  const suffix = address.proto === undefined ? "" : ` (${address.proto})`;
  if (isAddress) {
    return `${who}: ${placeOf(kind, { ...address, port: undefined, proto: undefined })}, any port${suffix}`;
  }
  const port = `port ${address.port} of any address${suffix}`;
  if (kind === "snet.out") return `${who}: reach ${port}`;
  return address.from === undefined
    ? `${who}: listen on ${port}`
    : `${who}: accept from ${printableWord(address.from)} on ${port}`;
}

/** Why an answer that allows is broad, printable; none where it is about one program at one place. */
export function broadReasonsOf(
  { kind, program }: Subject,
  scope: AnswerScope,
  user: string,
): readonly BroadReason[] {
  const words = wordsOf(scope);
  const named = words.program ? [{ text: printableWord(program!.exe), glob: false }] : undefined;
  return [...broadPrograms(named, user), ...broadPlace(kind, words)];
}

/** What calls have in common that an answer of this scope is about; undefined where the call lacks a part of it. */
export function scopeKey({ kind, program, address }: Subject, scope: AnswerScope): string | undefined {
  const words = wordsOf(scope);
  if (words.program && program === undefined || words.address && address === undefined) return undefined;
  if (words.port && address?.port === undefined) return undefined;
  return JSON.stringify([
    scope,
    kind,
    words.program ? program!.key : 0,
    words.address ? [address!.to, address!.scopeId] : 0,
    words.port ? address!.port : 0,
    // Who comes, and by which protocol, is part of wherever.
    words.address || words.port ? [address!.from, address!.proto] : 0,
  ]);
}

/** The rule that says the same for good. */
export function ruleOf(
  { kind, events, program, address }: Subject,
  scope: AnswerScope,
  action: "allow" | "deny",
  uid: number,
): RuleDraft {
  const words = wordsOf(scope);
  const place = words.address || words.port ? address : undefined;
  const isAnywhere = place === undefined;
  return {
    action,
    events: isAnywhere ? [kind] : events,
    ...(words.program && { exe: [program!.exe] }),
    user: [uid],
    ...(place?.proto !== undefined && { proto: [place.proto] }),
    ...(place?.from !== undefined && { from: [addressOf(place.from)] }),
    ...(words.address && { to: [addressOf(destination(events[0]!, place!.to))] }),
    ...(words.port && { port: [place!.port!] }),
  };
}
