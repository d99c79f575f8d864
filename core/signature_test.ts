import { deepEqual, equal, throws } from "node:assert/strict";
import { checkSecret, parseSecret, signedHeaders, verifySigned } from "./signature.ts";

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

const KEY = new TextEncoder().encode("k".repeat(32));
const OTHER = new TextEncoder().encode("o".repeat(32));

function verified(change: (headers: Headers) => void = () => {}, body = "{}", keys = [KEY]) {
  const headers = new Headers(signedHeaders([KEY], "msg_1", 1731705121, "{}"));
  change(headers);
  return verifySigned(keys, headers, body);
}

Deno.test("what was signed is told by whom and when, as text and as bytes", () => {
  deepEqual(verified(), { id: "msg_1", time: 1731705121 });
  const headers = new Headers(signedHeaders([KEY], "msg_1", 1, "{}"));
  deepEqual(verifySigned([OTHER, KEY], headers, new TextEncoder().encode("{}")), { id: "msg_1", time: 1 });
});

Deno.test("one of two secrets is enough, on either side", () => {
  const headers = new Headers(signedHeaders([OTHER, KEY], "msg_1", 1, "{}"));
  deepEqual(verifySigned([KEY], headers, "{}"), { id: "msg_1", time: 1 });
});

Deno.test("a changed body, id, time, key or signature is not genuine", () => {
  equal(verified(() => {}, "{ }"), undefined);
  equal(verified((headers) => headers.set("webhook-id", "msg_2")), undefined);
  equal(verified((headers) => headers.set("webhook-timestamp", "1731705122")), undefined);
  equal(verified(() => {}, "{}", [OTHER]), undefined);
  equal(verified(() => {}, "{}", []), undefined);
  equal(verified((headers) => headers.set("webhook-signature", `v1,${"A".repeat(43)}=`)), undefined);
});

Deno.test("what is no signature is not looked at: none, another version, too short, one after many", () => {
  equal(verified((headers) => headers.delete("webhook-signature")), undefined);
  const right = signedHeaders([KEY], "msg_1", 1731705121, "{}")["webhook-signature"]!;
  equal(verified((headers) => headers.set("webhook-signature", right.replace("v1", "v2"))), undefined);
  equal(verified((headers) => headers.set("webhook-signature", right.slice(0, -2))), undefined);
  equal(verified((headers) => headers.set("webhook-signature", `${"v1,x ".repeat(8)}${right}`)), undefined);
});

Deno.test("an id or a time that could be read in two ways is none", () => {
  const headers = (id: string) => new Headers(signedHeaders([KEY], id, 1, "{}"));
  equal(verifySigned([KEY], headers("a.1"), "{}"), undefined);
  equal(verifySigned([KEY], headers("x".repeat(65)), "{}"), undefined);
});

Deno.test("a file that everybody may read holds no secret", () => {
  throws(() => checkSecret("/etc/secret", () => true), {
    message: "everybody may read /etc/secret; chmod o-r takes that back",
  });
  checkSecret("/etc/secret", () => false);
});
