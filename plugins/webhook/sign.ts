/**
 * Signatures as Standard Webhooks has them (standardwebhooks.com), so that any server has a library that verifies them:
 * HMAC-SHA256 over `ID.TIMESTAMP.BODY`, base64, after `v1,`; one for each secret, so that secrets can be replaced.
 */

import { createHmac } from "node:crypto";
import type { SourceText } from "../../core/mod.ts";

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
  const signatures = secrets.map((key) =>
    `v1,${createHmac("sha256", key).update(`${id}.${time}.${body}`).digest("base64")}`
  );
  return {
    "webhook-id": id,
    "webhook-timestamp": String(time),
    ...(signatures.length > 0 && { "webhook-signature": signatures.join(" ") }),
  };
}
