/** What others may try against the page, on a real connection. */

import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { MOST_BODY } from "./guard.ts";
import { parseReply, rest, Stage, write } from "./stage_fixture.ts";

const CONTROL_PATHS = ["/v1/status", "/v1/questions", "/v1/questions/events", "/v1/rows", "/v1/web/sessions"];

Deno.test("attack: a site that has its own name resolved to this machine is told nothing, logged in or not", async () => {
  await using stage = await Stage.open();
  const session = await stage.logIn("admin");
  for (
    const host of [
      "evil.example",
      `evil.example:${stage.port}`,
      "127.0.0.1.evil.example",
      "0.0.0.0",
      "",
      undefined,
    ]
  ) {
    for (const path of ["/", "/page.js", ...CONTROL_PATHS]) {
      const { status, text } = await stage.ask(path, { session, headers: { host } });
      ok(status === 421 || status === 400, `${host} ${path}: ${status}`);
      ok(!text.includes("ok"), text);
    }
  }
  const secret = stage.link("admin");
  const { status } = await stage.ask("/v1/session", {
    method: "POST",
    headers: { host: "evil.example", origin: "http://evil.example" },
    body: JSON.stringify({ secret }),
  });
  equal(status, 421);
  deepEqual(stage.asked, []);
});

Deno.test("attack: two names in one request are none of the page's", async () => {
  await using stage = await Stage.open();
  const { cookie, key } = await stage.logIn("admin");
  for (const hosts of [["evil.example", stage.host], [stage.host, "evil.example"]]) {
    const { status } = await stage.raw([
      ...["GET /v1/status HTTP/1.1", ...hosts.map((host) => `host: ${host}`)],
      ...[`cookie: ${cookie}`, `x-snet-key: ${key}`, "connection: close"],
    ]);
    notEqual(status, 200);
  }
  deepEqual(stage.asked, []);
});

Deno.test("attack: another site has the browser send something in its user's name", async () => {
  await using stage = await Stage.open();
  const session = await stage.logIn("admin");
  const origins = [
    "http://evil.example",
    "null",
    `https://${stage.host}`,
    `http://127.0.0.1:${stage.port + 1}`,
    `http://localhost:${stage.port}`,
    undefined,
  ];
  for (const origin of origins) {
    for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
      const { status } = await stage.ask("/v1/reload", { method, session, headers: { origin } });
      equal(status, 403, `${method} ${origin}`);
    }
  }
  for (const site of ["cross-site", "same-site"]) {
    for (const mode of ["cors", "no-cors", "navigate", "websocket"]) {
      const headers = { "sec-fetch-site": site, "sec-fetch-mode": mode };
      for (const path of [...CONTROL_PATHS, "/page.js"]) {
        equal((await stage.ask(path, { session, headers })).status, 403, `${site} ${mode} ${path}`);
      }
    }
  }
  deepEqual(stage.asked, []);
});

Deno.test("attack: another site asks whether it may ask; no answer says so", async () => {
  await using stage = await Stage.open();
  const { status, headers } = await stage.ask("/v1/status", {
    method: "OPTIONS",
    headers: {
      "origin": "http://evil.example",
      "access-control-request-method": "GET",
      "access-control-request-headers": "x-snet-key",
    },
  });
  equal(status, 403);
  deepEqual([...headers].filter(([name]) => name.startsWith("access-control")), []);
});

Deno.test("attack: a page on another port of this machine is sent the cookie, which opens nothing", async () => {
  await using stage = await Stage.open();
  const { cookie } = await stage.logIn("admin");
  for (const path of [...CONTROL_PATHS, "/v1/session"]) {
    equal((await stage.ask(path, { session: { cookie, key: "" } })).status, 401, path);
    equal((await stage.ask(path, { headers: { cookie } })).status, 401, path);
  }
  deepEqual(stage.asked, []);
});

