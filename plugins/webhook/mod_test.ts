/** The webhook against real servers on loopback: those of the README, and some that misbehave. */

import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import type { Asking, Decision, Occasion, PluginInstance, SnetEvent } from "../../core/mod.ts";
import { event, type EventInit } from "../../core/testing.ts";
import { makeCertificates, SampleServer, secretFile, setUp } from "./testing.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const OCCASION: Occasion = { time: 0, held: 12, rule: undefined };
const DENIED: Decision = {
  verdict: { action: "deny", why: "not today" },
  plugin: "rules",
  rule: undefined,
  cause: "verdict",
};

/** What is noted in an event of which a decision has read this. */
function readBy(read: (event: SnetEvent) => void): number {
  const fresh = event();
  read(fresh);
  return fresh.read;
}

const PROGRAM_AND_DESTINATION = readBy(({ task, remote }) => void [task.exe, remote?.ip, remote?.port]);
const VOLATILE = readBy((event) => event.readVolatile());

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function asking(init: { signal?: AbortSignal; timeLeft?: number } = {}): Asking {
  const { signal = new AbortController().signal, timeLeft = 60_000 } = init;
  return { signal, deadline: performance.now() + timeLeft, calls: 1, asked: undefined };
}

function ask(instance: PluginInstance<"slow">, init: EventInit = {}, more: Asking = asking()) {
  return instance.decide!(event(init), more);
}

/** A server of the test's own, on http. */
async function withServer(
  handler: (request: Request, number: number) => Response | Promise<Response>,
  test: (url: string, count: () => number) => Promise<void>,
): Promise<void> {
  let count = 0;
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => handler(request, ++count),
  );
  await test(`http://127.0.0.1:${server.addr.port}/snet`, () => count);
}

Deno.test("the README's server for Deno decides over TLS of a private authority, and is told of decisions", () =>
  inFolder(async (folder) => {
    await makeCertificates(folder);
    const secret = secretFile(`${folder}/secret`, `${SECRET}\n`);
    const file = (name: string) => ({ path: name, text: Deno.readTextFileSync(`${folder}/${name}`) });
    const server = await SampleServer.start("ts", folder, {
      ...{ SECRET: `${folder}/secret`, CERT: `${folder}/server.pem`, KEY: `${folder}/server.key`, PORT: "0" },
    });
    const url = `https://localhost:${server.port}/snet`;
    for (const http of ["1.1", "2"] as const) {
      const webhook = setUp({ url, secret, ca: [file("ca.pem")], http });
      deepEqual(await ask(webhook, { remote: { ip: "192.0.2.1", port: 23 } }), {
        ...{ action: "deny", why: "telnet is not encrypted", errno: 111 },
      });
      const allowed = event();
      deepEqual(await webhook.decide!(allowed, asking()), {
        ...{ action: "allow", why: "curl may", remember: 600_000, scope: "program" },
      });
      // What the server says has decided is what the ticket matches.
      equal(allowed.read, PROGRAM_AND_DESTINATION);
      equal(await ask(webhook, { task: { exe: "/bin/cat" } }), undefined);
      webhook.close!();
    }
    const strangers = setUp({ url, secret });
    await rejects(
      async () => await ask(strangers),
      {
        message:
          `https://localhost:${server.port} cannot be reached: client error (Connect): invalid peer certificate: UnknownIssuer`,
      },
    );
    strangers.close!();
    const forger = setUp({
      url,
      ca: [file("ca.pem")],
      secret: secretFile(`${folder}/wrong`, "x".repeat(32)),
    });
    await rejects(async () => await ask(forger), {
      message: `https://localhost:${server.port} answered with status 401`,
    });
    forger.close!();
    const teller = setUp({ url, secret, ca: [file("ca.pem")], mode: "notify", delay: 0 });
    teller.observe!(event(), DENIED, OCCASION);
    equal(await server.line(), "deny /usr/bin/curl not today");
    teller.close!();
    await server.stop();
  }));

Deno.test("the README's server for Python decides, and is told of decisions that wait on the disk", () =>
  inFolder(async (folder) => {
    const secret = secretFile(`${folder}/secret`, SECRET);
    const server = await SampleServer.start("python", folder, { SECRET: `${folder}/secret`, PORT: "0" });
    const url = `http://127.0.0.1:${server.port}/`;
    const webhook = setUp({ url, secret });
    equal((await ask(webhook, { remote: { ip: "192.0.2.1", port: 23 } }))?.errno, 111);
    equal(await ask(webhook), undefined);
    webhook.close!();
    const given = { secret, mode: "notify", spool: `${folder}/spool` } as const;
    // A port that nobody may fetch from.
    const log: string[] = [];
    const early = setUp({ ...given, url: "http://127.0.0.1:9/", delay: 60_000 }, log);
    early.observe!(event({ task: { exe: "/bin/early" } }), DENIED, OCCASION);
    early.close!();
    const late = setUp({ ...given, url, delay: 0 });
    equal(await server.line(), "deny /bin/early not today");
    late.observe!(event({ task: { exe: "/bin/late" } }), DENIED, OCCASION);
    equal(await server.line(), "deny /bin/late not today");
    late.close!();
    await server.stop();
  }));

