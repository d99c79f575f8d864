import assert from "node:assert/strict";
import { ConfigError, YamlFile } from "../yaml.ts";
import { readNames } from "./config.ts";

function read(text: string) {
  const file = new YamlFile("snet.yaml", text);
  const fields = file.fields(file.root, ["names"]);
  const names = readNames(fields.get("names"), {
    file,
    path: (path) => path.replace(/^(?!\/)/, "/etc/snet/"),
  });
  file.check();
  return names;
}

const problemsOf = (text: string) => {
  try {
    read(text);
    return [];
  } catch (error) {
    assert(error instanceof ConfigError);
    return error.problems;
  }
};

Deno.test("without the key nobody tells names", () => {
  assert.equal(read("{}"), undefined);
});

Deno.test("systemd-resolved needs no more than a yes", () => {
  const socket = "/run/systemd/resolve/io.systemd.Resolve.Monitor";
  assert.deepEqual(read("names: { resolved: true }"), {
    keep: 30 * 60_000,
    resolved: { socket, user: undefined, where: "snet.yaml:1:20" },
    dnstap: [],
  });
  assert.deepEqual(read("names: { keep: 5m, resolved: { socket: r.sock, user: 990 } }"), {
    keep: 5 * 60_000,
    resolved: { socket: "/etc/snet/r.sock", user: "990", where: "snet.yaml:1:54" },
    dnstap: [],
  });
});

Deno.test("one resolver may write dnstap, or several, each to a socket of its own", () => {
  assert.deepEqual(read("names: { dnstap: { user: unbound } }")?.dnstap, [
    { socket: "/run/snet/dnstap.sock", user: "unbound", where: "snet.yaml:1:26" },
  ]);
  const both = read(
    "names:\n  dnstap:\n    - { user: unbound }\n    - { user: bind, socket: /run/snet/bind.sock }\n",
  );
  assert.deepEqual(both?.dnstap.map(({ socket }) => socket), [
    "/run/snet/dnstap.sock",
    "/run/snet/bind.sock",
  ]);
  assert.deepEqual(read("names: { resolved: false, dnstap: { user: unbound } }")?.resolved, undefined);
});

Deno.test("what is wrong is told with its place", () => {
  assert.deepEqual(problemsOf("names: {}"), [
    'snet.yaml:1:8: no resolver, so that no name would be told; write "resolved: true" or "dnstap: { user: … }"',
  ]);
  assert.deepEqual(problemsOf("names: { resolved: false }"), [
    'snet.yaml:1:8: no resolver, so that no name would be told; write "resolved: true" or "dnstap: { user: … }"',
  ]);
  assert.deepEqual(problemsOf("names: { resolvd: true, resolved: yes }"), [
    'snet.yaml:1:10: unknown key "resolvd" in names; did you mean "resolved"?',
    'snet.yaml:1:35: expected true or false, not "yes"',
  ]);
  assert.deepEqual(problemsOf("names: { keep: 1ms, dnstap: unbound }"), [
    'snet.yaml:1:16: "1ms" is not a time from 1s to 7d',
    'snet.yaml:1:29: expected a mapping such as { user: unbound }, not "unbound"',
  ]);
  assert.deepEqual(problemsOf("names: { dnstap: [{ user: a, uid: 7 }, { user: b }] }"), [
    "snet.yaml:1:8: two resolvers for the socket /run/snet/dnstap.sock (snet.yaml:1:48); give each one of its own",
    'snet.yaml:1:30: unknown key "uid" of a source of names; known: socket, user',
  ]);
});
