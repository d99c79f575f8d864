import { deepEqual } from "node:assert/strict";
import { texts } from "./start.ts";

Deno.test("start: texts end with a NUL each, and may be empty or no UTF-8", () => {
  const bytes = Uint8Array.of(0x61, 0, 0, 0xff, 0x62, 0);
  deepEqual(texts(bytes), [Uint8Array.of(0x61), new Uint8Array(), Uint8Array.of(0xff, 0x62)]);
  deepEqual(texts(Uint8Array.of(0x61)), [Uint8Array.of(0x61)]);
  deepEqual(texts(new Uint8Array()), []);
});
