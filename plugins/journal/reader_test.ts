import assert from "node:assert/strict";
import { row, type RowInit, START, withJournal } from "./fixture.ts";
import type { JournalFilter } from "../../core/mod.ts";
import { JournalReader } from "./reader.ts";
import { Store } from "./store.ts";

const LIMITS = { size: 1e9, age: 1e12 };

function write(path: string, ...inits: RowInit[]): void {
  using store = new Store(path, LIMITS);
  store.write(inits.map(row));
}

const pidsOf = (reader: JournalReader, filter: JournalFilter) =>
  reader.after(0, 100, filter).map(({ observation }) => observation.event.task.pid);

const curl: RowInit = { task: { pid: 1, exe: "/usr/bin/curl" }, remote: { ip: "10.1.2.3", port: 443 } };
const ssh: RowInit = {
  task: { pid: 2, exe: "/usr/bin/ssh", comm: "ssh", uid: 0, cmdline: ["ssh", "-v", "example.org"] },
  remote: { ip: "fd00::5", port: 22 },
  decision: { verdict: { action: "allow", why: "it may" }, plugin: "ask", rule: undefined },
  occasion: { time: START + 1000, rule: undefined },
};
const server: RowInit = {
  name: "snet.bind",
  task: { pid: 3, exe: "/opt/[x]/server", comm: "worker" },
  local: { ip: "10.1.9.9", port: 8080 },
  decision: { verdict: { action: "deny", why: "it serves" } },
  occasion: { time: START + 2000, rule: { name: "50% off_?", where: "a.yaml:1:1" } },
};
const unix: RowInit = {
  task: { pid: 4, exe: undefined, comm: "thread" },
  remote: { path: "/run/x.sock" },
  decision: null,
  occasion: { time: START + 3000, rule: undefined },
};

const cases: readonly [string, JournalFilter, number[]][] = [
  ["nothing, all", {}, [1, 2, 3, 4]],
  ["a whole path", { program: "/usr/bin/curl" }, [1]],
  ["the last part of a path", { program: "curl" }, [1]],
  ["no part in the middle", { program: "bin" }, []],
  ["a pattern of a path", { program: "/usr/*" }, [1, 2]],
  ["only * as a pattern", { program: "/opt/[x]/server" }, [3]],
  ["the name of a thread", { program: "worker" }, [3]],
  ["an address", { address: "10.1.2.3" }, [1]],
  ["a network, at either end", { address: "10.1.0.0/16" }, [1, 3]],
  ["a network of IPv6", { address: "fd00::/8" }, [2]],
  ["all IPv4, and nothing else", { address: "0.0.0.0/0" }, [1, 3]],
  ["a range", { address: "10.1.2.0-10.1.3.255" }, [1]],
  ["a unix socket", { address: "unix:/run/x.sock" }, [4]],
  ["a port, at either end", { port: [8080, 8080] }, [3]],
  ["ports", { port: [20, 443] }, [1, 2]],
  ["a verdict", { verdict: "allow" }, [2]],
  ["what was told", { verdict: "told" }, [4]],
  ["a rule by its name", { rule: "no lan" }, [1]],
  ["a rule with characters of patterns", { rule: "50% off_?" }, [3]],
  ["a rule by its place", { rule: "web.yaml" }, [1]],
  ["a plugin", { plugin: "ask" }, [2]],
  ["a user", { uid: 0 }, [2]],
  ["a process", { pid: 3 }, [3]],
  ["events", { events: ["snet.bind", "snet.listen"] }, [3]],
  ["a time", { since: START + 1000, until: START + 3000 }, [2, 3]],
  ["a word of the arguments", { text: ["example"] }, [2]],
  ["words of different places", { text: ["ssh", "example.org", "may"] }, [2]],
  ["words that are not all there", { text: ["ssh", "curl"] }, []],
  ["the beginning of a word", { text: ["exam*"] }, [2]],
  ["an address as a word", { text: ["10.1.2.3:443"] }, [1]],
  ["part of a path as a word", { text: ["/run/x.sock"] }, [4]],
  ["the reason as a word", { text: ["LAN"] }, [1]],
  ["words of a query language", { text: ['NOT "', "OR", "exe:"] }, []],
  ["several things at once", { program: "curl", verdict: "deny", port: [443, 443] }, [1]],
];

