import { deepEqual, equal, match, throws } from "node:assert/strict";
import { definePlugin } from "../plugin.ts";
import { listenText, parseServeConfig } from "./config.ts";

const PLUGINS = {
  one: definePlugin({ name: "one", doc: "One.", on: ["snet.out"], options: {}, setup: () => ({}) }),
};

/** A folder with a secret for each name. */
function folderOf(...names: readonly string[]) {
  const folder = Deno.makeTempDirSync();
  for (const name of names) {
    Deno.writeTextFileSync(`${folder}/${name}.secret`, name.padEnd(32, "."), { mode: 0o600 });
  }
  return { folder, [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }) };
}

const ONE = "clients: { web1: { secret: web1.secret } }\ndefault: pass\n";

Deno.test("what is left out has a default", () => {
  using at = folderOf("web1");
  const { listen, tls, clients, default: fallback, chain, policy } = parseServeConfig(
    `${at.folder}/s.yaml`,
    ONE,
    PLUGINS,
  );
  deepEqual([listen, tls, fallback, policy], [
    { host: "127.0.0.1", port: 8765 },
    undefined,
    "pass",
    undefined,
  ]);
  deepEqual(clients, [{ name: "web1", secrets: clients[0]!.secrets, rate: 1000, waiting: 1000 }]);
  equal(new TextDecoder().decode(clients[0]!.secrets[0]), "web1".padEnd(32, "."));
  // What nobody decides in the chain is left open there, and nobody is let through by that.
  deepEqual([chain.default, chain.control.socket, chain.plugins], ["deny", "/run/snet/serve.sock", []]);
});

Deno.test("an address is IPv4, IPv6, a port alone or a unix socket", () => {
  using at = folderOf("web1");
  for (
    const [text, as] of [
      ["127.0.0.1:1", "127.0.0.1:1"],
      ["'[::1]:1'", "[::1]:1"],
      ["8000", "127.0.0.1:8000"],
      ["localhost:1", "localhost:1"],
      ["unix:/run/x.sock", "unix:/run/x.sock"],
    ]
  ) {
    const { listen } = parseServeConfig(`${at.folder}/s.yaml`, `listen: ${text}\n${ONE}`, PLUGINS);
    equal(listenText(listen), as);
  }
  for (const text of ["example.org:1", "127.0.0.1:70000", "::1:80", "unix:x", "127.0.0.1"]) {
    throws(
      () => parseServeConfig(`${at.folder}/s.yaml`, `listen: "${text}"\n${ONE}`, PLUGINS),
      /s\.yaml:1:9: ".*" is nothing to listen on; such as 192\.0\.2\.7:8765/,
    );
  }
});

Deno.test("without TLS it listens on this machine only, unless that is said to be wanted", () => {
  using at = folderOf("web1");
  const parse = (text: string) => parseServeConfig(`${at.folder}/s.yaml`, text + ONE, PLUGINS);
  throws(() => parse("listen: 0.0.0.0:8765\n"), /s\.yaml:1:9: without TLS, whoever is on the way could read/);
  throws(() => parse("listen: '[::]:8765'\n"), /without TLS/);
  deepEqual(parse("listen: 0.0.0.0:8765\ninsecure: true\n").listen, { host: "0.0.0.0", port: 8765 });
});

Deno.test("every mistake is told at its place", () => {
  using at = folderOf("web1");
  Deno.copyFileSync(`${at.folder}/web1.secret`, `${at.folder}/web2.secret`);
  Deno.writeTextFileSync(`${at.folder}/short.secret`, "x", { mode: 0o600 });
  Deno.writeTextFileSync(`${at.folder}/open.secret`, "x".repeat(32), { mode: 0o644 });
  const text = `clients:
  web1: { secret: web1.secret }
  web2: { secret: web2.secret }
  short: { secret: short.secret }
  open: { secret: open.secret }
  gone: { secret: gone.secret }
  none: {}
  "a b": { secret: web1.secret }
plugins: [tow]
tls: { certificate: web1.secret }
`;
  let message = "";
  try {
    parseServeConfig(`${at.folder}/s.yaml`, text, PLUGINS);
  } catch (error) {
    message = (error as Error).message.replaceAll(`${at.folder}/`, "");
  }
  const lines = message.split("\n");
  for (
    const line of [
      /^s\.yaml:1:1: missing key "default": allow, deny or pass/,
      /^s\.yaml:2:3: clients "web1" and "web2" have the same secret; give each its own$/,
      /^s\.yaml:4:20: the secret in short\.secret has 1 bytes, 24 are needed/,
      /^s\.yaml:5:19: everybody may read open\.secret; chmod o-r takes that back$/,
      /^s\.yaml:6:19: Cannot read gone\.secret: there is no such file$/,
      /^s\.yaml:7:3: client "none" needs the key "secret"/,
      /^s\.yaml:8:3: "a b" is no name of a client/,
      /^s\.yaml:9:11: unknown plugin "tow"/,
      /^s\.yaml:10:6: missing key "key" in tls: a file in PEM$/,
      /^s\.yaml:10:21: web1\.secret \(option "certificate"\) holds no certificate in PEM/,
    ]
  ) match(lines.find((text) => line.test(text)) ?? message, line);
});

Deno.test("a policy is known by its text, and is not longer than a client takes", () => {
  using at = folderOf("web1");
  const parse = () =>
    parseServeConfig(`${at.folder}/s.yaml`, `${ONE}policy: { files: ["*.rules"] }\n`, PLUGINS).policy!;
  Deno.writeTextFileSync(`${at.folder}/a.rules`, "rules: []");
  const first = parse();
  deepEqual(first.files, [{ path: `${at.folder}/a.rules`, text: "rules: []" }]);
  equal(parse().policy, first.policy);
  Deno.writeTextFileSync(`${at.folder}/a.rules`, "rules: [ ]");
  equal(parse().policy === first.policy, false);
  Deno.writeTextFileSync(`${at.folder}/b.rules`, "#".repeat(8 * 1024 * 1024));
  throws(parse, /s\.yaml:3:9: the files are longer than 8 MiB together/);
});
