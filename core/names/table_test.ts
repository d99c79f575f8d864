import assert from "node:assert/strict";
import { randomOf } from "./testing.ts";
import { NameReader } from "./name_reader.ts";
import { MOST_CHAINS, NameTable } from "./table.ts";

const bytes = (ip: string) => Uint8Array.from(ip.split(".").map(Number));
const number = (ip: string) => new DataView(bytes(ip).buffer).getUint32(0);
const V6 = Uint8Array.from([0x20, 1, 0x0d, 0xb8, ...Array(11).fill(0), 9]);

function open(size = {}) {
  const clock = { now: 100 };
  const table = new NameTable(size);
  const reader = new NameReader(table.buffer, () => clock.now);
  const add = (ip: string, names: string[], ttl = 60) =>
    table.add(bytes(ip), names, clock.now + ttl, clock.now);
  const of = (ip: string) => reader.of4(number(ip));
  return { clock, table, reader, add, of };
}

Deno.test("names of an address are found, the newest answer first", () => {
  const { add, of, table, reader } = open();
  assert.equal(of("192.0.2.1"), undefined);
  add("192.0.2.1", ["www.example", "cdn.example"]);
  add("192.0.2.1", ["other.example"]);
  add("192.0.2.2", ["neighbour.example"]);
  table.add(V6, ["six.example"], 160, 100);
  assert.deepEqual(of("192.0.2.1"), [["other.example"], ["www.example", "cdn.example"]]);
  assert.deepEqual(of("192.0.2.2"), [["neighbour.example"]]);
  assert.deepEqual(reader.of6(V6), [["six.example"]]);
  assert.equal(of("192.0.2.3"), undefined);
});

Deno.test("IPv4-mapped IPv6 is IPv4", () => {
  const { table, of, reader, add } = open();
  const mapped = Uint8Array.from([...Array(10).fill(0), 255, 255, 192, 0, 2, 7]);
  table.add(mapped, ["mapped.example"], 160, 100);
  add("192.0.2.8", ["plain.example"]);
  assert.deepEqual(of("192.0.2.7"), [["mapped.example"]]);
  mapped[15] = 8;
  assert.deepEqual(reader.of6(mapped), [["plain.example"]]);
});

Deno.test("a name goes when its time is over, and stays if it is told again", () => {
  const { add, of, clock, table } = open();
  add("192.0.2.1", ["short.example"], 10);
  add("192.0.2.1", ["long.example"], 60);
  assert.deepEqual(of("192.0.2.1"), [["long.example"], ["short.example"]]);
  clock.now = 110;
  assert.deepEqual(of("192.0.2.1"), [["long.example"]]);
  assert.equal(table.held(110), 1);
  add("192.0.2.1", ["long.example"], 100);
  clock.now = 209;
  assert.deepEqual(of("192.0.2.1"), [["long.example"]]);
  // An answer with less time left takes nothing back.
  add("192.0.2.1", ["long.example"], 0);
  assert.deepEqual(of("192.0.2.1"), [["long.example"]]);
  clock.now = 210;
  assert.equal(of("192.0.2.1"), undefined);
  assert.deepEqual(table.counts, { added: 2, refreshed: 2, expired: 1, evicted: 0 });
});

Deno.test("what was looked up is not made again until it changes", () => {
  const { add, of, clock } = open();
  add("192.0.2.1", ["a.example"], 10);
  const first = of("192.0.2.1");
  assert.equal(of("192.0.2.1"), first);
  add("192.0.2.1", ["b.example"], 60);
  assert.deepEqual(of("192.0.2.1"), [["b.example"], ["a.example"]]);
  clock.now = 110;
  assert.deepEqual(of("192.0.2.1"), [["b.example"]]);
});

Deno.test("the oldest gives way when the memory is full, and is counted", () => {
  const { add, of, table } = open({ lists: 4, ringWords: 120 });
  for (let i = 0; i < 40; i++) add(`192.0.2.${i}`, [`n${i}.example`]);
  const left = Array.from({ length: 40 }, (_, i) => of(`192.0.2.${i}`)?.[0]?.[0]);
  const held = left.filter((name) => name !== undefined);
  assert(held.length >= 8, `${held.length} are held`);
  assert.deepEqual(held, Array.from({ length: held.length }, (_, i) => `n${40 - held.length + i}.example`));
  assert.equal(table.held(100), held.length);
  assert.deepEqual(table.counts, { added: 40, refreshed: 0, expired: 0, evicted: 40 - held.length });
});

Deno.test("what is told again and again is not the oldest", () => {
  const { add, of } = open({ lists: 4, ringWords: 120 });
  for (let i = 0; i < 200; i++) {
    add(`198.51.100.${i}`, [`n${i}.example`]);
    add("192.0.2.1", ["hot.example"]);
  }
  assert.deepEqual(of("192.0.2.1"), [["hot.example"]]);
});

