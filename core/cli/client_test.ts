import assert from "node:assert/strict";
import { PATHS } from "../control/api.ts";
import { ControlClient, serverSentData } from "./client.ts";
import { type CommandError, ExitCode } from "./exit.ts";

/** A daemon that answers every request with `answer`. */
async function withDaemon(
  answer: (request: Request) => Response | Promise<Response>,
  test: (client: ControlClient) => Promise<void>,
) {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/snet.sock`;
  const { promise, resolve } = Promise.withResolvers<void>();
  await using server = Deno.serve({ path, transport: "unix", onListen: () => resolve() }, answer);
  await promise;
  {
    using client = new ControlClient(path);
    await test(client);
  }
  await server.shutdown();
  await Deno.remove(folder, { recursive: true });
}

Deno.test("a client speaks HTTP over the unix socket", async () => {
  await withDaemon(
    (request) => Response.json({ asked: `${request.method} ${new URL(request.url).pathname}` }),
    async (client) => {
      assert.deepEqual(await client.get(PATHS.stats), { asked: "GET /v1/stats" });
      assert.deepEqual(await client.post(PATHS.flush), { asked: "POST /v1/tickets/flush" });
    },
  );
});

Deno.test("what is posted goes as JSON", async () => {
  await withDaemon(
    async (request) => Response.json([request.headers.get("content-type"), await request.json()]),
    async (client) => {
      assert.deepEqual(await client.post("/v1/questions/7/answer", { action: "deny" }), [
        "application/json",
        { action: "deny" },
      ]);
    },
  );
});

Deno.test("what the environment says of proxies does not lead past the socket", async () => {
  Deno.env.set("NO_PROXY", "127.0.0.1");
  await withDaemon(
    () => Response.json({ here: true }),
    async (client) => assert.deepEqual(await client.get(PATHS.stats), { here: true }),
  );
});

Deno.test("what the daemon refuses is one line with its reason", async () => {
  await withDaemon(
    () => Response.json({ error: "only root may flush tickets" }, { status: 403 }),
    async (client) => {
      await assert.rejects(client.post(PATHS.flush), (error: CommandError) => {
        assert.equal(error.message, "The daemon refused POST /v1/tickets/flush: only root may flush tickets");
        assert.equal(error.exitCode, ExitCode.failed);
        return true;
      });
    },
  );
});

Deno.test("events arrive one by one", async () => {
  const stream = 'data: {"n":1}\n\n: still there\n\ndata: {"n":2}\n\n';
  await withDaemon(
    () => new Response(stream, { headers: { "content-type": "text/event-stream" } }),
    async (client) => {
      assert.deepEqual(await Array.fromAsync(client.events(PATHS.events)), [{ n: 1 }, { n: 2 }]);
    },
  );
});

Deno.test("a daemon that breaks off ends its events", async () => {
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode('data: {"n":1}\n\n')),
    pull: (controller) => controller.error(new Error("the daemon died")),
  });
  await withDaemon(() => new Response(body), async (client) => {
    assert.deepEqual(await Array.fromAsync(client.events(PATHS.events)), [{ n: 1 }]);
  });
});

Deno.test("a stream of events may be cut anywhere, even within a character", async () => {
  const bytes = new TextEncoder().encode("event: x\r\ndata: zoë\ndata:2\n\nid: 1\n\n".replace("\r", ""));
  const chunks = ReadableStream.from(Array.from(bytes, (byte) => Uint8Array.of(byte)));
  assert.deepEqual(await Array.fromAsync(serverSentData(chunks)), ["zoë\n2"]);
});

Deno.test("a socket without a daemon behind it is no running daemon", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/stale.sock`;
  Deno.listen({ transport: "unix", path }).close();
  using client = new ControlClient(path);
  await assert.rejects(client.get(PATHS.status), (error: CommandError) => {
    assert.equal(error.exitCode, ExitCode.unavailable);
    return true;
  });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a subscription begins once the daemon has taken it, and its signal ends it", async () => {
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode('data: {"n":1}\n\n')),
  });
  await withDaemon(() => new Response(body), async (client) => {
    const stop = new AbortController();
    const messages = await client.subscribe(PATHS.events, stop.signal);
    assert.deepEqual((await messages.next()).value, { n: 1 });
    const next = messages.next();
    stop.abort();
    await assert.rejects(next, { name: "AbortError" });
  });
});

Deno.test("an answer that breaks off is an error of one line", async () => {
  const body = () =>
    new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"n":')),
      pull: (controller) => controller.error(new Error("the daemon died")),
    });
  await withDaemon(() => new Response(body()), async (client) => {
    await assert.rejects(client.get(PATHS.status), (error: CommandError) => {
      assert.match(error.message, /^The daemon on .*\/snet\.sock broke off its answer$/);
      assert.equal(error.exitCode, ExitCode.failed);
      return true;
    });
  });
});
