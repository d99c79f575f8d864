import assert from "node:assert/strict";
import { pageApp } from "./app.ts";
import type { SessionRole } from "../core/control/api.ts";
import { LONGEST_TIME, Sessions } from "./sessions.ts";

const HOST = { host: "127.0.0.1:8474", origin: "http://127.0.0.1:8474" };

function stage(scheme: "http" | "https" = "http", answer = () => Response.json({ ok: true })) {
  const clock = { now: 1_000_000 };
  const sessions = new Sessions(() => clock.now);
  const asked: string[] = [];
  const app = pageApp({
    assets: { "/": { type: "text/html; charset=utf-8", body: "<!doctype html>" } },
    names: new Set(),
    scheme,
    sessions,
    control: {
      fetch(request, { peer }) {
        asked.push(`${peer.uid} ${request.method} ${new URL(request.url).pathname}`);
        return answer();
      },
    },
    userName: (uid) => `user${uid}`,
    now: () => clock.now,
  });
  const host = { ...HOST, origin: `${scheme}://${HOST.host}` };
  const ask = (path: string, method = "GET", headers: Record<string, string> = {}, body?: unknown) =>
    app.request(path, {
      method,
      headers: { ...host, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }, {});
  const logIn = async (role: SessionRole) => {
    const secret = sessions.invite({ uid: 1000, role });
    const response = await ask("/v1/session", "POST", { "content-length": "100" }, { secret });
    const { key, ...rest } = await response.json();
    const cookie = response.headers.get("set-cookie")!;
    return { rest, cookie, headers: { cookie: cookie.split(";")[0]!, "x-snet-key": key as string } };
  };
  return { ask, logIn, asked, clock, sessions };
}

Deno.test("the page itself is for everybody, the rest for whoever is logged in", async () => {
  const { ask, asked } = stage();
  assert.equal((await ask("/")).status, 200);
  for (const path of ["/v1/session", "/v1/status", "/v1/questions", "/v1/nothing"]) {
    assert.equal((await ask(path)).status, 401, path);
  }
  assert.equal((await ask("/etc/passwd")).status, 404);
  assert.deepEqual(asked, []);
});

Deno.test("a link logs in once; cookie and key together open the control API for its user", async () => {
  const { ask, logIn, asked } = stage();
  const { rest, cookie, headers } = await logIn("read");
  assert.deepEqual(rest, { user: "user1000", role: "read" });
  assert.match(cookie, /; HttpOnly/);
  assert.match(cookie, /; SameSite=Strict/);
  assert.equal((await ask("/v1/status", "GET", headers)).status, 200);
  assert.deepEqual(asked, ["1000 GET /v1/status"]);
  assert.equal((await ask("/v1/status", "GET", { cookie: headers.cookie })).status, 401);
  assert.equal((await ask("/v1/status", "GET", { "x-snet-key": headers["x-snet-key"] })).status, 401);
});

Deno.test("over TLS the cookie is for this host and for TLS alone", async () => {
  const { logIn, ask } = stage("https");
  const { cookie, headers } = await logIn("read");
  assert.match(cookie, /^__Host-snet=/);
  assert.match(cookie, /; Secure/);
  assert.equal((await ask("/v1/status", "GET", headers)).status, 200);
});

Deno.test("roles: who may see changes nothing, who may answer answers only", async () => {
  const { ask, logIn } = stage();
  const status = async (role: SessionRole, method: string, path: string) => {
    const { headers } = await logIn(role);
    return (await ask(path, method, headers)).status;
  };
  assert.equal(await status("read", "POST", "/v1/questions/a1/answer"), 403);
  assert.equal(await status("answer", "POST", "/v1/questions/a1/answer"), 200);
  assert.equal(await status("answer", "POST", "/v1/questions/a1/answer/../../../reload"), 403);
  assert.equal(await status("answer", "POST", "/v1/reload"), 403);
  assert.equal(await status("answer", "PUT", "/v1/rules"), 403);
  assert.equal(await status("read", "DELETE", "/v1/web/sessions"), 403);
  assert.equal(await status("answer", "DELETE", "/v1/web/sessions/abc"), 200);
  assert.equal(await status("answer", "POST", "/v1/web/links"), 403);
  assert.equal(await status("admin", "POST", "/v1/reload"), 200);
});

Deno.test("a browser that logs in again has left its former session", async () => {
  const { ask, logIn, sessions } = stage();
  const { headers } = await logIn("read");
  const other = await logIn("read");
  const secret = sessions.invite({ uid: 1000, role: "answer" });
  const again = { ...headers, "content-length": "100" };
  assert.equal((await ask("/v1/session", "POST", again, { secret: "none" })).status, 401);
  assert.equal((await ask("/v1/session", "GET", headers)).status, 200);
  assert.equal((await ask("/v1/session", "POST", again, { secret })).status, 200);
  assert.equal((await ask("/v1/session", "GET", headers)).status, 401);
  assert.equal((await ask("/v1/session", "GET", other.headers)).status, 200);
  assert.deepEqual(sessions.list.map(({ role }) => role), ["read", "answer"]);
});

Deno.test("who logs out is out", async () => {
  const { ask, logIn } = stage();
  const { headers } = await logIn("admin");
  assert.equal((await ask("/v1/session", "DELETE", headers)).status, 200);
  assert.equal((await ask("/v1/session", "GET", headers)).status, 401);
});

Deno.test("a stream ends with its session, also where nothing else is asked for any more", async () => {
  const sent = Promise.withResolvers<ReadableStreamDefaultController<Uint8Array>>();
  const stopped = Promise.withResolvers<void>();
  const { ask, logIn, clock, sessions } = stage("http", () => {
    const body = new ReadableStream({ start: sent.resolve, cancel: () => stopped.resolve() });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  });
  const { headers } = await logIn("read");
  const stream = (await ask("/v1/rows", "GET", headers)).body!.getReader();
  const source = await sent.promise;
  clock.now += LONGEST_TIME;
  source.enqueue(Uint8Array.of(1));
  assert.deepEqual(await stream.read(), { done: false, value: Uint8Array.of(1) });
  clock.now++;
  source.enqueue(Uint8Array.of(2));
  assert.deepEqual(await stream.read(), { done: true, value: undefined });
  await stopped.promise;
  assert.equal(sessions.list.length, 0);
});

Deno.test("guessing is answered shortly, and keeps out nobody who has a link", async () => {
  const { ask, logIn, clock } = stage();
  const guess = async () =>
    (await ask("/v1/session", "POST", { "content-length": "20" }, { secret: "guess" })).status;
  for (let i = 0; i < 10; i++) assert.equal(await guess(), 401);
  assert.equal(await guess(), 429);
  assert.equal((await logIn("read")).rest.user, "user1000");
  clock.now += 60_001;
  assert.equal(await guess(), 401);
});

Deno.test("what is no login is refused", async () => {
  const { ask } = stage();
  for (
    const [body, length] of [["x", "3"], [{}, "2"], [{ secret: 7 }, "12"], [{ secret: "" }, "13"], [{
      secret: "a",
    }, "1025"]] as const
  ) {
    assert.equal((await ask("/v1/session", "POST", { "content-length": length }, body)).status, 401);
  }
});