Deno.test("what is over makes room without being counted as given up", () => {
  const { add, clock, table } = open({ lists: 4, ringWords: 120 });
  for (let i = 0; i < 30; i++) {
    add(`192.0.2.${i}`, ["n.example"], 2);
    clock.now++;
  }
  assert.equal(table.counts.evicted, 0);
  assert(table.counts.expired > 20, `${table.counts.expired} expired`);
});

Deno.test("one address has names of so many answers, however many its owner makes", () => {
  const { add, of, table } = open();
  for (let i = 0; i < 3 * MOST_CHAINS; i++) add("192.0.2.1", [`n${i}.example`]);
  const names = of("192.0.2.1")!;
  assert.equal(names.length, MOST_CHAINS);
  assert.deepEqual(names[0], [`n${3 * MOST_CHAINS - 1}.example`]);
  assert.equal(table.counts.evicted, 2 * MOST_CHAINS);
});

Deno.test("names that have no room at all are counted as given up", () => {
  const { add, of, table } = open({ lists: 4, ringWords: 120 });
  add("192.0.2.1", [`${"x".repeat(300)}.example`]);
  assert.equal(of("192.0.2.1"), undefined);
  assert.equal(table.counts.evicted, 1);
});

Deno.test("the table agrees with a plain map on whatever comes", () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = randomOf(seed);
    const { add, of, clock, table } = open({ lists: 16, ringWords: 1 << 14 });
    const plain = new Map<string, Map<string, number>>();
    for (let i = 0; i < 600; i++) {
      clock.now += random(3);
      const ip = `192.0.2.${random(40)}`;
      const names = Array.from(
        { length: 1 + random(3) },
        () => `n${random(4)}.${"x".repeat(random(6))}example`,
      );
      const ttl = random(200);
      add(ip, names, ttl);
      const known = plain.get(ip) ?? new Map<string, number>();
      // What is over is forgotten: told again, it is new.
      for (const [text, expires] of known) if (expires <= clock.now) known.delete(text);
      const text = names.join(" ");
      known.set(text, Math.max(known.get(text) ?? 0, clock.now + ttl));
      plain.set(ip, known);
      const asked = `192.0.2.${random(40)}`;
      const alive = [...plain.get(asked) ?? []].filter(([, expires]) => expires > clock.now).map(([text]) =>
        text
      );
      assert.deepEqual(
        of(asked)?.map((chain) => chain.join(" ")).toSorted() ?? [],
        alive.toSorted(),
        `seed ${seed}`,
      );
    }
    assert.equal(table.counts.evicted, 0);
  }
});

/** Reads as fast as it can while another thread writes; tells what it saw that cannot be. */
const READER = `
import { NameReader } from "${new URL("./name_reader.ts", import.meta.url).href}";
onmessage = ({ data: { buffer, addresses, stop } }) => {
  const flag = new Int32Array(stop);
  const reader = new NameReader(buffer, () => 100);
  const wrong = [];
  let found = 0;
  for (let i = 0; i < addresses || Atomics.load(flag, 0) === 0; i++) {
    const address = 0xc0000200 + i % addresses;
    for (const chain of reader.of4(address) ?? []) {
      found++;
      if (!chain.every((name) => name.startsWith("n" + (i % addresses) + "-") && name.endsWith(".example"))) {
        if (wrong.length < 3) wrong.push([i % addresses, chain]);
      }
    }
  }
  postMessage({ wrong, found });
};
postMessage("ready");
`;

Deno.test("a reader in another thread never sees half of a change, or another's names", async () => {
  const url = URL.createObjectURL(new Blob([READER], { type: "application/typescript" }));
  const worker = new Worker(url, { type: "module" });
  const said = () => new Promise<unknown>((resolve) => worker.onmessage = ({ data }) => resolve(data));
  try {
    await said();
    // So little memory that everything is written over again and again.
    const { add, table } = open({ lists: 8, ringWords: 400 });
    const stop = new SharedArrayBuffer(4);
    const addresses = 24;
    worker.postMessage({ buffer: table.buffer, addresses, stop });
    const random = randomOf(5);
    for (let i = 0; i < 100_000; i++) {
      const host = random(addresses);
      add(`192.0.2.${host}`, Array.from({ length: 1 + random(3) }, () => `n${host}-${random(99)}.example`));
    }
    const result = said();
    Atomics.store(new Int32Array(stop), 0, 1);
    const { wrong, found } = await result as { wrong: unknown[]; found: number };
    assert.deepEqual(wrong, []);
    assert(found > 0, "nothing was read");
  } finally {
    worker.terminate();
    URL.revokeObjectURL(url);
  }
});
