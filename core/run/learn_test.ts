import assert from "node:assert/strict";
import { event, type EventInit } from "../testing.ts";
import { checkLearnFile, Learner, localPortRange, writeLearned } from "./learn.ts";
import { learnedRules } from "./learn_rules.ts";

const portRange = { first: 32768, last: 60999 };

function learn(events: readonly EventInit[], command: readonly string[] = ["make", "test"]) {
  const learner = new Learner(({ task }) => task.exe !== "/tmp/fake");
  for (const init of events) learner.record(event(init));
  return learnedRules(learner, { command, portRange });
}

/** What stands below `rules:`. */
function rulesOf(events: readonly EventInit[]): string {
  const { text } = learn(events);
  return text.slice(text.indexOf("rules:\n") + "rules:\n".length);
}

Deno.test("a learned file says where it comes from, stands alone and is grouped by program", () => {
  const udp = { type: 2, protocol: 0 };
  const curl = { cmdline: ["curl", "-s", "https://a.example/?q=a b"] };
  const learned = learn([
    { task: curl, remote: { ip: "192.0.2.10", port: 443 } },
    { task: curl, remote: { ip: "192.0.2.9", port: 443 } },
    { task: { cmdline: ["curl", "-s"] }, remote: { ip: "192.0.2.9", port: 443 } },
    { task: { exe: "/bin/dig", cmdline: [] }, socket: udp, remote: { ip: "127.0.0.53", port: 53 } },
    {
      task: { exe: "/bin/dig" },
      name: "snet.sendmsg",
      socket: udp,
      remote: { ip: "127.0.0.53", port: 53 },
    },
  ], ["sh", "-c", "it's"]);
  assert.deepEqual(learned, {
    text: `# What one run did, written by 'snet run --learn':
#   sh -c "it's"
# It allows these calls and no others. Where the kernel chose a port, which is another one each time,
# any port of its range will do. Sockets of families that were not asked about have no rules: --others
# answers for them.
version: 1
default: deny
rules:
  # /bin/dig
  - { allow: snet.out, exe: /bin/dig, proto: udp, to: 127.0.0.53, port: 53 }

  # curl -s 'https://a.example/?q=a b'
  - { allow: snet.connect, exe: /usr/bin/curl, proto: tcp, to: [192.0.2.9, 192.0.2.10], port: 443 }
`,
    rules: 2,
    programs: 2,
    unwritten: 0,
  });
});

Deno.test("a run that called nobody is allowed nothing", () => {
  assert.match(learn([]).text, /\nversion: 1\ndefault: deny\nrules: \[\]\n$/);
});

Deno.test("lists hold no more than was seen; ports in a row are a range", () => {
  const to = (ip: string, ...ports: number[]) => ports.map((port) => ({ remote: { ip, port } }));
  assert.equal(
    rulesOf([...to("192.0.2.1", 80, 443), ...to("192.0.2.2", 443), ...to("192.0.2.3", 8000, 8001, 8002, 80)]),
    `  # /usr/bin/curl
  - { allow: snet.connect, exe: /usr/bin/curl, proto: tcp, to: [192.0.2.1, 192.0.2.3], port: 80 }
  - { allow: snet.connect, exe: /usr/bin/curl, proto: tcp, to: [192.0.2.1, 192.0.2.2], port: 443 }
  - { allow: snet.connect, exe: /usr/bin/curl, proto: tcp, to: 192.0.2.3, port: 8000-8002 }
`,
  );
});

Deno.test("of ports that the kernel chose stands the range", () => {
  const server = { exe: "/bin/d" };
  const own = { ip: "127.0.0.1", port: 40123 };
  assert.equal(
    rulesOf([
      { task: server, name: "snet.bind", local: { ip: "127.0.0.1", port: 0 } },
      { task: server, name: "snet.listen", local: own },
      { task: server, name: "snet.post_accept", local: own, remote: { ip: "127.0.0.1", port: 50001 } },
      { remote: own },
      { remote: { ip: "192.0.2.1", port: 40123 } },
    ]),
    `  # /bin/d
  - { allow: snet.bind, exe: /bin/d, proto: tcp, to: 127.0.0.1, port: 0 }
  # The kernel chooses ports of this range (net.ipv4.ip_local_port_range).
  - { allow: snet.listen, exe: /bin/d, proto: tcp, to: 127.0.0.1, port: 32768-60999 }
  # The kernel chooses ports of this range (net.ipv4.ip_local_port_range).
  - { allow: snet.post_accept, exe: /bin/d, proto: tcp, from: 127.0.0.1, to: 127.0.0.1, port: 32768-60999 }

  # /usr/bin/curl
  # The kernel chooses ports of this range (net.ipv4.ip_local_port_range).
  - { allow: snet.connect, exe: /usr/bin/curl, proto: tcp, to: 127.0.0.1, port: 32768-60999 }
  - { allow: snet.connect, exe: /usr/bin/curl, proto: tcp, to: 192.0.2.1, port: 40123 }
`,
  );
});

