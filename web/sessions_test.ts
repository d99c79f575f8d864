import assert from "node:assert/strict";
import { LINK_TIME } from "../core/web/page.ts";
import { IDLE_TIME, Sessions } from "./sessions.ts";

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

Deno.test("neither links nor sessions can fill the memory, and nobody ends those of another user by many", () => {
  const { sessions } = table();
  const begin = (uid: number) => sessions.redeem(sessions.invite({ uid, role: "read" }))!;
  const root = begin(0);
  const first = begin(1);
  const link = sessions.invite({ uid: 0, role: "admin" });
  for (let i = 0; i < 1000; i++) begin(1);
  assert.equal(sessions.find(first.cookie, first.key), undefined);
  assert.ok(sessions.find(root.cookie, root.key));
  assert.equal(sessions.list.length, 1 + 16);
  for (let i = 0; i < 1000; i++) sessions.invite({ uid: 1, role: "read" });
  assert.ok(sessions.redeem(link));
  const old = sessions.invite({ uid: 1, role: "read" });
  for (let i = 0; i < 8; i++) sessions.invite({ uid: 1, role: "read" });
  assert.equal(sessions.redeem(old), undefined);
  for (let uid = 2; uid < 1000; uid++) begin(uid);
  assert.equal(sessions.list.length, 256);
  assert.ok(sessions.find(root.cookie, root.key));
});

Deno.test("every session ends after a week, whoever looks on", () => {
  const { clock, sessions } = table();
  const { cookie, key, session } = sessions.redeem(sessions.invite({ uid: 0, role: "admin" }))!;
  let ends = 0;
  sessions.follow(session, () => ends++);
  for (let hours = 0; hours < 7 * 24; hours += 24) {
    assert.equal(sessions.list.length, 1);
    assert.ok(sessions.find(cookie, key));
    clock.now += 24 * 3_600_000;
  }
  clock.now++;
  assert.equal(sessions.find(cookie, key), undefined);
  assert.equal(ends, 1);
});

Deno.test("who follows a stream uses the session; with the session the stream ends", () => {
  const { clock, sessions } = table();
  const { cookie, key, session } = sessions.redeem(sessions.invite({ uid: 0, role: "admin" }))!;
  let ends = 0;
  const release = sessions.follow(session, () => ends++)!;
  clock.now += 2 * IDLE_TIME;
  assert.ok(sessions.find(cookie, key));
  release();
  clock.now += IDLE_TIME;
  assert.ok(sessions.find(cookie, key));
  sessions.follow(session, () => ends++);
  assert.equal(session.streams, 1);
  sessions.end(cookie, key);
  assert.deepEqual([ends, session.streams], [1, 1]);
});

Deno.test("a user follows so many streams, with however many sessions", () => {
  const { sessions } = table();
  const begin = (uid: number) => sessions.redeem(sessions.invite({ uid, role: "read" }))!.session;
  const [one, other] = [begin(1), begin(1)];
  const releases = Array.from(
    { length: 24 },
    (_, index) => sessions.follow(index % 2 ? one : other, () => {}),
  );
  assert.ok(releases.every((release) => release !== undefined));
  assert.equal(sessions.follow(one, () => {}), undefined);
  assert.ok(sessions.follow(begin(2), () => {}));
  releases[0]!();
  releases[0]!();
  assert.ok(sessions.follow(one, () => {}));
  assert.equal(sessions.follow(other, () => {}), undefined);
});
