/** Real programs: they do the same under snet, and what is denied does not arrive. */

import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { alike, ALLOW_ALL, only, PLACE, PROBE, run, USERS } from "./program.ts";
import { TcpServer, UdpServer, WebServer } from "./server.ts";

const DENY = ["--default", "deny"];

for (const user of USERS) {
  Deno.test(`curl, as ${user}: a page is the same`, async () => {
    await using web = new WebServer();
    const { stdout, code } = await alike(["curl", "-sS", `http://127.0.0.1:${web.port}/one`], { user });
    deepEqual([stdout, code], ["page /one\n", 0]);
  });

  Deno.test(`curl, as ${user}: what is denied does not arrive`, async () => {
    await using server = new TcpServer();
    const { code, stderr } = await run(["curl", "-sS", `http://127.0.0.1:${server.port}/`], {
      user,
      snet: DENY,
    });
    equal(code, 7);
    match(stderr, /Failed to connect|Couldn't connect|Could not connect/i);
    equal(await server.count(), 0);
  });

  Deno.test(`curl, as ${user}: a rule lets one port through, and no other`, async () => {
    await using web = new WebServer();
    await using other = new TcpServer();
    const snet = only(`{ name: web, allow: snet.connect, exe: /usr/bin/curl, port: ${web.port} }`);
    const page = await run(["curl", "-sS", `http://127.0.0.1:${web.port}/`], { user, snet });
    deepEqual([page.code, page.stdout], [0, "page /\n"]);
    equal((await run(["curl", "-sS", `http://127.0.0.1:${other.port}/`], { user, snet })).code, 7);
    equal(await other.count(), 0);
  });

  Deno.test(`wget, as ${user}: a page is the same`, async () => {
    await using web = new WebServer();
    const { stdout, code } = await alike(["wget", "-q", "-O", "-", `http://127.0.0.1:${web.port}/two`], {
      user,
    });
    deepEqual([stdout, code], ["page /two\n", 0]);
  });

  Deno.test(`nc, as ${user}: a client is the same`, async () => {
    await using server = new TcpServer();
    const { stdout } = await alike(["nc", "-N", "127.0.0.1", String(server.port)], { user });
    equal(stdout, "hello\n");
    await alike(["nc", "-z", "127.0.0.1", String(server.port)], { user });
  });
}

Deno.test("curl: a name is looked up and reached as without snet", async () => {
  await using web = new WebServer();
  const { stdout } = await alike(["curl", "-sS", "-4", `http://localhost:${web.port}/name`]);
  equal(stdout, "page /name\n");
});

Deno.test("curl: IPv6 is the same", async () => {
  await using web = new WebServer("::1");
  const { stdout } = await alike(["curl", "-sS", "-g", `http://[::1]:${web.port}/six`]);
  equal(stdout, "page /six\n");
});

Deno.test("curl: 100 pages at once", async () => {
  await using web = new WebServer();
  const { stdout, code } = await run(
    ["curl", "-sS", "-Z", "--parallel-max", "20", `http://127.0.0.1:${web.port}/[1-100]`],
    { snet: ALLOW_ALL },
  );
  equal(code, 0);
  deepEqual(stdout.match(/page \/\d+/g)?.length, 100);
  equal(new Set(web.paths).size, 100);
});

Deno.test("curl: a closed port is refused as without snet", async () => {
  let port: number;
  {
    await using server = new TcpServer();
    port = server.port;
  }
  const { code } = await alike(["curl", "-s", `http://127.0.0.1:${port}/`]);
  equal(code, 7);
});

Deno.test("wget: what is denied does not arrive", async () => {
  await using server = new TcpServer();
  const { code, stderr } = await run(["wget", "-O", "-", "-t", "1", `http://127.0.0.1:${server.port}/`], {
    snet: DENY,
  });
  notEqual(code, 0);
  match(stderr, /Operation not permitted/);
  equal(await server.count(), 0);
});

Deno.test("a denial's errno is what the program is told", async () => {
  await using server = new TcpServer();
  const { stderr } = await run([`${PROBE}/static`, "127.0.0.1", String(server.port)], {
    snet: only("{ name: no, deny: snet.connect, errno: ENETDOWN }"),
  });
  equal(stderr, "static: connect: Network is down\n");
  equal(await server.count(), 0);
});

Deno.test("nc: a server under snet takes a connection of its own", async () => {
  // The client waits until the server listens.
  const script = `: >listening; nc -l 127.0.0.1 0 -v </dev/null 2>listening & server=$!
    until port=$(sed -n 's/^Listening on .* \\([0-9]*\\)$/\\1/p' listening) && [ -n "$port" ]; do :; done
    echo from the client | nc -N 127.0.0.1 "$port"
    wait $server; echo "ended $?"; rm listening`;
  const { stdout } = await alike(["sh", "-c", script]);
  equal(stdout, "from the client\nended 0\n");
});

Deno.test("nc: a datagram arrives, and a denied one does not", async () => {
  await using server = await UdpServer.start();
  const argv = ["nc", "-u", "-q", "0", "127.0.0.1", String(server.port)];
  await run(argv, { stdin: "allowed", snet: ALLOW_ALL });
  deepEqual(await server.texts(), ["allowed"]);
  await run(argv, { stdin: "denied", snet: DENY });
  deepEqual(await server.texts(), []);
});

Deno.test("ssh: a closed port is refused as without snet", async () => {
  let port: number;
  {
    await using server = new TcpServer();
    port = server.port;
  }
  const { code, stderr } = await alike(["ssh", "-F", "none", "-p", String(port), "127.0.0.1", "true"]);
  equal(code, 255);
  match(stderr, /Connection refused/);
});

Deno.test("node: a client and a server are the same", async () => {
  await using web = new WebServer();
  const client =
    `fetch("http://127.0.0.1:${web.port}/node").then((r) => r.text()).then((t) => process.stdout.write(t))`;
  equal((await alike(["node", "-e", client])).stdout, "page /node\n");
  const server = `const http = require("http");
    const server = http.createServer((_, response) => response.end("served"));
    server.listen(0, "127.0.0.1", async () => {
      const url = "http://127.0.0.1:" + server.address().port;
      const texts = await Promise.all(Array.from({ length: 50 }, () => fetch(url).then((r) => r.text())));
      console.log(new Set(texts), texts.length);
      server.close(); server.closeAllConnections();
    });`;
  equal((await alike(["node", "-e", server])).stdout, "Set(1) { 'served' } 50\n");
});

Deno.test("node: a denied fetch fails, and nothing arrives", async () => {
  await using server = new TcpServer();
  const client = `fetch("http://127.0.0.1:${server.port}/").catch((error) => console.log(error.cause.code))`;
  equal((await run(["node", "-e", client], { snet: DENY })).stdout, "EPERM\n");
  equal(await server.count(), 0);
});

Deno.test("git: a clone over http is the same", async () => {
  const folder = `${PLACE}/git`;
  const git = (...args: string[]) =>
    run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", ...args], {
      user: "root",
      cwd: folder,
    });
  await Deno.mkdir(folder);
  await git("init", "-q", "-b", "main", "tree");
  await Deno.writeTextFile(`${folder}/tree/file`, "content\n");
  await git("-C", "tree", "add", "file");
  await git("-C", "tree", "commit", "-q", "-m", "first");
  await git("clone", "-q", "--bare", "tree", "bare.git");
  await git("-C", "bare.git", "update-server-info");
  await using web = new WebServer("127.0.0.1", folder);
  const clone =
    `rm -rf copy && git clone -q http://127.0.0.1:${web.port}/bare.git copy && cat copy/file && git -C copy log --format=%s`;
  const { stdout, code } = await alike(["sh", "-c", clone]);
  deepEqual([stdout, code], ["content\nfirst\n", 0]);
  ok(web.paths.length > 0);
});