Deno.test("a server that asks for a certificate gets the daemon's", () =>
  inFolder(async (folder) => {
    await makeCertificates(folder);
    const program = `import ssl, socket, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("server.pem", "server.key")
context.load_verify_locations("ca.pem")
context.verify_mode = ssl.CERT_REQUIRED
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
connection = context.wrap_socket(listener.accept()[0], server_side=True)
name = connection.getpeercert()["subject"][0][0][1]
connection.recv(65536)
body = '{"action":"allow","why":"hello %s"}' % name
connection.sendall(("HTTP/1.1 200 OK\\r\\ncontent-length: %d\\r\\n\\r\\n%s" % (len(body), body)).encode())
connection.recv(1)`;
    const python = new Deno.Command("python3", { args: ["-c", program], cwd: folder, stdout: "piped" })
      .spawn();
    const output = python.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const port = (await output.read()).value!.trim();
    const file = (name: string) => [{ path: name, text: Deno.readTextFileSync(`${folder}/${name}`) }];
    Deno.chmodSync(`${folder}/client.key`, 0o600);
    const key = [{ path: `${folder}/client.key`, text: Deno.readTextFileSync(`${folder}/client.key`) }];
    const url = `https://localhost:${port}/`;
    const webhook = setUp({ url, ca: file("ca.pem"), certificate: file("client.pem"), key, http: "1.1" });
    equal((await ask(webhook))?.why, "hello client");
    webhook.close!();
    await output.cancel();
    await python.status;
  }));

Deno.test("a server on a unix socket is asked over it", () =>
  inFolder(async (folder) => {
    const socket = `${folder}/socket`;
    await using _server = Deno.serve(
      { transport: "unix", path: socket, onListen() {} },
      (request) => Response.json({ action: "deny", why: new URL(request.url).pathname }),
    );
    const webhook = setUp({ url: "http://localhost/snet", socket });
    equal((await ask(webhook))?.why, "/snet");
    webhook.close!();
  }));

Deno.test("a question says what is asked, until when, and shows of the event what it may", () =>
  withServer(async (request) => Response.json({ action: "deny", why: await request.text() }), async (url) => {
    const webhook = setUp({ url, show: ["exe", "remote"] });
    const asked = event({ name: "snet.sendmsg", payload: "secret", local: { ip: "10.0.0.1", port: 9 } });
    const verdict = await webhook.decide!(asked, {
      ...asking(),
      asked: { plugin: "rules", rule: 1, why: "who?" },
    });
    const question = JSON.parse(verdict!.why);
    equal(question.type, "snet.question");
    equal(question.version, 1);
    deepEqual(question.answers, ["allow", "deny", "pass"]);
    deepEqual(question.asked, { plugin: "rules", why: "who?" });
    equal(Date.parse(question.deadline) - Date.parse(question.time), question.timeLeft);
    ok(question.timeLeft > 50_000 && question.timeLeft <= 60_000);
    deepEqual(Object.keys(question.event).sort(), ["id", "name", "remote", "socket", "task"]);
    deepEqual(Object.keys(question.event.socket).sort(), ["family", "protocol", "type"]);
    deepEqual(question.event.remote, { family: 2, ip: "192.0.2.1", port: 443 });
    equal(question.event.task.exe, "/usr/bin/curl");
    equal("pid" in question.event.task || "comm" in question.event.task, false);
    equal(asked.read, PROGRAM_AND_DESTINATION);
    webhook.close!();
  }));

Deno.test("what is shown of payload or command line keeps the answer from being remembered, unless it did not decide", () =>
  withServer(
    (_, number) =>
      Response.json({ action: "allow", remember: "1m", ...(number === 2 && { match: ["exe"] }) }),
    async (url) => {
      const webhook = setUp({ url, show: ["exe", "payload"] });
      const [first, second] = [event(), event()];
      await webhook.decide!(first, asking());
      await webhook.decide!(second, asking());
      equal(first.read & VOLATILE, VOLATILE);
      equal(second.read, readBy(({ task }) => void task.exe));
      webhook.close!();
    },
  ));

