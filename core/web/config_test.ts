import { deepEqual, equal, throws } from "node:assert/strict";
import { parseConfig } from "../config.ts";
import type { WebConfig } from "./config.ts";

const read = (web: string, folder = "/etc/snet"): WebConfig | undefined =>
  parseConfig(`${folder}/snet.yaml`, `default: deny\n${web}\n`, {}).web;

function refuses(web: string, ...messages: readonly string[]): void {
  throws(() => read(web), { message: messages.map((text) => `/etc/snet/snet.yaml:${text}`).join("\n") });
}

Deno.test("web: without the key there is no page, with it alone one on this machine", () => {
  equal(read(""), undefined);
  const usual = { listen: { host: "127.0.0.1", port: 874 }, socket: undefined, names: [], tls: undefined };
  for (const web of ["web:", "web: {}", "web: { listen: 874 }"]) deepEqual(read(web), usual);
});

Deno.test("web: a socket is beside an address only where that is said", () => {
  const { listen, socket } = read("web: { socket: web.sock }")!;
  deepEqual([listen, socket], [undefined, "/etc/snet/web.sock"]);
  const both = read('web: { socket: /run/web.sock, listen: "[::1]:80" }')!;
  deepEqual([both.listen, both.socket], [{ host: "::1", port: 80 }, "/run/web.sock"]);
});

Deno.test("web: names are those of hosts, without a port", () => {
  deepEqual(read("web: { names: [Router.LAN, a-1.example] }")!.names, ["router.lan", "a-1.example"]);
  deepEqual(read("web: { names: router.lan }")!.names, ["router.lan"]);
  for (const name of ["router.lan:8474", "https://router.lan", "*.lan", "a..b", "-a", "192.0.2.7", "10"]) {
    refuses(
      `web: { names: ["${name}"] }`,
      `2:16: "${name}" is no name of a host, such as router.lan; a port is not part of it`,
    );
  }
});

Deno.test("web: what others could read on its way is refused", () => {
  for (
    const [text, address] of [["192.0.2.7:80", "192.0.2.7:80"], ["0.0.0.0:8474", "0.0.0.0:8474"], [
      '"[::]:8474"',
      "[::]:8474",
    ]]
  ) {
    refuses(
      `web: { listen: ${text} }`,
      `2:16: without TLS, whoever is on the way to ${address} could read and answer all; write ` +
        `"tls: { certificate: …, key: … }", or listen on 127.0.0.1 and come through ssh -L`,
    );
  }
});

Deno.test("web: what is no address is said with what would be one", () => {
  refuses(
    "web: { listen: router.lan:80 }",
    '2:16: "router.lan:80" is no address to listen on; such as 127.0.0.1:874, 192.0.2.7:8474 or [2001:db8::7]:8474',
  );
  refuses(
    "web: { listen: unix:/run/web.sock }",
    '2:16: "unix:/run/web.sock" is no address to listen on; write "socket: /run/web.sock"',
  );
  refuses("web: { port: 80 }", '2:8: unknown key "port" in web; known: listen, socket, names, tls');
  refuses("web: yes please", '2:6: expected a mapping with keys such as "listen", not "yes please"');
});

Deno.test("web: a certificate and a key that nobody else may read", async () => {
  const folder = await Deno.makeTempDir();
  const { success } = await new Deno.Command("openssl", {
    args: [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-subj", "/CN=router.lan", "-keyout", "web.key", "-out", "web.pem"],
    ],
    ...{ cwd: folder, stderr: "null" },
  }).output();
  equal(success, true);
  const web = "web: { listen: 192.0.2.7:8474, tls: { certificate: web.pem, key: web.key } }";
  const { tls } = read(web, folder)!;
  deepEqual([tls!.cert.slice(0, 27), tls!.key.slice(0, 27)], [
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN PRIVATE KEY-----",
  ]);
  await Deno.chmod(`${folder}/web.key`, 0o644);
  throws(() => read(web, folder), {
    message: `${folder}/snet.yaml:2:66: everybody may read ${folder}/web.key; chmod o-r takes that back`,
  });
  throws(() => read("web: { tls: { certificate: web.pem } }", folder), {
    message: `${folder}/snet.yaml:2:13: missing key "key" in tls: a file in PEM`,
  });
  throws(() => read("web: { tls: { certificate: web.pem, key: web.pem } }", folder), {
    message: /everybody may read|holds no private key in PEM/,
  });
  await Deno.remove(folder, { recursive: true });
});