Deno.test("attack: the key alone, or with another's cookie, opens nothing", async () => {
  await using stage = await Stage.open();
  const [root, other] = [await stage.logIn("admin"), await stage.logIn("read", 1000)];
  for (
    const session of [
      { cookie: "", key: root.key },
      { cookie: other.cookie, key: root.key },
      { cookie: root.cookie, key: other.key },
      { cookie: root.cookie, key: root.cookie.slice("snet=".length) },
      { cookie: `snet=${root.key}`, key: root.key },
      { cookie: `${other.cookie}; ${root.cookie}`, key: "" },
    ]
  ) {
    equal((await stage.ask("/v1/status", { session })).status, 401);
  }
  deepEqual(stage.asked, []);
});

Deno.test("attack: a link that was used, or is old, or is another's guess", async () => {
  await using stage = await Stage.open();
  const redeem = (secret: unknown) =>
    stage.ask("/v1/session", { method: "POST", body: JSON.stringify({ secret }) });
  const secret = stage.link("admin");
  equal((await redeem(secret)).status, 200);
  equal((await redeem(secret)).status, 401);
  const old = stage.link("admin");
  stage.clock.now += 60_001;
  equal((await redeem(old)).status, 401);
  const next = stage.link("admin");
  for (const guess of ["", null, [next], { secret: next }, `${next} `, next.toLowerCase(), next.slice(1)]) {
    equal((await redeem(guess)).status, 401);
  }
  equal((await redeem(next)).status, 200);
});

Deno.test("attack: one of two that open the same link at once is logged in", async () => {
  await using stage = await Stage.open();
  const body = JSON.stringify({ secret: stage.link("admin") });
  const replies = await Promise.all(
    Array.from({ length: 20 }, () => stage.ask("/v1/session", { method: "POST", body })),
  );
  equal(replies.filter(({ status }) => status === 200).length, 1);
});

Deno.test("attack: guessing is answered shortly, and whoever has a link gets in all the same", async () => {
  await using stage = await Stage.open();
  const guess = () => stage.ask("/v1/session", { method: "POST", body: `{"secret":"guess"}` });
  const statuses = [];
  for (let count = 0; count < 30; count++) statuses.push((await guess()).status);
  deepEqual(statuses, [...Array(10).fill(401), ...Array(20).fill(429)]);
  const session = await stage.logIn("read");
  equal((await stage.ask("/v1/status", { session })).status, 200);
});

Deno.test("attack: a session of a role does what only others may, by whichever path", async () => {
  await using stage = await Stage.open();
  const [read, answer] = [await stage.logIn("read"), await stage.logIn("answer")];
  const changes = [
    ["POST", "/v1/reload"],
    ["POST", "/v1/tickets/flush"],
    ["POST", "/v1/web/links"],
    ["PUT", "/v1/rules"],
    ["PATCH", "/v1/status"],
    ["POST", "/v1/questions/a1/answer/"],
    ["POST", "/v1/questions/a1/answer/x"],
    ["POST", "//v1/questions/a1/answer"],
    ["POST", "/v1/questions/a1/answer/../../../reload"],
    ["POST", "/v1/questions/a1/answer/%2e%2e/%2E%2e/%2e./reload"],
    ["POST", "/v1/reload?/v1/questions/a1/answer"],
    ["POST", "/v1/reload#/v1/questions/a1/answer"],
    ["POST", "/v1/reload;/v1/questions/a1/answer"],
    ["POST", "/v1/questions/../reload/questions/a1/answer"],
    ["POST", "/v1\\questions\\a1\\answer\\..\\..\\..\\reload"],
    ["POST", "/V1/reload"],
    ["POST", "/v1/%72eload"],
    ["POST", `http://${stage.host}/v1/reload`],
  ] as const;
  for (const [method, path] of changes) {
    for (const session of [read, answer]) {
      const { status } = await stage.ask(path, { method, session });
      ok(status >= 400, `${method} ${path}: ${status}`);
    }
  }
  const { status } = await stage.ask("/v1/reload", {
    ...{ method: "POST", session: answer },
    headers: { "x-http-method-override": "GET", "x-original-url": "/v1/questions/a1/answer" },
  });
  equal(status, 403);
  deepEqual(stage.asked, []);
  equal((await stage.ask("/v1/questions/a1/answer", { method: "POST", session: read })).status, 403);
  equal(
    (await stage.ask("/v1/questions/a1/answer", { method: "POST", session: answer, body: "{}" })).status,
    200,
  );
  deepEqual(stage.asked, ["0 POST /v1/questions/a1/answer {}"]);
});

