import { equal } from "node:assert/strict";
import { inTime } from "./in_time.ts";

const LONG = 60_000;

Deno.test("in time: what a promise resolves to; nothing of one that fails, or that does not resolve", async () => {
  equal(await inTime(LONG, Promise.resolve(5)), 5);
  equal(await inTime(LONG, Promise.reject(new Error("broken"))), undefined);
  equal(await inTime(0, new Promise(() => {})), undefined);
});
