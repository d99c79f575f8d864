import assert from "node:assert/strict";
import { Breaker, FAILURES_TO_OPEN, FIRST_PAUSE, LONGEST_PAUSE } from "./breaker.ts";

/** A breaker whose clock the test sets, and what it told. */
function breakerAt() {
  const clock = { now: 0 };
  const told: [string, number][] = [];
  const breaker = new Breaker(() => clock.now, (state, pause) => told.push([state, pause]));
  return { breaker, clock, told };
}

function open(breaker: Breaker): void {
  for (let failure = 0; failure < FAILURES_TO_OPEN; failure++) breaker.failed(breaker.enter()!);
}

Deno.test("a breaker opens after so many failures in a row, and a success in between begins anew", () => {
  const { breaker, told } = breakerAt();
  for (let failure = 1; failure < FAILURES_TO_OPEN; failure++) breaker.failed(breaker.enter()!);
  breaker.succeeded(breaker.enter()!);
  for (let failure = 1; failure < FAILURES_TO_OPEN; failure++) breaker.failed(breaker.enter()!);
  assert.equal(breaker.counts.state, "closed");
  breaker.failed(breaker.enter()!);
  assert.deepEqual(breaker.counts, {
    state: "open",
    failures: FAILURES_TO_OPEN,
    opened: 1,
    shortCircuited: 0,
  });
  assert.deepEqual(told, [["open", FIRST_PAUSE]]);
});

Deno.test("an open breaker lets one question through after its pause, and closes when that succeeds", () => {
  const { breaker, clock, told } = breakerAt();
  open(breaker);
  clock.now = FIRST_PAUSE - 1;
  assert.equal(breaker.enter(), undefined);
  clock.now = FIRST_PAUSE;
  const trial = breaker.enter();
  assert.notEqual(trial, undefined);
  assert.equal(breaker.counts.state, "half-open");
  assert.equal(breaker.enter(), undefined);
  breaker.succeeded(trial!);
  assert.deepEqual(breaker.counts, { state: "closed", failures: 0, opened: 1, shortCircuited: 2 });
  assert.deepEqual(told.at(-1), ["closed", 0]);
  assert.notEqual(breaker.enter(), undefined);
});

Deno.test("the pause doubles up to a bound while trials fail, which is no news", () => {
  const { breaker, clock, told } = breakerAt();
  open(breaker);
  let pause = FIRST_PAUSE;
  for (let trial = 0; trial < 10; trial++) {
    clock.now += pause - 1;
    assert.equal(breaker.enter(), undefined, `within a pause of ${pause} ms`);
    clock.now += 1;
    breaker.failed(breaker.enter()!);
    pause = Math.min(2 * pause, LONGEST_PAUSE);
  }
  assert.equal(pause, LONGEST_PAUSE);
  assert.equal(breaker.counts.opened, 1);
  assert.equal(told.length, 1);
});

Deno.test("what was asked before a breaker opened neither closes it nor makes its pause longer", () => {
  const { breaker, clock } = breakerAt();
  const before = breaker.enter()!;
  open(breaker);
  breaker.succeeded(before);
  breaker.failed(before);
  assert.equal(breaker.counts.state, "open");
  clock.now = FIRST_PAUSE;
  assert.notEqual(breaker.enter(), undefined);
});

Deno.test("a trial whose call has ended leaves its place to the next question", () => {
  const { breaker, clock } = breakerAt();
  open(breaker);
  clock.now = FIRST_PAUSE;
  breaker.cancelled(breaker.enter()!);
  assert.equal(breaker.counts.state, "open");
  assert.notEqual(breaker.enter(), undefined);
});