Deno.test("attack: a session acts for its user, whatever the request says", async () => {
  await using stage = await Stage.open();
  const session = await stage.logIn("answer", 1000);
  const headers = { "x-forwarded-user": "root", "x-snet-uid": "0", "authorization": "Basic cm9vdDo=" };
  equal((await stage.ask("/v1/status?uid=0", { session, headers })).status, 200);
  deepEqual(stage.asked, ["1000 GET /v1/status?uid=0"]);
});

Deno.test("attack: paths that lead elsewhere lead nowhere", async () => {
  await using stage = await Stage.open();
  const paths = [
    "/../../../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/..%2f..%2fetc/passwd",
    "/page.js/../../../etc/passwd",
    "/page.js%00.html",
    "/.git/config",
    "//etc/passwd",
    "file:///etc/passwd",
    "/web/app.ts",
    "/page.js/",
    "/constructor",
    "/__proto__",
  ];
  for (const path of paths) {
    const { status, text } = await stage.ask(path);
    ok([400, 404].includes(status) || status === 0, `${path}: ${status}`);
    ok(!text.includes("root:"), path);
  }
  for (const path of ["/v1/%2e%2e/page.js", "/v1/..", "/x/../v1/status", "/v1/./status", "//v1/status"]) {
    const { status } = await stage.ask(path, { method: "POST" });
    ok([401, 404, 0].includes(status), `${path}: ${status}`);
  }
  deepEqual(stage.asked, []);
});

Deno.test("attack: markup in a path or a secret comes back as no page", async () => {
  await using stage = await Stage.open();
  const session = await stage.logIn("admin");
  const markup = "<script>alert(1)</script>";
  const replies = [
    await stage.ask(`/${markup.replaceAll(" ", "")}`),
    await stage.ask(`/v1/session`, { method: "POST", body: JSON.stringify({ secret: markup }) }),
    await stage.ask("/v1/status", { session, headers: { host: markup } }),
  ];
  for (const { status, headers, text } of replies) {
    // The server itself may find that this is no request.
    if (status === 400 && text === "") continue;
    match(headers.get("content-type")!, /^application\/json/);
    equal(headers.get("x-content-type-options"), "nosniff");
    match(headers.get("content-security-policy")!, /default-src 'none'/);
  }
});

Deno.test("attack: a frame, a script or a style from elsewhere, an address that leaks", async () => {
  await using stage = await Stage.open();
  const { headers, text } = await stage.ask("/");
  const policy = headers.get("content-security-policy")!;
  for (const part of ["frame-ancestors 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'"]) {
    ok(policy.includes(part), part);
  }
  match(policy, /require-trusted-types-for 'script'/);
  ok(!/unsafe|\*|https?:|data:/.test(policy), policy);
  equal(headers.get("referrer-policy"), "no-referrer");
  equal(headers.get("x-frame-options"), "DENY");
  ok(!/<script(?![^>]*src=)|<style|\son\w+=|style=/.test(text), "something inline in the page");
});

Deno.test("attack: bodies that are too long, said to be or not, fill no memory", async () => {
  await using stage = await Stage.open();
  const session = await stage.logIn("answer");
  const path = "/v1/questions/a1/answer";
  const said = await stage.ask(path, { method: "POST", session, headers: { "content-length": `${1e12}` } });
  equal(said.status, 413);
  const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  const { status } = await stage.ask(path, {
    ...{ method: "POST", session, body: `${chunk.repeat(MOST_BODY / 0x10000 + 1)}0\r\n\r\n` },
    headers: { "content-length": undefined, "transfer-encoding": "chunked" },
  });
  equal(status, 413);
  deepEqual(stage.asked, []);
});

Deno.test("attack: nothing is read of what somebody sends who is not logged in", async () => {
  await using stage = await Stage.open();
  for (const path of ["/v1/questions/a1/answer", "/v1/session", "/", "/nothing"]) {
    const headers = { "content-length": `${MOST_BODY}`, "connection": "keep-alive" };
    // The body is never sent, nor waited for: the connection is closed.
    const { status } = await stage.ask(path, { method: "POST", headers });
    ok([401, 404].includes(status), `${path}: ${status}`);
    const chunked = { ...headers, "content-length": undefined, "transfer-encoding": "chunked" };
    ok([401, 404].includes((await stage.ask(path, { method: "POST", headers: chunked })).status));
  }
});

