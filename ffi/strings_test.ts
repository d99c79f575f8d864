import { equal } from "node:assert/strict";
import { StringCache } from "./strings.ts";

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

Deno.test("bytes that are no UTF-8 are shown as such", () => {
  equal(new StringCache().get(Uint8Array.of(0x61, 0xff, 0x62), 0, 3), "a\ufffdb");
});
