import { deepEqual, equal, throws } from "node:assert/strict";
import type { SourceText } from "../../core/mod.ts";
import { parseEndpoint, parseShow } from "./settings.ts";
import { makeCertificates, optionsOf } from "./testing.ts";

const file = (path: string, text: string): SourceText[] => [{ path, text }];

function endpointOf(given: Partial<Parameters<typeof optionsOf>[0]>, exposed = false) {
  return parseEndpoint(optionsOf({ url: "https://policy.example/snet", ...given }), () => exposed);
}

Deno.test("http is for this machine, unless it is said to be wanted", () => {
  for (const host of ["localhost:80", "127.0.0.1", "127.1.2.3:8080", "[::1]:8080"]) {
    equal(endpointOf({ url: `http://${host}/` }).url, new URL(`http://${host}/`).href);
  }
  for (const host of ["policy.example", "192.0.2.1", "localhost.example", "127.0.0.1.example", "[::2]"]) {
    throws(() => endpointOf({ url: `http://${host}/` }), /is neither https nor on this machine/);
  }
  equal(endpointOf({ url: "http://policy.example/", insecure: true }).url, "http://policy.example/");
  equal(endpointOf({ url: "http://policy/", socket: "/run/policy.sock" }).socket, "/run/policy.sock");
});

Deno.test("a URL that cannot be meant is refused in one line", () => {
  const wrong: readonly (readonly [string, string])[] = [
    ["policy.example", `url "policy.example" is no address of a server; such as https://policy.example/snet`],
    ["ftp://x/", `url "ftp://x/" is no address of a server; such as https://policy.example/snet`],
    ["https://a:b@x/", `url has a user or password in it, which logs would show; use the option "token"`],
    [
      "htp://a:b@x/?key=1",
      `url "htp://…@x/?…" is no address of a server; such as https://policy.example/snet`,
    ],
    ["https://x/#a", `url "https://x/#a" has a part after #, which no server sees; leave it out`],
  ];
  for (const [url, message] of wrong) throws(() => endpointOf({ url }), { message });
});

Deno.test("what everybody may read is no secret", () => {
  throws(() => endpointOf({ secret: file("/etc/secret", "x".repeat(32)) }, true), {
    message: "everybody may read /etc/secret; chmod o-r takes that back",
  });
});

Deno.test("a socket is told by its whole path", () => {
  throws(() => endpointOf({ socket: "policy.sock" }), {
    message: 'socket "policy.sock" is no absolute path, such as /run/policy.sock',
  });
});

Deno.test("a pattern of secrets that names no file does not leave requests unsigned", () => {
  throws(() => endpointOf({ secret: [] }), /option "secret" names no file/);
});

Deno.test("a token is one word", () => {
  equal(endpointOf({ token: file("/etc/token", "abc.def\n") }).token, "abc.def");
  throws(() => endpointOf({ token: file("/etc/token", "a\r\nb: c\n") }), /\/etc\/token holds no token/);
});

Deno.test("certificates and keys are looked at before they are needed", async () => {
  const folder = await Deno.makeTempDir();
  await makeCertificates(folder);
  const [ca, client, key] = ["ca.pem", "client.pem", "client.key"].map((name) =>
    Deno.readTextFileSync(`${folder}/${name}`)
  );
  await Deno.remove(folder, { recursive: true });
  const both = endpointOf({ certificate: file("c", `text before\n${client}`), key: file("k", key!) });
  equal(both.certificate?.cert, client!.trim());
  deepEqual(endpointOf({ ca: [...file("a", ca! + client!)] }).ca, [`${ca!.trim()}\n${client!.trim()}`]);
  const wrong: readonly (readonly [Parameters<typeof endpointOf>[0], string])[] = [
    [
      { ca: file("a", "garbage") },
      `a (option "ca") holds no certificate in PEM ("-----BEGIN CERTIFICATE-----")`,
    ],
    [
      { ca: file("a", ca! + client!.split("\n").toSpliced(1, 1).join("\n")) },
      `a (option "ca"): certificate 2 of 2 is damaged`,
    ],
    [{ certificate: file("c", client!) }, `option "certificate" without "key"; give both or none`],
    [{ key: file("k", key!) }, `option "key" without "certificate"; give both or none`],
    [
      { certificate: file("c", client!), key: file("k", client!) },
      `k holds no private key in PEM ("-----BEGIN PRIVATE KEY-----")`,
    ],
    [
      { certificate: [...file("c", client!), ...file("d", client!)], key: file("k", key!) },
      `option "certificate" names 2 files; one is expected`,
    ],
  ];
  for (const [given, message] of wrong) throws(() => endpointOf(given), { message });
});

Deno.test("a part that events do not have is not shown", () => {
  deepEqual(parseShow(["exe", "payload"]), ["exe", "payload"]);
  throws(() => parseShow(["exec"]), {
    message: `option "show" has "exec", which events do not have; did you mean "exe"?`,
  });
});
