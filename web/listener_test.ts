import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { parseReply, rest, Stage, write } from "./stage_fixture.ts";

async function selfSigned(folder: string): Promise<{ readonly cert: string; readonly key: string }> {
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const subject = ["-subj", "/CN=router.lan", "-addext", "subjectAltName=DNS:router.lan,DNS:localhost"];
  const leaf = ["-addext", "basicConstraints=critical,CA:FALSE"];
  const { success } = await new Deno.Command("openssl", {
    args: [...args, ...subject, ...leaf, "-keyout", "key.pem", "-out", "cert.pem"],
    ...{ cwd: folder, stderr: "null" },
  }).output();
  ok(success);
  const read = (name: string) => Deno.readTextFile(`${folder}/${name}`);
  return { cert: await read("cert.pem"), key: await read("key.pem") };
}

Deno.test("over TLS the page is there by its names, with cookies for TLS alone; plain HTTP is no way to it", async () => {
  const folder = await Deno.makeTempDir();
  const tls = await selfSigned(folder);
  await using stage = await Stage.open({ config: { tls, names: ["router.lan"] } });
  match(stage.page.addresses[0]!, /^https:\/\/127\.0\.0\.1:\d+$/);
  const { link } = stage.page.logins.invite({ uid: 0 }, "read");
  match(link, new RegExp(`^https://router\\.lan:${stage.port}/#login=`));
  using client = Deno.createHttpClient({ caCerts: [tls.cert] });
  const url = `https://localhost:${stage.port}`;
  const init: RequestInit & { client: Deno.HttpClient } = {
    ...{ client, method: "POST", headers: { origin: url } },
    body: JSON.stringify({ secret: stage.link("read") }),
  };
  const response = await fetch(`${url}/v1/session`, init);
  equal(response.status, 200);
  match(response.headers.get("set-cookie")!, /^__Host-snet=.*; Secure/);
  const { key } = await response.json();
  const headers = { "cookie": response.headers.get("set-cookie")!.split(";")[0]!, "x-snet-key": key };
  const status: RequestInit & { client: Deno.HttpClient } = { client, headers };
  equal((await (await fetch(`${url}/v1/status`, status)).json()).ok, true);
  equal((await stage.ask("/")).status, 0);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("on a unix socket the page is the same, for its owner and group", async () => {
  const folder = await Deno.makeTempDir();
  const socket = `${folder}/web.sock`;
  {
    await using stage = await Stage.open({ config: { listen: undefined, socket } });
    equal(stage.page.addresses.join(), `unix:${socket}`);
    equal(Deno.statSync(socket).mode! & 0o777, 0o660);
    const made = stage.page.logins.invite({ uid: 0 }, "read");
    equal(made.socket, socket);
    match(made.link, /^http:\/\/127\.0\.0\.1:8474\/#login=/);
    using client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
    const origin = "http://127.0.0.1:8474";
    const ask = async (path: string, init: RequestInit = {}) => {
      const all: RequestInit & { client: Deno.HttpClient } = { ...init, client };
      return await fetch(`${origin}${path}`, all);
    };
    match(await (await ask("/")).text(), /<!doctype html>/i);
    const body = JSON.stringify({ secret: stage.link("read") });
    const begun = await ask("/v1/session", { method: "POST", headers: { origin }, body });
    const { key } = await begun.json();
    const headers = { "cookie": begun.headers.get("set-cookie")!.split(";")[0]!, "x-snet-key": key };
    equal((await (await ask("/v1/status", { headers })).json()).ok, true);
    const refused = await ask("/v1/status");
    equal(refused.status, 401);
    await refused.body!.cancel();
  }
  await rejects(Deno.lstat(socket), Deno.errors.NotFound);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a socket in a folder where anybody could put another is refused", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.chmod(folder, 0o777);
  const socket = `${folder}/web.sock`;
  await rejects(Stage.open({ config: { listen: undefined, socket } }), {
    message: /^Cannot listen on .*web\.sock: /,
  });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("an answer may take longer than a request", async () => {
  const answers = Promise.withResolvers<void>();
  const fetch = async () => {
    await answers.promise;
    return Response.json({ ok: true });
  };
  await using stage = await Stage.open({ control: { fetch }, limits: { request: 50 } });
  const session = await stage.logIn("answer");
  const asked = [
    stage.ask("/v1/status", { session }),
    stage.ask("/v1/questions/q1/answer", { method: "POST", session, body: "{}" }),
  ];
  // One that came later has run out of its time meanwhile.
  using later = await stage.connect();
  equal(await rest(later), "");
  answers.resolve();
  deepEqual((await Promise.all(asked)).map(({ status }) => status), [200, 200]);
});

Deno.test("connections that nobody uses give way, those in use stay", async () => {
  await using stage = await Stage.open({ limits: { connections: 4 } });
  const { cookie, key } = await stage.logIn("read");
  const lines = ["GET /v1/status HTTP/1.1", `host: ${stage.host}`, `cookie: ${cookie}`, `x-snet-key: ${key}`];
  const held = [];
  for (let count = 0; count < 6; count++) {
    const connection = await stage.connect();
    await write(connection, `${lines.join("\r\n")}\r\n\r\n`);
    const buffer = new Uint8Array(4096);
    const length = await connection.read(buffer);
    equal(parseReply(new TextDecoder().decode(buffer.subarray(0, length!))).status, 200);
    held.push(connection);
  }
  for (const connection of held.slice(0, 2)) await rest(connection);
  for (const connection of held) connection.close();
});

Deno.test("a port that another has is told in one line", async () => {
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = other.addr as Deno.NetAddr;
  await rejects(Stage.open({ config: { listen: { host: "127.0.0.1", port } } }), {
    message: new RegExp(`^Cannot serve the page on http://127\\.0\\.0\\.1:${port}: .*in use`),
  });
});

Deno.test("on all addresses of the machine each of them is a name of the page, and no other name is", async () => {
  await using stage = await Stage.open({ config: { listen: { host: "0.0.0.0", port: 0 } } });
  for (const host of ["192.0.2.7", `192.0.2.7:${stage.port}`, "[2001:db8::7]:8474", "127.0.0.1"]) {
    equal((await stage.ask("/", { headers: { host } })).status, 200, host);
  }
  for (const host of ["192.0.2.7.evil.example", "evil.example", "[evil]", "0x7f000001", "2001:db8::7"]) {
    ok([400, 421].includes((await stage.ask("/", { headers: { host } })).status), host);
  }
  match(stage.page.logins.invite({ uid: 0 }, "read").link, /^http:\/\/127\.0\.0\.1:/);
});