Deno.test("attack: one request hides another behind its length", async () => {
  await using stage = await Stage.open();
  const { cookie, key } = await stage.logIn("answer");
  const hidden = `POST /v1/reload HTTP/1.1\r\nhost: ${stage.host}\r\n\r\n`;
  const { status } = await stage.raw([
    ...["POST /v1/questions/a1/answer HTTP/1.1", `host: ${stage.host}`, `origin: http://${stage.host}`],
    ...[`cookie: ${cookie}`, `x-snet-key: ${key}`, `content-length: ${hidden.length + 5}`],
    ...["transfer-encoding: chunked", "connection: close"],
  ], `0\r\n\r\n${hidden}`);
  ok(status === 400 || status === 0, String(status));
  deepEqual(stage.asked, []);
});

Deno.test("attack: who sends many requests at once on a connection, and waits for no answer, is let go", async () => {
  const stopped = Promise.withResolvers<void>();
  let streams = 0;
  const fetch = () => {
    streams++;
    const start = (controller: ReadableStreamDefaultController) => controller.enqueue(new Uint8Array(1));
    return new Response(new ReadableStream({ start, cancel: () => stopped.resolve() }), {
      headers: { "content-type": "text/event-stream" },
    });
  };
  await using stage = await Stage.open({ control: { fetch } });
  const { cookie, key } = await stage.logIn("read");
  using connection = await stage.connect();
  const request =
    `GET /v1/rows HTTP/1.1\r\nhost: ${stage.host}\r\ncookie: ${cookie}\r\nx-snet-key: ${key}\r\n\r\n`;
  await write(connection, request.repeat(20));
  // The stream has no end by itself.
  await rest(connection);
  await stopped.promise;
  equal(streams, 1);
});

Deno.test("attack: a client that is slow to say something is let go", async () => {
  await using stage = await Stage.open({ limits: { request: 20 } });
  for (const begun of ["", "GET / HTTP/1.1\r\nhost: ", "POST /v1/session HTTP/1.1\r\n"]) {
    using connection = await stage.connect();
    await write(connection, begun);
    equal(await rest(connection), "");
  }
  const { cookie, key } = await stage.logIn("answer");
  using connection = await stage.connect();
  const lines = [
    ...["POST /v1/questions/a1/answer HTTP/1.1", `host: ${stage.host}`, `origin: http://${stage.host}`],
    ...[`cookie: ${cookie}`, `x-snet-key: ${key}`, "content-length: 100"],
  ];
  await write(connection, `${lines.join("\r\n")}\r\n\r\nten bytes`);
  equal(await rest(connection), "");
  deepEqual(stage.asked, []);
});

Deno.test("attack: a client that takes nothing of an endless answer is let go, and what made it stops", async () => {
  const stopped = Promise.withResolvers<void>();
  const chunk = new Uint8Array(1 << 16);
  const fetch = () =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(chunk),
        cancel: () => stopped.resolve(),
      }),
      { headers: { "content-type": "text/event-stream" } },
    );
  await using stage = await Stage.open({ control: { fetch }, limits: { stall: 20 } });
  const { cookie, key } = await stage.logIn("read");
  using connection = await stage.connect();
  await write(
    connection,
    `GET /v1/rows HTTP/1.1\r\nhost: ${stage.host}\r\ncookie: ${cookie}\r\nx-snet-key: ${key}\r\n\r\n`,
  );
  await stopped.promise;
});

Deno.test("attack: a client goes before its endless answer has begun; what made it stops", async () => {
  const asked = Promise.withResolvers<void>();
  const begin = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<void>();
  const fetch = async () => {
    asked.resolve();
    await begin.promise;
    return new Response(new ReadableStream({ cancel: () => stopped.resolve() }), {
      headers: { "content-type": "text/event-stream" },
    });
  };
  await using stage = await Stage.open({ control: { fetch } });
  const { cookie, key } = await stage.logIn("read");
  const connection = await stage.connect();
  await write(
    connection,
    `GET /v1/rows HTTP/1.1\r\nhost: ${stage.host}\r\ncookie: ${cookie}\r\nx-snet-key: ${key}\r\n\r\n`,
  );
  await asked.promise;
  connection.close();
  // When another connection is answered, the end of this one has been seen.
  equal((await stage.ask("/")).status, 200);
  begin.resolve();
  await stopped.promise;
  deepEqual(stage.page.logins.list({ uid: 0 }).sessions.map(({ streams }) => streams), [0]);
});

