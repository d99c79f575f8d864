import assert from "node:assert/strict";
import { IDLE_TIME, LINK_TIME, Sessions } from "./sessions.ts";

function table() {
  const clock = { now: 1_000_000 };
  return { clock, sessions: new Sessions(() => clock.now) };
}

Deno.test("a link becomes a session once", () => {
  const { sessions } = table();
  const secret = sessions.invite({ uid: 1000, role: "answer" });
  const { cookie, key, session } = sessions.redeem(secret)!;
  assert.deepEqual([session.uid, session.role], [1000, "answer"]);
  assert.equal(sessions.find(cookie, key), session);
  assert.equal(sessions.redeem(secret), undefined);
});

Deno.test("neither the cookie nor the key is worth anything alone", () => {
  const { sessions } = table();
  const begin = () => sessions.redeem(sessions.invite({ uid: 0, role: "admin" }))!;
  const [one, other] = [begin(), begin()];
  assert.notEqual(one.key, one.cookie);
  for (
    const [cookie, key] of [[one.cookie, ""], ["", one.key], [one.cookie, other.key], [
      one.key,
      one.cookie,
    ]] as const
  ) {
    assert.equal(sessions.find(cookie, key), undefined);
  }
});

Deno.test("a link that is too old, or of nobody, is none", () => {
  const { clock, sessions } = table();
  const secret = sessions.invite({ uid: 0, role: "admin" });
  clock.now += LINK_TIME + 1;
  assert.equal(sessions.redeem(secret), undefined);
  assert.equal(sessions.redeem(""), undefined);
  assert.equal(sessions.find("", ""), undefined);
});

Deno.test("a session ends when nobody uses it, not while somebody does", () => {
  const { clock, sessions } = table();
  const { cookie, key } = sessions.redeem(sessions.invite({ uid: 0, role: "admin" }))!;
  for (let i = 0; i < 3; i++) {
    clock.now += IDLE_TIME;
    assert.ok(sessions.find(cookie, key));
  }
  assert.equal(sessions.list.length, 1);
  clock.now += IDLE_TIME + 1;
  assert.equal(sessions.list.length, 0);
  assert.equal(sessions.find(cookie, key), undefined);
});

Deno.test("a session that is ended is no more", () => {
  const { sessions } = table();
  const { cookie, key } = sessions.redeem(sessions.invite({ uid: 0, role: "admin" }))!;
  sessions.end(cookie, key);
  assert.equal(sessions.find(cookie, key), undefined);
});

Deno.test("neither links nor sessions can fill the memory", () => {
  const { sessions } = table();
  const first = sessions.redeem(sessions.invite({ uid: 0, role: "admin" }))!;
  for (let i = 0; i < 1000; i++) sessions.redeem(sessions.invite({ uid: 1, role: "read" }));
  assert.equal(sessions.find(first.cookie, first.key), undefined);
  assert.ok(sessions.list.length <= 128);
  const old = sessions.invite({ uid: 1, role: "read" });
  for (let i = 0; i < 32; i++) sessions.invite({ uid: 1, role: "read" });
  assert.equal(sessions.redeem(old), undefined);
});
