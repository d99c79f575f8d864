import assert from "node:assert/strict";
import { follow, MalformedError, MOST_NAMES, nameOfText, readRecord, readResponse } from "./dns.ts";
import { a, cname, nameOf, randomOf, response, rr, u16, wireName } from "./testing.ts";

const text = (addresses: readonly Uint8Array[]) => addresses.map((bytes) => bytes.join("."));
const told = (message: Uint8Array) => {
  const answer = readResponse(message);
  return answer && { names: answer.names, addresses: text(answer.addresses), ttl: answer.ttl };
};

Deno.test("a response that unbound sent, with compressed names and aliases, is read", () => {
  const message = Uint8Array.fromBase64(
    "FKWBgAABAAMAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQABwAwABQABAAABLAATAWEDY2RuB2V4YW1wbGUDbmV0AMAtAAUAAQAAAAUABAFiwC/ATAABAAEAAAAFAATAAAIU",
  );
  assert.deepEqual(told(message), {
    names: ["www.example.com", "a.cdn.example.net", "b.cdn.example.net"],
    addresses: ["192.0.2.20"],
    ttl: 5,
  });
});

Deno.test("all addresses of a name count, and capitals make no difference", () => {
  const v6 = [0x20, 1, 0x0d, 0xb8, ...Array(11).fill(0), 7];
  assert.deepEqual(
    told(
      response(nameOf("WWW.Example.com"), [
        a("www.EXAMPLE.com", "192.0.2.1"),
        a("www.example.com", "192.0.2.2", 9),
      ]),
    ),
    { names: ["www.example.com"], addresses: ["192.0.2.1", "192.0.2.2"], ttl: 9 },
  );
  assert.deepEqual(
    told(response(nameOf("h.example"), [rr(nameOf("h.example"), 28, v6)], { type: 28 }))?.addresses,
    [
      v6.join("."),
    ],
  );
});

Deno.test("records that are not on the way from the question prove nothing", () => {
  const stray = a("www.bank.example", "192.0.2.66");
  assert.equal(told(response(nameOf("evil.example"), [stray])), undefined);
  assert.deepEqual(told(response(nameOf("evil.example"), [stray, a("evil.example", "192.0.2.1")])), {
    names: ["evil.example"],
    addresses: ["192.0.2.1"],
    ttl: 300,
  });
  // An alias goes forwards only.
  assert.deepEqual(
    told(response(nameOf("b.example"), [cname("a.example", "b.example"), a("b.example", "192.0.2.1")]))
      ?.names,
    ["b.example"],
  );
});

Deno.test("what is no answer with addresses tells nothing", () => {
  const asked = nameOf("www.example.com");
  const answers = [a("www.example.com", "192.0.2.1")];
  assert.notEqual(told(response(asked, answers)), undefined);
  assert.equal(told(response(asked, answers, { flags: 0x0100 })), undefined, "a question");
  assert.equal(told(response(asked, answers, { flags: 0x8183 })), undefined, "an error");
  assert.equal(told(response(asked, answers, { flags: 0xa980 })), undefined, "an update");
  assert.equal(told(response(asked, answers, { type: 12 })), undefined, "reverse DNS");
  assert.equal(told(response(asked, answers, { questions: 0 })), undefined);
  assert.equal(told(response(asked, [])), undefined);
});

Deno.test("a truncated answer counts as far as it goes", () => {
  const message = response(nameOf("a.example"), [a("a.example", "192.0.2.1"), a("a.example", "192.0.2.2")], {
    flags: 0x8380,
  });
  const short = message.slice(0, message.length - a("a.example", "192.0.2.2").length);
  assert.deepEqual(told(short)?.addresses, ["192.0.2.1"]);
  short[2] = 0x81;
  assert.throws(() => told(short), MalformedError);
});

Deno.test("addresses that a service hints at count, for programs use them unasked", () => {
  // deno-fmt-ignore
  const data = [
    ...u16(1), 0, // SvcPriority, TargetName "."
    ...u16(1), ...u16(3), 2, 0x68, 0x32, // alpn=h2
    ...u16(4), ...u16(8), 192, 0, 2, 1, 192, 0, 2, 2, // ipv4hint
    ...u16(6), ...u16(16), 0x20, 1, 0x0d, 0xb8, ...Array(12).fill(0), // ipv6hint
  ];
  const message = response(nameOf("h.example"), [rr(nameOf("h.example"), 65, data)], { type: 65 });
  assert.deepEqual(told(message)?.addresses, [
    "192.0.2.1",
    "192.0.2.2",
    "32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.0",
  ]);
});

Deno.test("no two names are written alike", () => {
  const name = (labels: readonly (string | Uint8Array)[]) =>
    readResponse(response(wireName(...labels), [rr(wireName(...labels), 1, [192, 0, 2, 1])]))!.names[0];
  assert.equal(name(["www.example", "com"]), "www\\046example.com");
  assert.equal(name(["a b", "example"]), "a\\032b.example");
  assert.equal(name([Uint8Array.of(0xff, 0x80), "example"]), "\\255\\128.example");
  assert.equal(name([Uint8Array.of(0, 10), "example"]), "\\000\\010.example");
  // Capital letters of ASCII only: the bytes of Latin-1's are different names.
  assert.equal(name([Uint8Array.of(0xc0, 0x41), "example"]), "\\192a.example");
  assert.equal(name(["_dmarc", "a-b", "example"]), "_dmarc.a-b.example");
  assert.equal(name(["bücher", "local"]), "xn--bcher-kva.local");
  // Wide letters, which domain names in browsers turn into plain ones.
  assert.notEqual(name(["ｅｘａｍｐｌｅ", "com"]), "example.com");
});