Deno.test("a request is repeated while the server is away for a moment, with the same id", () => {
  const ids: string[] = [];
  return withServer((request, number) => {
    ids.push(request.headers.get("webhook-id")!);
    return number < 3 ? new Response(null, { status: 503 }) : Response.json({ action: "allow" });
  }, async (url, count) => {
    const webhook = setUp({ url });
    equal((await ask(webhook))?.action, "allow");
    equal(count(), 3);
    equal(new Set(ids).size, 1);
    deepEqual(webhook.counters!(), { posts: 3, retries: 2, passed: 0, "no room": 0 });
    webhook.close!();
  });
});

Deno.test("no repetition comes after the deadline, nor where the server is right to refuse", () =>
  withServer((_, number) => new Response(null, { status: number === 1 ? 503 : 403 }), async (url, count) => {
    const webhook = setUp({ url, retries: 10 });
    await rejects(async () => await ask(webhook, {}, asking({ timeLeft: 0 })), /answered with status 503$/);
    equal(count(), 1);
    await rejects(async () => await ask(webhook), /answered with status 403$/);
    equal(count(), 2);
    webhook.close!();
  }));

Deno.test("a connection that fails is tried again, and then told in one line without path and query", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const webhook = setUp({ url: `http://127.0.0.1:${port}/snet?key=secret`, retries: 1 });
  await rejects(async () => await ask(webhook), (error: Error) => {
    match(
      error.message,
      new RegExp(`^http://127\\.0\\.0\\.1:${port} cannot be reached: [^\\n]+ \\(2 attempts\\)$`),
    );
    equal(error.message.includes("secret"), false);
    return true;
  });
  webhook.close!();
});

Deno.test("redirects are not followed", () =>
  withServer((request, number) => {
    if (number > 1) return Response.json({ action: "allow" });
    return Response.redirect(new URL("/elsewhere", request.url), 307);
  }, async (url, count) => {
    const webhook = setUp({ url });
    await rejects(
      async () => await ask(webhook),
      /answered with status 307, and redirects are not followed$/,
    );
    equal(count(), 1);
    webhook.close!();
  }));

Deno.test("an answer without an end is given up", () => {
  const endless = () =>
    new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(16 * 1024).fill(32)),
    });
  return withServer(() => new Response(endless()), async (url) => {
    const webhook = setUp({ url });
    await rejects(async () => await ask(webhook), /answered with more than 64 KiB$/);
    webhook.close!();
  });
});

Deno.test("an answer that is no verdict fails with what is wrong, and nothing is remembered of it", () =>
  withServer(() => Response.json({ action: "allow", rember: "1h" }), async (url) => {
    const webhook = setUp({ url });
    const asked = event();
    await rejects(
      async () => await webhook.decide!(asked, asking()),
      /^Error: http:\/\/127\.0\.0\.1:\d+ answered what is no verdict: unknown key "rember"; did you mean "remember"\?$/,
    );
    equal(asked.read & VOLATILE, VOLATILE);
    webhook.close!();
  }));

Deno.test("204 is no opinion, and depends on all that was shown", () =>
  withServer(() => new Response(null, { status: 204 }), async (url) => {
    const webhook = setUp({ url, show: ["comm"] });
    const asked = event();
    equal(await webhook.decide!(asked, asking()), undefined);
    equal(asked.read, readBy(({ task }) => void task.comm));
    webhook.close!();
  }));

Deno.test("so many are asked at once, so many wait; one too many fails, or passes", async () => {
  const { promise: open, resolve: letGo } = Promise.withResolvers<void>();
  const answer = async () => {
    await open;
    return Response.json({ action: "allow" });
  };
  await withServer(answer, async (url) => {
    for (const whenFull of ["fail", "pass"] as const) {
      const webhook = setUp({ url, concurrency: 2, queue: 1, whenFull });
      const asked = [ask(webhook), ask(webhook), ask(webhook)];
      const more = ask(webhook);
      if (whenFull === "pass") equal(await more, undefined);
      else await rejects(async () => await more, /2 questions are asked and 1 wait, no more may/);
      letGo();
      for (const verdict of await Promise.all(asked)) equal(verdict?.action, "allow");
      equal(webhook.counters!()["no room"], 1);
      webhook.close!();
    }
  });
});

Deno.test("a question that is given up ends its request", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const webhook = setUp({ url: `http://127.0.0.1:${listener.addr.port}/` });
  const controller = new AbortController();
  const asked = ask(webhook, {}, asking({ signal: controller.signal }));
  using connection = await listener.accept();
  const buffer = new Uint8Array(64 * 1024);
  ok(await connection.read(buffer));
  controller.abort(new Error("the time is over"));
  await rejects(async () => await asked, /the time is over/);
  // The end of the connection, after what was left of the request.
  while (await connection.read(buffer) !== null);
  webhook.close!();
});
