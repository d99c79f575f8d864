import assert from "node:assert/strict";
import { row, START, withJournal } from "./fixture.ts";
import { numberOf, openToRead } from "./schema.ts";
import { Store } from "./store.ts";

const LARGE = { size: 1e9, age: 1e12 };

function count(path: string, what: string): number {
  const { database } = openToRead(path);
  try {
    return numberOf(database, `SELECT count(*) FROM ${what}`);
  } finally {
    database.close();
  }
}

Deno.test("what was written can be read while the store is open, and words find it", () =>
  withJournal((path) => {
    using store = new Store(path, LARGE);
    store.write([row(), row({ task: { exe: "/usr/bin/wget" } })]);
    assert.equal(count(path, "decisions"), 2);
    assert.equal(count(path, "words WHERE words MATCH 'wget'"), 1);
  }));

Deno.test("a batch is written whole or not at all", () =>
  withJournal((path) => {
    using store = new Store(path, LARGE);
    const bad = { ...row(), values: [null, ...row().values.slice(1)] };
    assert.throws(() => store.write([row(), bad]));
    assert.equal(count(path, "decisions"), 0);
    assert.equal(count(path, "words WHERE words MATCH 'curl'"), 0);
    store.write([row()]);
    assert.equal(count(path, "decisions"), 1);
  }));

Deno.test("what is too old goes, in steps, and its words with it", () =>
  withJournal((path) => {
    using store = new Store(path, { size: 1e9, age: 1000 });
    const old = Array.from({ length: 2500 }, () => row({ task: { exe: "/old" } }));
    store.write([...old, row({ occasion: { time: START + 1000 } })], { since: 1, until: 2, count: 3 });
    assert.equal(store.tidy(START + 1001), true);
    assert.equal(count(path, "decisions"), 501);
    assert.equal(store.tidy(START + 1001), false);
    assert.equal(count(path, "decisions"), 1);
    assert.equal(count(path, "words WHERE words MATCH 'old'"), 0);
    assert.equal(count(path, "lost"), 0);
    assert.equal(store.tidy(START + 1001), false);
  }));

Deno.test("the file stays within its size, and the newest decisions stay in it", () =>
  withJournal((path) => {
    const size = 4_000_000;
    using store = new Store(path, { size, age: 1e12 });
    let largest = 0;
    for (let batch = 0; batch < 20; batch++) {
      store.write(Array.from({ length: 1000 }, (_, at) => row({ task: { pid: 1 + batch * 1000 + at } })));
      store.tidy(START);
      largest = Math.max(largest, Deno.statSync(path).size);
    }
    assert.ok(largest <= size, `${largest}`);
    assert.ok(count(path, "decisions") > 1000);
    assert.equal(count(path, "decisions WHERE pid = 20000"), 1);
    assert.equal(count(path, "decisions WHERE pid = 1"), 0);
  }));

Deno.test("a file that was taken away is noticed", () =>
  withJournal((path) => {
    using store = new Store(path, LARGE);
    assert.equal(store.isInPlace, true);
    Deno.renameSync(path, `${path}.old`);
    assert.equal(store.isInPlace, false);
    Deno.writeTextFileSync(path, "");
    assert.equal(store.isInPlace, false);
  }));