Deno.test("attack: whoever holds connections keeps out nobody", async () => {
  await using stage = await Stage.open({ limits: { connections: 100, strangers: 8, request: 3_600_000 } });
  const held: Deno.TcpConn[] = [];
  for (let count = 0; count < 40; count++) held.push(await stage.connect());
  // Those that gave way are closed, the oldest first.
  for (const connection of held.slice(0, 32)) equal(await rest(connection), "");
  const session = await stage.logIn("read");
  equal((await stage.ask("/v1/status", { session })).status, 200);
  for (const connection of held) connection.close();
});

/** Waits for the last part of an answer that comes in parts. */
async function ended(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(4096);
  for (let text = ""; !text.endsWith("0\r\n\r\n");) {
    const length = await connection.read(buffer);
    if (length === null) return;
    text += new TextDecoder().decode(buffer.subarray(0, length));
  }
}

Deno.test("attack: one user follows more streams than the daemon can bear", async () => {
  const streams = new Set<ReadableStreamDefaultController>();
  const fetch = () => {
    let own: ReadableStreamDefaultController;
    const body = new ReadableStream({
      start(controller) {
        streams.add(own = controller);
        controller.enqueue(new TextEncoder().encode(":\n\n"));
      },
      cancel: () => void streams.delete(own),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
  await using stage = await Stage.open({ control: { fetch } });
  const open = async (session: { readonly cookie: string; readonly key: string }) => {
    const connection = await stage.connect();
    const lines = ["GET /v1/rows HTTP/1.1", `host: ${stage.host}`, `cookie: ${session.cookie}`];
    await write(connection, `${[...lines, `x-snet-key: ${session.key}`].join("\r\n")}\r\n\r\n`);
    const buffer = new Uint8Array(4096);
    const length = await connection.read(buffer);
    return { connection, status: parseReply(new TextDecoder().decode(buffer.subarray(0, length!))).status };
  };
  const sessions = [await stage.logIn("read", 1000), await stage.logIn("answer", 1000)];
  const opened = [];
  for (let count = 0; count < 26; count++) opened.push(await open(sessions[count % 2]!));
  deepEqual(opened.map(({ status }) => status), [...Array(24).fill(200), 429, 429]);
  equal(streams.size, 24);
  const other = await open(await stage.logIn("read", 1001));
  equal(other.status, 200);
  // Who is logged out sees no more from then on.
  equal(stage.page.logins.end({ uid: 1000 }, undefined), 2);
  for (const { connection, status } of opened) {
    if (status === 200) await ended(connection);
  }
  equal(streams.size, 1);
  for (const { connection } of [...opened, other]) connection.close();
});

Deno.test("attack: a user ends, sees or makes sessions of another", async () => {
  await using stage = await Stage.open();
  const { logins } = stage.page;
  const root = await stage.logIn("admin");
  await stage.logIn("answer", 1000);
  const [id] = logins.list({ uid: 0 }).sessions.map(({ id }) => id);
  equal(logins.list({ uid: 0 }).sessions.length, 2);
  deepEqual(logins.list({ uid: 1000 }).sessions.map(({ role }) => role), ["answer"]);
  for (const uid of [1000, 1001]) {
    let thrown: unknown;
    try {
      logins.end({ uid }, id);
    } catch (error) {
      thrown = error;
    }
    match(String(thrown), /There is no session/);
    thrown = undefined;
    try {
      logins.invite({ uid }, "admin");
    } catch (error) {
      thrown = error;
    }
    match(String(thrown), /Only root may have the role "admin" \(you are uid 100/);
  }
  equal(logins.end({ uid: 1001 }, undefined), 0);
  equal((await stage.ask("/v1/status", { session: root })).status, 200);
});
