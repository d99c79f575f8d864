/** What a message begins with or holds: tests of rules on the first bytes to be sent. */

import type { Automaton } from "../parts/automaton.ts";
import { compileRegexp } from "../parts/regexp.ts";

/** Bytes to be found, or an expression. */
export type PayloadTest =
  /** At an offset, or anywhere where `at` is undefined. */
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly at: number | undefined }
  | { readonly kind: "regexp"; readonly source: string };

/** Bytes of a text, in UTF-8. */
export function textTest(text: string, at?: number): PayloadTest {
  return { kind: "bytes", bytes: new TextEncoder().encode(text), at };
}

/** Bytes in hexadecimal, such as `16 03 01`. Throws an Error where it is none. */
export function hexTest(text: string, at?: number): PayloadTest {
  if (!/^[0-9a-fA-F]{2}([\s:]?[0-9a-fA-F]{2})*$/.test(text)) {
    throw new Error(`"${text}" is not hexadecimal; write pairs of digits such as "16 03 01"`);
  }
  return { kind: "bytes", bytes: Uint8Array.fromHex(text.replace(/[\s:]/g, "")), at };
}

/** An expression. Throws an Error where it is not understood. */
export function regexpTest(source: string): PayloadTest {
  compileRegexp(source);
  return { kind: "regexp", source };
}

/** Tests payloads; keeps the automata of expressions, which are made when a payload first needs them. */
export class PayloadMatcher {
  readonly #automata = new Map<PayloadTest, Automaton>();

  /** Whether a payload passes one of the tests. */
  matches(payload: Uint8Array, tests: readonly PayloadTest[]): boolean {
    return tests.some((test) => {
      if (test.kind === "regexp") return this.#automatonOf(test, test.source).matchesWithin(payload);
      return test.at === undefined ? holds(payload, test.bytes) : startsAt(payload, test.bytes, test.at);
    });
  }

  #automatonOf(test: PayloadTest, source: string): Automaton {
    const known = this.#automata.get(test);
    if (known !== undefined) return known;
    const automaton = compileRegexp(source);
    this.#automata.set(test, automaton);
    return automaton;
  }
}

function holds(payload: Uint8Array, bytes: Uint8Array): boolean {
  const first = bytes[0]!;
  for (let at = payload.indexOf(first); at >= 0; at = payload.indexOf(first, at + 1)) {
    if (startsAt(payload, bytes, at)) return true;
  }
  return false;
}

function startsAt(payload: Uint8Array, bytes: Uint8Array, at: number): boolean {
  if (at + bytes.length > payload.length) return false;
  for (let i = 0; i < bytes.length; i++) {
    if (payload[at + i] !== bytes[i]) return false;
  }
  return true;
}
