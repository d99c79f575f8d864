/**
 * Signatures as Standard Webhooks has them (standardwebhooks.com), so that any server has a library that verifies them:
 * HMAC-SHA256 over `ID.TIMESTAMP.BODY`, base64, after `v1,`; one for each secret, so that secrets can be replaced.
 */

import { createHmac, timingSafeEqual } from "node:crypto";
import { statSync } from "node:fs";
import type { SourceText } from "./plugin.ts";

/** Bytes of a secret: those that the standard asks for at least. */
const LEAST = 24;

/**
 * The key in a file: what comes after `whsec_` is base64, anything else is taken as it stands, without space around it.
 *
 * Throws an Error of one line where it is none, or too short.
 */
export function parseSecret({ path, text }: SourceText): Uint8Array {
  const secret = text.trim();
  const key = secret.startsWith("whsec_")
    ? fromBase64(path, secret.slice("whsec_".length))
    : new TextEncoder().encode(secret);
  if (key.length >= LEAST) return key;
  throw new Error(
    `the secret in ${path} has ${key.length} bytes, ${LEAST} are needed; "openssl rand -base64 32" makes one`,
  );
}

/** Who can read a file (stat(2)); `exposed` if everybody. */
export type IsExposed = (path: string) => boolean;

/** Permission to read for all. */
const READABLE_BY_ALL = 0o004;

/** Makes sure that a file with something secret is not for everybody. Throws an Error of one line. */
export function checkSecret(path: string, exposed: IsExposed = isExposed): void {
  if (exposed(path)) throw new Error(`everybody may read ${path}; chmod o-r takes that back`);
}

function isExposed(path: string): boolean {
  return (statSync(path).mode & READABLE_BY_ALL) !== 0;
}

function fromBase64(path: string, text: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    throw new Error(`the secret in ${path} begins with whsec_, but what follows is no base64`);
  }
}

/** The headers that identify and sign a request; `time` is seconds since 1970. */
export function signedHeaders(
  secrets: readonly Uint8Array[],
  id: string,
  time: number,
  body: string,
): Record<string, string> {
  const signatures = secrets.map((key) => `v1,${mac(key, id, String(time), body).toString("base64")}`);
  return {
    "webhook-id": id,
    "webhook-timestamp": String(time),
    ...(signatures.length > 0 && { "webhook-signature": signatures.join(" ") }),
  };
}

/** What {@linkcode signedHeaders} has written. */
export interface Signed {
  readonly id: string;
  /** Seconds since 1970. */
  readonly time: number;
}

/** More signatures than secrets that anybody would replace at once: whoever sends thousands is not computed for. */
const MOST_SIGNATURES = 8;
const ID = /^[\w-]{1,64}$/;
const TIME = /^\d{1,12}$/;

/**
 * Who a message is from, and of when, where one of the secrets has signed these bytes; undefined where none has. Whether the
 * time is now and the id is new, the caller sees to.
 */
export function verifySigned(
  secrets: readonly Uint8Array[],
  headers: { get(name: string): string | null },
  body: string | Uint8Array,
): Signed | undefined {
  const [id, time, signatures] = ["id", "timestamp", "signature"].map((name) =>
    headers.get(`webhook-${name}`) ?? ""
  ) as [string, string, string];
  // Without a dot in them, what was signed cannot be read in two ways.
  if (!ID.test(id) || !TIME.test(time)) return undefined;
  const given = signatures.split(" ", MOST_SIGNATURES).flatMap(macOf);
  const isGenuine = secrets.some((key) => {
    const wanted = mac(key, id, time, body);
    return given.some((bytes) => timingSafeEqual(bytes, wanted));
  });
  return isGenuine ? { id, time: Number(time) } : undefined;
}

/** Of one signature; nothing where it is none. */
function macOf(signature: string): Uint8Array[] {
  const [, base64 = ""] = /^v1,([A-Za-z0-9+/]{43}=)$/.exec(signature) ?? [];
  return base64 === "" ? [] : [Uint8Array.fromBase64(base64)];
}

function mac(key: Uint8Array, id: string, time: string, body: string | Uint8Array) {
  return createHmac("sha256", key).update(`${id}.${time}.`).update(body).digest();
}