Deno.test("a name in a text is written as one on the wire", () => {
  assert.equal(nameOfText("WWW.Example.COM."), "www.example.com");
  assert.equal(nameOfText("bücher.example"), "xn--bcher-kva.example");
  assert.equal(nameOfText("b\\195\\188cher.example"), "xn--bcher-kva.example");
  assert.equal(nameOfText("www\\.example.com"), "www\\046example.com");
  assert.equal(nameOfText("a\\032b"), "a\\032b");
  assert.equal(nameOfText("."), "");
});

Deno.test("what is damaged is refused with one line", () => {
  const asked = nameOf("a.example");
  const bad = (message: Uint8Array, why: RegExp) => assert.throws(() => readResponse(message), why);
  bad(new Uint8Array(5), /^MalformedError: 5 bytes are no DNS message$/);
  bad(response([0xc0, 12], []), /points to byte 12, not back/);
  // Each points to the one before it, the first to an end.
  const begin = 12 + asked.length + 4 + 11;
  const chain = [
    0,
    ...Array.from({ length: 200 }, (_, i) => u16(0xc000 | (begin + Math.max(0, 2 * i - 1)))).flat(),
  ];
  const to = (pointers: number) => rr(u16(0xc000 | (begin + 2 * pointers - 3)), 16, []);
  bad(response(asked, [rr([0], 99, chain), to(128)]), /a name of more than 127 pointers/);
  assert.equal(readResponse(response(asked, [rr([0], 99, chain), to(127)])), undefined);
  // Two names that point to each other: the second is not before the first.
  bad(response(asked, [[0xc0, 35], [0xc0, 33]]), /not back/);
  bad(response([0x41, 0], []), /a label of unknown kind/);
  bad(response([63, 1, 2], []), /goes on behind the end/);
  bad(
    response([...Array(5).fill([60, ...Array(60).fill(97)]).flat(), 0], []),
    /a name longer than 255 bytes/,
  );
  bad(
    response(asked, [[...asked, ...u16(1), ...u16(1), 0, 0, 0, 1, ...u16(60_000)]]),
    /a record goes on behind the end/,
  );
  bad(response(asked, [rr(asked, 1, [1, 2, 3])]), /an address of 3 bytes/);
  bad(response(asked, [rr(asked, 5, [...asked, 9])]), /a name that does not fill its record/);
  bad(response(asked, [rr(asked, 65, [0, 1, 0, 0, 4, 0, 5, 1, 2, 3, 4, 5])]), /hints that are no addresses/);
  bad(response(asked, [rr(asked, 65, [0, 1, 0, 0, 4, 0, 99])]), /a parameter goes on behind its record/);
  bad(
    response(asked, [cname("a.example", "b.example"), cname("b.example", "a.example")]),
    /aliases in a row/,
  );
});

Deno.test("a record that stands alone is read to its end", () => {
  const bytes = Uint8Array.from(cname("a.example", "b.example", 7));
  assert.deepEqual(readRecord(bytes), { owner: "a.example", ttl: 7, target: "b.example", addresses: [] });
  assert.throws(() => readRecord(Uint8Array.of(...bytes, 0)), /bytes behind a record/);
  assert.equal(readRecord(Uint8Array.from(rr(nameOf("a.example"), 16, [1, 97]))), undefined);
});

Deno.test("as many aliases as resolvers follow are followed", () => {
  const chain = Array.from({ length: MOST_NAMES - 1 }, (_, i) => cname(`n${i}.example`, `n${i + 1}.example`));
  const end = a(`n${MOST_NAMES - 1}.example`, "192.0.2.1");
  assert.equal(readResponse(response(nameOf("n0.example"), [...chain, end]))?.names.length, MOST_NAMES);
  assert.equal(follow(["x.example"], []), undefined);
});

Deno.test("a message cut off or changed anywhere gives an answer or a MalformedError, and nothing else", () => {
  const message = response(nameOf("www.example.com"), [
    cname("www.example.com", "cdn.example"),
    a("cdn.example", "192.0.2.1"),
    rr(nameOf("cdn.example"), 65, [0, 1, 0, 0, 4, 0, 4, 192, 0, 2, 1]),
  ]);
  const random = randomOf(1);
  let refused = 0;
  const tryOut = (bytes: Uint8Array) => {
    try {
      readResponse(bytes);
    } catch (error) {
      assert(error instanceof MalformedError, String(error));
      refused++;
    }
  };
  for (let length = 0; length < message.length; length++) tryOut(message.slice(0, length));
  for (let i = 0; i < 20_000; i++) {
    const changed = message.slice();
    for (let n = 0; n <= random(4); n++) changed[random(changed.length)] = random(256);
    tryOut(changed);
  }
  for (let i = 0; i < 5000; i++) tryOut(Uint8Array.from({ length: random(200) }, () => random(256)));
  assert(refused > 1000, `${refused} were refused`);
});
