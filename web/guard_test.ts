import assert from "node:assert/strict";
import { Hono } from "hono";
import { guard, MOST_BODY } from "./guard.ts";

const HOST = "127.0.0.1:8474";
const ORIGIN = `http://${HOST}`;

function page() {
  const app = new Hono();
  app.use(guard({ names: new Set(["router.lan"]), scheme: "http" }));
  app.all("*", (context) => context.text("here"));
  return (headers: Record<string, string>, method = "GET", path = "/v1/status") =>
    app.request(path, { method, headers });
}

Deno.test("the page's own requests pass", async () => {
  const ask = page();
  assert.equal((await ask({ host: HOST })).status, 200);
  for (const host of ["LOCALHOST:8474", "[::1]:9000", "router.lan"]) {
    assert.equal((await ask({ host })).status, 200);
  }
  assert.equal(
    (await ask({ host: HOST, origin: ORIGIN, "sec-fetch-site": "same-origin" }, "POST")).status,
    200,
  );
});

Deno.test("a name that is not the page's own is refused, so that no other site can have itself resolved to it", async () => {
  const ask = page();
  for (
    const host of [
      "evil.example",
      "evil.example:8474",
      `${HOST}.evil.example`,
      "router.lan.evil.example",
      "127.0.0.1:x",
      "",
    ]
  ) {
    assert.equal((await ask({ host })).status, 421, host);
  }
  assert.equal((await ask({})).status, 421);
});

Deno.test("nothing is changed for another page", async () => {
  const ask = page();
  for (const origin of ["https://evil.example", "null", `https://${HOST}`, "http://localhost:8474"]) {
    assert.equal((await ask({ host: HOST, origin }, "POST")).status, 403, origin);
  }
  assert.equal((await ask({ host: HOST }, "POST")).status, 403);
  assert.equal((await ask({ host: HOST }, "DELETE")).status, 403);
});

Deno.test("another page sees nothing either; a link to this one works", async () => {
  const ask = page();
  const elsewhere = { host: HOST, "sec-fetch-site": "cross-site" };
  assert.equal((await ask(elsewhere)).status, 403);
  assert.equal((await ask({ ...elsewhere, "sec-fetch-mode": "navigate" })).status, 403);
  assert.equal((await ask({ ...elsewhere, "sec-fetch-mode": "navigate" }, "GET", "/")).status, 200);
  assert.equal((await ask({ ...elsewhere, "sec-fetch-site": "same-site" })).status, 403);
});

Deno.test("a body that is too long is refused", async () => {
  const ask = page();
  const headers = (length: string) => ({ host: HOST, origin: ORIGIN, "content-length": length });
  assert.equal((await ask(headers(String(MOST_BODY)), "POST")).status, 200);
  assert.equal((await ask(headers(String(MOST_BODY + 1)), "POST")).status, 413);
  assert.equal((await ask(headers("many"), "POST")).status, 413);
});

Deno.test("every answer tells the browser what the page may do, a refusal too", async () => {
  const ask = page();
  for (const response of [await ask({ host: HOST }), await ask({ host: "evil.example" })]) {
    assert.match(response.headers.get("content-security-policy")!, /default-src 'none'/);
    assert.doesNotMatch(response.headers.get("content-security-policy")!, /unsafe|\*/);
    assert.equal(response.headers.get("x-frame-options"), "DENY");
    assert.equal(response.headers.get("referrer-policy"), "no-referrer");
  }
});