Deno.test("a static program is held too", async () => {
  await using server = new TcpServer();
  const argv = [`${PROBE}/static`, "127.0.0.1", String(server.port)];
  equal((await alike(argv)).stdout, "hello\n");
  equal(await server.count(), 2);
  const { code, stderr } = await run(argv, { snet: DENY });
  deepEqual([code, stderr], [1, "static: connect: Operation not permitted\n"]);
  equal(await server.count(), 0);
});

Deno.test("a program without libc, with threads of its own making, is held too", async () => {
  await using server = new TcpServer();
  const argv = [`${PROBE}/raw`, String(server.port)];
  const sorted = (text: string) => text.trim().split("\n").sort();
  const natural = ["accept 0", "connect 0", "connect 0", "read 1", "read 6"];
  deepEqual(sorted((await run(argv)).stdout), natural);
  deepEqual(sorted((await run(argv, { snet: ALLOW_ALL })).stdout), natural);
  equal(await server.count(), 2);
  const snet = only(
    "{ name: serve, allow: snet.in }",
    `{ name: not that, deny: snet.connect, port: ${server.port} }`,
    "{ name: itself, allow: snet.connect }",
  );
  deepEqual(sorted((await run(argv, { snet })).stdout), ["accept 0", "connect -1", "connect 0", "read 1"]);
  equal(await server.count(), 0);
});
