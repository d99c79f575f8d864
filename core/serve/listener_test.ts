import { deepEqual, equal, match, rejects } from "node:assert/strict";
import type { Delivery } from "./app.ts";
import { type Listener, type ListenerLimits, listenForClients, networkOf } from "./listener.ts";
import { CLIENT_HEADER, SERVE_LIMITS } from "./protocol.ts";

/** A listener whose clients are those that say so; what comes is answered with its length. */
async function listen(limits: Partial<ListenerLimits> = {}, host = "127.0.0.1") {
  const seen: Delivery[] = [];
  const listener = await listenForClients({
    config: { listen: { host, port: 0 }, tls: undefined },
    app: {
      fetch: (_request, delivery) => {
        seen.push(delivery);
        delivery.known("web1");
        return new Response(String(delivery.body.length));
      },
    },
    knows: (headers) => headers.get(CLIENT_HEADER) === "web1",
    limits,
  });
  return { listener, seen, [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose]() };
}

function connect({ address }: Listener): Promise<Deno.TcpConn> {
  const [, hostname, port] = /^(.*):(\d+)$/.exec(address)!;
  return Deno.connect({ hostname: hostname!, port: Number(port) });
}

async function read(connection: Deno.Conn): Promise<Uint8Array> {
  const buffer = new Uint8Array(4096);
  return buffer.subarray(0, await connection.read(buffer) ?? 0);
}

/** All that comes on a connection until it is closed. */
async function rest(connection: Deno.Conn): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(4096);
  for (;;) {
    const length = await connection.read(buffer).catch(() => null);
    if (length === null) return text;
    text += new TextDecoder().decode(buffer.subarray(0, length));
  }
}

const send = (connection: Deno.Conn, text: string) => connection.write(new TextEncoder().encode(text));
const head = (length: number | string, client = "web1") =>
  `POST /v1/turn HTTP/1.1\r\nhost: x\r\n${CLIENT_HEADER}: ${client}\r\ncontent-length: ${length}\r\n\r\n`;

Deno.test("a client's message is read and answered, one after the other on one connection", async () => {
  await using at = await listen();
  const url = `http://${at.listener.address}/v1/turn`;
  for (const body of ["abc", "x".repeat(100_000)]) {
    const response = await fetch(url, { method: "POST", body, headers: { [CLIENT_HEADER]: "web1" } });
    equal(await response.text(), String(body.length));
  }
  equal(at.seen.length, 2);
});

Deno.test("of a message in nobody's name nothing is read, and the connection ends", async () => {
  await using at = await listen();
  using connection = await connect(at.listener);
  await send(connection, head(10_000_000, "nobody"));
  match(await rest(connection), /^HTTP\/1\.1 401 [^]*not signed by a client/);
  equal(at.seen.length, 0);
});

Deno.test("a message that is too long is not read to its end, whether it says so or not", async () => {
  await using at = await listen();
  {
    using connection = await connect(at.listener);
    await send(connection, head(SERVE_LIMITS.turn + 1));
    match(await rest(connection), /^HTTP\/1\.1 401 /);
  }
  using connection = await connect(at.listener);
  await send(
    connection,
    `POST /v1/turn HTTP/1.1\r\nhost: x\r\n${CLIENT_HEADER}: web1\r\ntransfer-encoding: chunked\r\n\r\n`,
  );
  const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  const answer = rest(connection);
  for (let sent = 0; sent <= SERVE_LIMITS.turn; sent += 0x10000) {
    await send(connection, chunk).catch(() => {});
  }
  await answer;
  deepEqual([at.seen.length, at.listener.counts.tooLarge], [0, 2]);
});

Deno.test("messages that are being read share a bounded memory, in which who may be nobody gives way", async () => {
  await using at = await listen({ memory: 100_000 });
  const url = `http://${at.listener.address}/`;
  const post = async () => {
    const headers = { [CLIENT_HEADER]: "web1" };
    const response = await fetch(url, { method: "POST", body: "x".repeat(50_000), headers });
    return [response.status, await response.text()];
  };
  using stranger = await connect(at.listener);
  await send(stranger, head(90_001) + "x".repeat(90_000));
  const ended = rest(stranger);
  while (at.listener.counts.refused === 0) deepEqual(await post(), [200, "50000"]);
  equal(await ended, "");
  using client = await connect(at.listener);
  await send(client, head(1) + "x");
  await client.read(new Uint8Array(1000));
  await send(client, head(90_001) + "x".repeat(90_000));
  // Until so much of the client's has been read, which gives way to nobody.
  while ((await post())[0] !== 401);
  await send(client, "x");
  match(new TextDecoder().decode((await read(client)).subarray(0, 15)), /^HTTP\/1.1 200 OK/);
  equal(at.listener.counts.refused, 1);
});

Deno.test("where there is no room for a connection, the stranger that has been there longest gives way", async () => {
  await using at = await listen({ connections: 2 });
  using client = await connect(at.listener);
  await send(client, head(1) + "x");
  await read(client);
  using first = await connect(at.listener);
  using second = await connect(at.listener);
  equal(await rest(first), "");
  await send(second, head(1) + "x");
  await read(second);
  using third = await connect(at.listener);
  equal(await rest(third), "");
  deepEqual([at.listener.counts.refused, at.listener.counts.open <= 3], [2, true]);
});