for (const [what, filter, pids] of cases) {
  Deno.test(`the journal is asked for ${what}`, () =>
    withJournal((path) => {
      write(path, curl, ssh, server, unix);
      using reader = new JournalReader(path);
      assert.deepEqual(pidsOf(reader, filter), pids);
    }));
}

Deno.test("what is no address is refused with what would be right", () =>
  withJournal((path) => {
    write(path, curl);
    using reader = new JournalReader(path);
    const ask = (address: string) => () => reader.after(0, 1, { address });
    assert.throws(ask("example.org"), {
      name: "FilterError",
      message: /"example.org" is not an address; write one/,
    });
    assert.throws(ask("10.0.0.1/8"), { name: "FilterError", message: /did you mean "10.0.0.0\/8"/ });
  }));

Deno.test("a decision comes back as the event stream tells it", () =>
  withJournal((path) => {
    write(path, curl, unix);
    using reader = new JournalReader(path);
    const [decided, told] = reader.after(0, 2, {}).map(({ observation }) => observation);
    const { event, ...rest } = decided!;
    assert.deepEqual(rest, {
      time: "2026-01-02T14:03:07.000Z",
      asked: true,
      action: "deny",
      why: 'rule "no lan"',
      errno: 111,
      errnoName: "ECONNREFUSED",
      cause: "verdict",
      plugin: "rules",
      rule: { number: 3, name: "no lan", where: "web.yaml:5:5" },
      held: 12.3,
    });
    assert.deepEqual(event.remote, { family: 2, ip: "10.1.2.3", port: 443 });
    assert.deepEqual([told!.asked, told!.action, told!.why], [false, "allow", ""]);
  }));

Deno.test("the last ones are found by the number of the first of them", () =>
  withJournal((path) => {
    write(path, curl, ssh, curl, ssh, curl);
    using reader = new JournalReader(path);
    const last = (count: number, filter: JournalFilter) => {
      const start = reader.startOfLast(count, filter);
      return reader.after(start - 1, 10, filter).map(({ id }) => id);
    };
    assert.deepEqual(last(2, {}), [4, 5]);
    assert.deepEqual(last(2, { program: "curl" }), [3, 5]);
    assert.deepEqual(last(99, { program: "curl" }), [1, 3, 5]);
  }));

Deno.test("what is written while it is read is seen next", () =>
  withJournal((path) => {
    using store = new Store(path, LIMITS);
    store.write([row(curl)]);
    using reader = new JournalReader(path);
    assert.deepEqual(pidsOf(reader, {}), [1]);
    store.write([row(ssh)]);
    reader.refresh();
    assert.deepEqual(pidsOf(reader, {}), [1, 2]);
  }));

Deno.test("a journal that was put in the place of another is seen next", () =>
  withJournal((path) => {
    write(path, curl);
    using reader = new JournalReader(path);
    for (const end of ["", "-wal", "-shm"]) Deno.renameSync(path + end, `${path}.old${end}`);
    write(path, ssh);
    reader.refresh();
    assert.deepEqual(pidsOf(reader, {}), [2]);
  }));

Deno.test("what the journal lacks is told for the time that is asked for", () =>
  withJournal((path) => {
    using store = new Store(path, LIMITS);
    store.write([], { since: 100, until: 200, count: 5 });
    using reader = new JournalReader(path);
    assert.equal(reader.missing(0, 100).length, 0);
    assert.equal(reader.missing(150, 160)[0]!.count, 5);
    assert.equal(reader.missing(201, 300).length, 0);
  }));

Deno.test("a decision about another machine's call says whose it was", () =>
  withJournal((path) => {
    write(path, curl, { ...curl, occasion: { time: START, rule: undefined, client: "web1" } });
    using reader = new JournalReader(path);
    const [own, other] = reader.after(0, 2, {}).map(({ observation }) => observation);
    assert.deepEqual([own!.client, other!.client], [undefined, "web1"]);
    assert.deepEqual(Object.keys(other!.event), Object.keys(own!.event));
  }));

Deno.test("names behind an address are kept, and find the decision", () =>
  withJournal((path) => {
    write(path, curl, { ...ssh, occasion: { time: START, rule: undefined, names: ["git.example.org"] } });
    using reader = new JournalReader(path);
    const found = reader.after(0, 9, { text: ["git.example.org"] }).map(({ observation }) => observation);
    assert.deepEqual(found.map(({ names }) => names), [["git.example.org"]]);
    assert.equal("names" in found[0]!.event, false);
  }));