Deno.test("a port of that range that a program asked for stands as it is", () => {
  const own = { ip: "127.0.0.1", port: 40123 };
  assert.match(
    rulesOf([{ name: "snet.bind", local: own }, { name: "snet.listen", local: own }, { remote: own }]),
    /allow: snet\.connect.*port: 40123 }\n.*allow: \[snet\.bind, snet\.listen\].*port: 40123 }\n$/,
  );
});

Deno.test("sockets that do not tell their kind by protocol or address have it in the rule", () => {
  const icmp = { type: 3, protocol: 1 };
  const ping = { exe: "/bin/ping" };
  assert.equal(
    rulesOf([
      { task: ping, name: "snet.socket", socket: { family: 2, ...icmp }, remote: undefined },
      { task: ping, name: "snet.sendmsg", socket: icmp, remote: { ip: "192.0.2.1" } },
      { task: ping, socket: { family: 1, type: 1, protocol: 0 }, remote: { path: "/run/a*" } },
      { task: ping, socket: { family: 43, type: 1, protocol: 0 }, remote: { ip: "0.0.0.0", port: 80 } },
    ]),
    `  # /bin/ping
  - { allow: snet.connect, exe: /bin/ping, proto: tcp, to: 127.0.0.1, port: 80 }
  - { allow: snet.connect, exe: /bin/ping, type: stream, to: "unix:/run/a\\\\*" }
  - { allow: snet.sendmsg, exe: /bin/ping, type: raw, proto: icmp, to: 192.0.2.1 }
  - { allow: snet.socket, exe: /bin/ping, family: inet, type: raw, proto: icmp }
`,
  );
});

Deno.test("what no rule can say stands in a comment, and is counted", () => {
  const events: EventInit[] = [
    { task: { exe: "/tmp/a\n- {allow: '*'}", exeUnlinked: true, cmdline: ["a\n- {allow: '*'}"] } },
    { task: { exe: "/tmp/fake" } },
    { task: { exe: undefined } },
    { remote: undefined },
    { socket: { family: 16, type: 3, protocol: 0 }, remote: { family: 16, portId: 0 } },
  ];
  assert.equal(
    rulesOf([...events, {}]),
    `  # /usr/bin/curl
  - { allow: snet.connect, exe: /usr/bin/curl, proto: tcp, to: 192.0.2.1, port: 443 }
  # No rule allows just this: snet.connect tcp: the call has no address.
  # No rule allows just this: snet.connect netlink raw: rules have no word for addresses of AF_NETLINK.

  # "a\\x0a- {allow: '*'}"
  # No rule can name /tmp/a\\x0a- {allow: '*'}: it had no name any more when it was executed. Its calls:
  #   { allow: snet.connect, proto: tcp, to: 192.0.2.1, port: 443 }

  # /tmp/fake
  # No rule can name /tmp/fake: the path is not that of the file which runs, seen from here. Its calls:
  #   { allow: snet.connect, proto: tcp, to: 192.0.2.1, port: 443 }

  # thread "curl"
  # No rule can name thread "curl": its executable is not known. Its calls:
  #   { allow: snet.connect, proto: tcp, to: 192.0.2.1, port: 443 }
`,
  );
  assert.equal(learn(events).unwritten, 5);
});

Deno.test("while it learns everything is allowed", () => {
  const { instance } = new Learner(() => true);
  const asking = { signal: new AbortController().signal, deadline: 0, calls: 1, asked: undefined };
  assert.deepEqual(instance.decide!(event(), asking), { action: "allow", why: "learning" });
});

Deno.test("the kernel's range of ports is read, and Linux's own taken where it cannot be", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, "1024\t2048\n");
    assert.deepEqual(localPortRange(file), { first: 1024, last: 2048 });
    await Deno.writeTextFile(file, "");
    assert.deepEqual(localPortRange(file), portRange);
    assert.deepEqual(localPortRange("/nonexistent"), portRange);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("a file that says anything is not written over, not even when it has come into being meanwhile", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/rules.yaml`;
    await checkLearnFile(path);
    await Deno.writeTextFile(path, "\n");
    await checkLearnFile(path);
    assert.equal(await writeLearned(path, "a\n"), path);
    await assert.rejects(checkLearnFile(path), {
      message: `${path} is there already and not empty: what is learned takes a file of its own`,
    });
    assert.equal(await writeLearned(path, "b\n"), `${path}.1`);
    assert.deepEqual([path, `${path}.1`].map((path) => Deno.readTextFileSync(path)), ["a\n", "b\n"]);
    assert.equal(Deno.statSync(`${path}.1`).mode! & 0o777, 0o600);
    await assert.rejects(
      checkLearnFile(`${folder}/none/rules.yaml`),
      /^Error: Cannot write .*: no such file/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
