import assert from "node:assert/strict";
import { randomOf } from "../parts/random.ts";
import { calls } from "./testing.ts";
import { TokenBuckets } from "./token_bucket.ts";

const key = new Int32Array(2);
const keyOf = (number: number) => (key.set([number, -number]), key);

/** As the textbook has it: tokens (times `per`, to stay whole) come with time, a call takes one. */
class Bucket {
  #tokens: bigint;
  #time = 0;

  constructor(readonly count: number, readonly per: number, readonly burst: number) {
    this.#tokens = BigInt(burst) * BigInt(per);
  }

  take(time: number): boolean {
    const tokens = this.#tokens + BigInt(time - this.#time) * BigInt(this.count);
    const most = BigInt(this.burst) * BigInt(this.per);
    this.#time = time;
    this.#tokens = tokens > most ? most : tokens;
    if (this.#tokens < BigInt(this.per)) return false;
    this.#tokens -= BigInt(this.per);
    return true;
  }
}

/** A bucket for each key, however many there are. */
class Model {
  readonly #buckets = new Map<number, Bucket>();

  constructor(readonly count: number, readonly per: number, readonly burst: number) {}

  take(key: number, time: number): boolean {
    const bucket = this.#buckets.get(key) ?? new Bucket(this.count, this.per, this.burst);
    this.#buckets.set(key, bucket);
    return bucket.take(time);
  }
}

Deno.test("a bucket answers as the textbook's, for random rates, bursts and streams", () => {
  const random = randomOf(1);
  for (let round = 0; round < 200; round++) {
    const count = 1 + random(40);
    const per = 10 + random(5000);
    const burst = 1 + random(60);
    const buckets = new TokenBuckets({ count, per }, burst, 1000, 2, round);
    const model = new Model(count, per, burst);
    for (const { key, time } of calls(random, { count: 500, keys: 20, per })) {
      assert.equal(
        buckets.take(keyOf(key), time),
        model.take(key, time),
        `round ${round}, ${key} at ${time}`,
      );
    }
    assert.equal(buckets.evictions, 0);
  }
});

Deno.test("no key gets more than its bucket gives, however many others push it out of the table", () => {
  const random = randomOf(2);
  let allowed = 0;
  let evictions = 0;
  for (let round = 0; round < 100; round++) {
    const count = 1 + random(20);
    const per = 10 + random(5000);
    const burst = 1 + random(20);
    const buckets = new TokenBuckets({ count, per }, burst, 1, 2, round);
    const model = new Model(count, per, burst);
    for (const { key, time } of calls(random, { count: 2000, keys: 500, per })) {
      if (!buckets.take(keyOf(key), time)) continue;
      allowed++;
      assert.ok(model.take(key, time), `round ${round}: ${key} at ${time} had no token left`);
    }
    evictions += buckets.evictions;
  }
  assert.ok(allowed > 20_000 && evictions > 20_000, `${allowed} allowed, ${evictions} evictions`);
});

Deno.test("what pushed others out is allowed again when their buckets are full", () => {
  const buckets = new TokenBuckets({ count: 1, per: 1000 }, 2, 1, 2, 0);
  const allowed = (time: number, first: number) =>
    Array.from({ length: 100 }, (_, index) => buckets.take(keyOf(first + index), time)).filter(Boolean)
      .length;
  assert.equal(allowed(0, 0), 32);
  assert.equal(allowed(2000, 1000), 32);
});

Deno.test("the memory of buckets does not grow with keys", () => {
  const buckets = new TokenBuckets({ count: 1, per: 10 }, 1, 1000, 2, 7);
  const before = buckets.byteLength;
  for (let i = 0; i < 200_000; i++) buckets.take(keyOf(i), i);
  assert.equal(buckets.byteLength, before);
  assert.equal(before, 125 * 16 * (4 + 8 + 8) + 125 * 8);
});

Deno.test("a thousand keys have room in a table of a thousand, nearly all", () => {
  const buckets = new TokenBuckets({ count: 1, per: 10 }, 1, 1000, 2, 7);
  for (let i = 0; i < 1000; i++) buckets.take(keyOf(i), 0);
  assert.ok(buckets.evictions < 20, `${buckets.evictions}`);
});
