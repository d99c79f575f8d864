/** The tables against the simplest way to do it, on random lists that are small enough to hold many neighbours. */

import assert from "node:assert/strict";
import { contains, mask, type Network, networkText } from "../parts/address.ts";
import { Domains } from "./domains.ts";
import { readLists } from "./lists.ts";
import { Networks } from "./networks.ts";

/** Numbers below a limit, the same in every run (mulberry32). */
function randomOf(seed: number): (limit: number) => number {
  return (limit) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let value = Math.imul(seed ^ (seed >>> 15), seed | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) % limit;
  };
}

interface Entry {
  readonly network: Network;
  readonly excepted: boolean;
  readonly list: number;
}

/** Addresses of few bits at both ends of a word, so that prefixes lie within, beside and upon each other. */
function addressOf(random: (limit: number) => number, words: 1 | 4): number[] {
  return Array.from(
    { length: words },
    () => [0, -1, random(4), random(4) << 30, random(8) << 13][random(5)]! | 0,
  );
}

function naiveNetwork(entries: readonly Entry[], address: Network): number {
  const around = entries.filter(({ network }) => contains(network, address));
  const longest = Math.max(...around.map(({ network }) => network.bits));
  const nearest = around.filter(({ network }) => network.bits === longest);
  return nearest.length === 0 || nearest.some(({ excepted }) => excepted) ? -1 : nearest[0]!.list;
}

for (const words of [1, 4] as const) {
  Deno.test(`networks of ${words * 32} bits are found as by comparing them one by one`, () => {
    let found = 0;
    for (let seed = 0; seed < 300; seed++) {
      const random = randomOf(seed);
      const entries: Entry[] = Array.from({ length: 1 + random(40) }, (_, i) => ({
        network: mask(addressOf(random, words), 1 + random(words * 32)),
        excepted: random(4) === 0,
        list: i % 3,
      }));
      // In the order of the lists, as files are read.
      entries.sort((a, b) => a.list - b.list);
      const texts = [0, 1, 2].map((list) => ({
        path: `${list}`,
        text: entries.filter((entry) => entry.list === list)
          .map(({ network, excepted }) => `add s ${networkText(network)}${excepted ? " nomatch" : ""}`).join(
            "\n",
          ),
      }));
      const lists = readLists(texts, { subdomains: true });
      assert.deepEqual(lists.errors, []);
      // What is written as IPv4-mapped is IPv4.
      if (words === 4 && lists.networks.ipv4 !== undefined) continue;
      const networks = new Networks(lists.networks);
      const ends = entries.flatMap(({ network }) => [network.words, lastOf(network)]);
      for (const address of [...ends, ...Array.from({ length: 40 }, () => addressOf(random, words))]) {
        const expected = naiveNetwork(entries, mask(address, words * 32));
        const [a, b, c, d] = address as [number, number, number, number];
        const actual = words === 1 ? networks.find4(a) : networks.find6(a, b, c, d);
        assert.equal(actual, expected, `seed ${seed}: ${networkText(mask(address, words * 32))}`);
        if (expected >= 0) found++;
      }
    }
    assert(found > 1000, `${found} were listed`);
  });
}

function lastOf({ words, bits }: Network): number[] {
  const ones = mask(words.map(() => -1), bits).words;
  return words.map((word, i) => word | ~ones[i]!);
}

interface Named {
  readonly name: string;
  readonly below: boolean;
  readonly excepted: boolean;
}

function naiveName(entries: readonly Named[], name: string): boolean {
  const fit = entries.filter((entry) =>
    entry.name === name || (entry.below && name.endsWith(`.${entry.name}`))
  );
  return fit.length > 0 && !fit.some(({ excepted }) => excepted);
}

Deno.test("domains are found as by comparing them one by one", () => {
  let found = 0;
  for (let seed = 0; seed < 300; seed++) {
    const random = randomOf(seed);
    const nameOf = (labels: number) =>
      Array.from({ length: labels }, () => "abcd"[random(4)]!.repeat(1 + random(2))).join(".");
    const entries: Named[] = Array.from({ length: 1 + random(60) }, () => {
      const name = nameOf(2 + random(3));
      const form = random(5);
      return { name, below: form !== 0, excepted: form === 4 };
    });
    const text = entries.map(({ name, below, excepted }) =>
      excepted ? `@@||${name}^` : below ? `||${name}^` : `0.0.0.0 ${name}`
    ).join("\n");
    const domains = new Domains(readLists([{ path: "a", text }], { subdomains: false }).domains);
    for (
      const name of [
        ...entries.map(({ name }) => name),
        ...Array.from({ length: 60 }, () => nameOf(1 + random(5))),
      ]
    ) {
      const expected = naiveName(entries, name);
      assert.equal(domains.find(name) >= 0, expected, `seed ${seed}: ${name}`);
      if (expected) found++;
    }
  }
  assert(found > 1000, `${found} were listed`);
});

Deno.test("fifty thousand domains are all found, and others are not", () => {
  const names = Array.from({ length: 50_000 }, (_, i) => `${i.toString(36)}.host-${i % 977}.example`);
  const { domains } = readLists([{ path: "a", text: names.join("\n") }], { subdomains: false });
  const table = new Domains(domains);
  assert.deepEqual(names.filter((name) => table.find(name) !== 0), []);
  assert.deepEqual(names.filter((name) => table.find(`x${name}`) !== -1), []);
});
