import assert from "node:assert/strict";
import { MalformedError } from "./dns.ts";
import { readDnstap } from "./dnstap.ts";
import { controlFrame, FrameStream } from "./frame_stream.ts";
import { readFields } from "./protobuf.ts";
import { a, dnstapFrame, field, framed, nameOf, randomOf, response, u32 } from "./testing.ts";

const CONTENT = "protobuf:dnstap.Dnstap";
const [ACCEPT, START, STOP, READY, FINISH] = [1, 2, 3, 4, 5];
const MESSAGE = response(nameOf("ads.example"), [a("ads.example", "192.0.2.1")]);

/** As unbound 1.17 has written it. */
const RECORDED = Uint8Array.fromBase64(
  "coUBCAYQARgBIgR/AAABKgR/AAABMJiLAjg1YOfIi9gGbUh9ehVyYBSlgYAAAQADAAAAAAN3d3cHZXhhbXBsZQNjb20AAAEAAcAMAAUAAQAAASwAEwFhA2NkbgdleGFtcGxlA25ldADALQAFAAEAAAAFAAQBYsAvwEwAAQABAAAABQAEwAACFHgB",
);

Deno.test("a frame that unbound wrote is read", () => {
  assert.deepEqual(readDnstap(RECORDED), {
    names: ["www.example.com", "a.cdn.example.net", "b.cdn.example.net"],
    addresses: [Uint8Array.of(192, 0, 2, 20)],
    ttl: 5,
  });
});

Deno.test("only what the resolver answered its clients counts", () => {
  assert.notEqual(readDnstap(dnstapFrame(MESSAGE)), "skipped");
  for (const type of [1, 2, 3, 4, 5, 7, 8, 12, 14]) {
    assert.equal(readDnstap(dnstapFrame(MESSAGE, type)), "skipped", `type ${type}`);
  }
  const other = Uint8Array.from([...field(14, field(1, 6)), ...field(15, 2)]);
  assert.equal(readDnstap(other), "skipped", "a frame that is no message");
});

Deno.test("a frame without what every frame has is refused", () => {
  assert.throws(() => readDnstap(new Uint8Array(0)), /a dnstap frame without a type/);
  const bare = Uint8Array.from([...field(14, field(14, MESSAGE)), ...field(15, 1)]);
  assert.throws(() => readDnstap(bare), /a dnstap message without a type/);
});

Deno.test("fields of every kind are read or skipped", () => {
  const fields: [number, number | string][] = [];
  const bytes = Uint8Array.of(
    ...[0x08, 0x96, 0x01], // 1: 150
    ...[0x11, 1, 2, 3, 4, 5, 6, 7, 8], // 2: 64 bits
    ...[0x1d, 1, 2, 3, 4], // 3: 32 bits
    ...[0x82, 0x01, 2, 7, 8], // 16: two bytes
  );
  readFields(bytes, (field, value) => fields.push([field, typeof value === "number" ? value : value.join()]));
  assert.deepEqual(fields, [[1, 150], [16, "7,8"]]);
  const bad = (bytes: number[], why: RegExp) =>
    assert.throws(() => readFields(Uint8Array.from(bytes), () => {}), why);
  bad([0x08], /a number goes on behind the end/);
  bad([0x08, ...Array(11).fill(0xff)], /a number of more than 10 bytes/);
  bad([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], /goes on behind the end/);
  bad([0x11, 1], /goes on behind the end/);
  bad([0x0b], /a field of unknown kind 3/);
});

/** A stream's frames, its replies and itself. */
function stream() {
  const frames: number[] = [];
  const replies: Uint8Array[] = [];
  const receiver = new FrameStream((frame) => frames.push(frame.length), (bytes) => replies.push(bytes));
  return { frames, replies, receiver };
}

Deno.test("a sender that waits for an answer gets it; frames may come in any pieces", () => {
  const { frames, replies, receiver } = stream();
  const all = Uint8Array.from([
    ...controlFrame(READY, CONTENT),
    ...controlFrame(START, CONTENT),
    ...framed(RECORDED),
    ...framed(dnstapFrame(MESSAGE)),
    ...controlFrame(STOP),
  ]);
  for (const byte of all) receiver.receive(Uint8Array.of(byte));
  assert.deepEqual(frames, [RECORDED.length, dnstapFrame(MESSAGE).length]);
  assert.deepEqual(replies, [controlFrame(ACCEPT, CONTENT), controlFrame(FINISH)]);
  assert.equal(receiver.isOver, true);
});

Deno.test("a sender that waits for nothing is understood as well", () => {
  const { frames, replies, receiver } = stream();
  receiver.receive(Uint8Array.from([...controlFrame(START), ...framed(RECORDED), ...framed(RECORDED)]));
  assert.deepEqual(frames, [RECORDED.length, RECORDED.length]);
  assert.deepEqual(replies, []);
});

Deno.test("a stream of something else, out of order or too long is refused", () => {
  const bad = (bytes: readonly number[] | Uint8Array, why: RegExp) =>
    assert.throws(() => stream().receiver.receive(Uint8Array.from(bytes)), why);
  bad(controlFrame(READY, "protobuf:other"), /"protobuf:other" is sent, not protobuf:dnstap.Dnstap/);
  bad(framed(RECORDED), /a frame before START/);
  bad(controlFrame(STOP), /control frame 3 where it has no place/);
  bad([...controlFrame(START), ...controlFrame(START)], /control frame 2 where it has no place/);
  bad(controlFrame(77), /control frame 77/);
  bad([...controlFrame(START), ...u32(0xffff_ffff)], /a frame of 4294967295 bytes/);
  bad([...u32(0), ...u32(5000)], /a frame of 5000 bytes; 512 is the most/);
  bad([...u32(0), ...u32(2), 0, 0], /a control frame of 2 bytes/);
  bad([...u32(0), ...u32(8), ...u32(READY), ...u32(1)], /half a field/);
  bad(
    [...u32(0), ...u32(12), ...u32(READY), ...u32(1), ...u32(99)],
    /a field goes on behind its control frame/,
  );
});

Deno.test("frames cut off or changed anywhere give an answer or a MalformedError, and nothing else", () => {
  const random = randomOf(2);
  let refused = 0;
  const tryOut = (act: () => void) => {
    try {
      act();
    } catch (error) {
      assert(error instanceof MalformedError, String(error));
      refused++;
    }
  };
  for (let length = 0; length < RECORDED.length; length++) {
    tryOut(() => readDnstap(RECORDED.slice(0, length)));
  }
  for (let i = 0; i < 20_000; i++) {
    const changed = RECORDED.slice();
    for (let n = 0; n <= random(4); n++) changed[random(changed.length)] = random(256);
    tryOut(() => readDnstap(changed));
    if (i % 4 > 0) continue;
    const bytes = Uint8Array.from([
      ...controlFrame(START, CONTENT),
      ...framed(changed),
      ...controlFrame(STOP),
    ]);
    bytes[random(bytes.length)] = random(256);
    tryOut(() => stream().receiver.receive(bytes));
  }
  assert(refused > 1000, `${refused} were refused`);
});