Deno.test("a message that no client has signed ends its connection", async () => {
  await using listener = await listenForClients({
    config: { listen: { host: "127.0.0.1", port: 0 }, tls: undefined },
    app: { fetch: () => new Response("no", { status: 401 }) },
    knows: () => true,
  });
  using connection = await connect(listener);
  await send(connection, head(1) + "x");
  match(await rest(connection), /^HTTP\/1.1 401 [^]*connection: close[^]*\r\nno\r\n/i);
});

Deno.test("a connection has one request at a time", async () => {
  let asked = 0;
  await using listener = await listenForClients({
    config: { listen: { host: "127.0.0.1", port: 0 }, tls: undefined },
    app: { fetch: () => (asked++, new Promise(() => {})) },
    knows: () => true,
  });
  using connection = await connect(listener);
  await send(connection, `${head(1)}x${head(1)}x`);
  equal(await rest(connection), "");
  equal(asked <= 1, true);
});

Deno.test("an IPv6 network of one machine is one address", () => {
  deepEqual(
    [
      "192.0.2.1",
      "::ffff:192.0.2.1",
      "2001:db8::7",
      "2001:db8:0:0:1::",
      "2001:db8:0:1::7",
      "::1",
      "fe80::1%eth0",
    ]
      .map(networkOf),
    [
      "192.0.2.1",
      "::ffff:192.0.2.1",
      "2001:db8:0:0",
      "2001:db8:0:0",
      "2001:db8:0:1",
      "0:0:0:0",
      "fe80:0:0:0",
    ],
  );
});

Deno.test("whoever says nothing, or says it too slowly, is let go", async () => {
  await using at = await listen({ request: 50, idle: 60_000 });
  using silent = await connect(at.listener);
  using slow = await connect(at.listener);
  await send(slow, head(100) + "x");
  deepEqual([await rest(silent), await rest(slow)], ["", ""]);
  deepEqual([at.listener.counts.timeouts, at.seen.length], [2, 0]);
  // A client may pause.
  using client = await connect(at.listener);
  await send(client, head(1) + "x");
  await client.read(new Uint8Array(1000));
  equal(at.listener.counts.timeouts, 2);
});

Deno.test("an address has few connections until it has shown whose they are, and all have a bound", async () => {
  await using at = await listen({ strangers: 2, connections: 3 });
  using known = await connect(at.listener);
  await send(known, head(1) + "x");
  await known.read(new Uint8Array(1000));
  using _first = await connect(at.listener);
  using _second = await connect(at.listener);
  using third = await connect(at.listener);
  equal(await rest(third), "");
  equal(at.listener.counts.refused, 1);
});

Deno.test("a client has a bounded number of connections: the oldest ends", async () => {
  await using at = await listen({ own: 1 });
  using first = await connect(at.listener);
  await send(first, head(1) + "x");
  await first.read(new Uint8Array(1000));
  using second = await connect(at.listener);
  await send(second, head(1) + "x");
  await second.read(new Uint8Array(1000));
  equal(await rest(first), "");
});

Deno.test("whoever goes away is seen to have gone", async () => {
  const come = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  await using listener = await listenForClients({
    config: { listen: { host: "127.0.0.1", port: 0 }, tls: undefined },
    app: {
      fetch: (_request, delivery) => {
        delivery.gone.addEventListener("abort", () => gone.resolve());
        come.resolve();
        return new Promise(() => {});
      },
    },
    knows: () => true,
  });
  const connection = await connect(listener);
  await send(connection, head(1) + "x");
  await come.promise;
  connection.close();
  await gone.promise;
});

Deno.test("an address that is taken is told in one line", async () => {
  await using at = await listen();
  const [, port] = at.listener.address.split(":");
  await rejects(
    listenForClients({
      config: { listen: { host: "127.0.0.1", port: Number(port) }, tls: undefined },
      app: { fetch: () => new Response() },
      knows: () => true,
    }),
    /^Error: Cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/,
  );
});

Deno.test("a unix socket is its owner's and his group's, and is gone afterwards", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/clients.sock`;
  {
    await using _listener = await listenForClients({
      config: { listen: { path }, tls: undefined },
      app: { fetch: ({ url }) => new Response(new URL(url).pathname) },
      knows: () => true,
    });
    equal((await Deno.stat(path)).mode! & 0o777, 0o660);
    using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
    const init: RequestInit & { client: Deno.HttpClient } = { method: "POST", body: "{}", client };
    const response = await fetch("http://localhost/v1/turn", init);
    equal(await response.text(), "/v1/turn");
  }
  await rejects(Deno.stat(path), Deno.errors.NotFound);
  await Deno.remove(folder);
});

Deno.test("headers without end are not read without end", async () => {
  await using at = await listen();
  using connection = await connect(at.listener);
  await send(connection, "POST /v1/turn HTTP/1.1\r\nhost: x\r\n");
  const answer = rest(connection);
  const line = `x: ${"y".repeat(8000)}\r\n`;
  let sent = 0;
  for (; sent < 64 * 1024 * 1024; sent += line.length) {
    if (await send(connection, line).catch(() => undefined) === undefined) break;
  }
  await answer;
  equal(sent < 64 * 1024 * 1024, true, `${sent} bytes were taken`);
  equal(at.seen.length, 0);
});
