import { deepEqual, equal, throws } from "node:assert/strict";
import { parseSecret, signedHeaders } from "./sign.ts";

const file = (text: string) => ({ path: "secret", text });

Deno.test("a request is signed as Standard Webhooks has it", () => {
  // The example of the specification (standardwebhooks.com).
  const key = Uint8Array.fromBase64("plJ3nmyCDGBKInavdOK15jsl");
  const body = '{"event_type":"ping","data":{"success":true}}';
  deepEqual(signedHeaders([key], "msg_loFOjxBNrRLzqYUf", 1731705121, body), {
    "webhook-id": "msg_loFOjxBNrRLzqYUf",
    "webhook-timestamp": "1731705121",
    "webhook-signature": "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
  });
});

Deno.test("with several secrets there is a signature by each, without one there is none", () => {
  const keys = ["a".repeat(32), "b".repeat(32)].map((text) => parseSecret(file(text)));
  const signatures = signedHeaders(keys, "id", 1, "{}")["webhook-signature"]!.split(" ");
  equal(new Set(signatures).size, 2);
  equal("webhook-signature" in signedHeaders([], "id", 1, "{}"), false);
});

Deno.test("a secret is base64 after whsec_, and itself otherwise", () => {
  const bytes = new Uint8Array(24).fill(7);
  deepEqual(parseSecret(file(`whsec_${bytes.toBase64()}\n`)), bytes);
  deepEqual(parseSecret(file(`${"x".repeat(24)}\n`)), new TextEncoder().encode("x".repeat(24)));
});

Deno.test("a secret that is too short or no base64 is refused in one line", () => {
  throws(() => parseSecret(file("hunter2\n")), {
    message: `the secret in secret has 7 bytes, 24 are needed; "openssl rand -base64 32" makes one`,
  });
  throws(() => parseSecret(file("whsec_***")), {
    message: "the secret in secret begins with whsec_, but what follows is no base64",
  });
});
