import { equal } from "node:assert/strict";
import { StringCache, utf8, utf8Bytes } from "./strings.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("the same bytes are decoded once", () => {
  let decoded = 0;
  const cache = new StringCache((part) => `${part.length}-${++decoded}`);
  equal(cache.get(bytes("xx/usr/bin/curl"), 2, 13), "13-1");
  equal(cache.get(bytes("/usr/bin/curl"), 0, 13), "13-1");
  equal(cache.get(bytes("/usr/bin/curm"), 0, 13), "13-2");
});

Deno.test("texts that share a slot are never mistaken for one another", () => {
  const cache = new StringCache();
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 5000; i++) {
      const text = `/opt/program-${i}`;
      equal(cache.get(bytes(text), 0, text.length), text);
    }
  }
});

Deno.test("a text longer than the cache takes is decoded each time", () => {
  let decoded = 0;
  const cache = new StringCache(() => String(++decoded));
  const long = new Uint8Array(4096);
  cache.get(long, 0, 4096);
  equal(cache.get(long, 0, 4096), "2");
});

Deno.test("bytes that are no UTF-8 make a text of their own, and come back from it", () => {
  const texts = new Set<string>();
  const names = [
    "ff",
    "fe",
    "c3",
    "c3ff",
    "efbfbd",
    "edb3bf",
    "c080",
    "80",
    "c385",
    "f4908080",
    "f09f9880ff",
    "fc80808080",
  ];
  for (const name of names) {
    const bytes = Uint8Array.fromHex(`61${name}62`);
    const text = utf8(bytes);
    texts.add(text);
    equal(utf8Bytes(text).toHex(), bytes.toHex());
  }
  equal(texts.size, names.length);
  equal(utf8(Uint8Array.fromHex("f09f9880ff")), "\u{1f600}\udcff");
});

Deno.test("a hostile name is decoded as UTF-8 where it is UTF-8", () => {
  const text = "\u0080\u07ff\u0800\ufeff\uffff\u{10000}\u{10ffff}";
  equal(utf8(Uint8Array.of(0xff, ...bytes(text))), `\udcff${text}`);
});
