import { deepEqual, equal } from "node:assert/strict";
import { CpuMeter, processorTimeOf } from "./cpu_meter.ts";

/** When it is too much for a process that takes `share` of a processor, seconds; undefined within ten minutes. */
function tooMuchAfter(percent: number, share: number): number | undefined {
  const meter = new CpuMeter(percent);
  for (let time = 0; time <= 600_000; time += 250) {
    if (meter.exceeds(5000 + time, 700 + time * share)) return time / 1000;
  }
}

Deno.test("a process may take its share for ever, and more than that no longer than the minute's allows", () => {
  equal(tooMuchAfter(50, 0.5), undefined);
  equal(tooMuchAfter(50, 0.49), undefined);
  equal(tooMuchAfter(50, 1), 30.25);
  equal(tooMuchAfter(100, 4), 15.25);
  equal(tooMuchAfter(100, 1), undefined);
});

Deno.test("a burst is forgotten after a minute", () => {
  const meter = new CpuMeter(10);
  const said: boolean[] = [];
  let used = 0;
  for (let second = 0; second < 300; second++) {
    if (second % 61 === 0) used += 6000;
    said.push(meter.exceeds(second * 1000, used));
  }
  deepEqual(said.filter((each) => each), []);
});

Deno.test("what it takes is read whatever it is called, with what its children took", () => {
  equal(processorTimeOf("42 (a) b (c)) S 7 1 1 0 -1 4194304 1 0 0 0 3 4 50 600 20 0 1 0 987654 1 1"), 6570);
  equal(processorTimeOf(Deno.readTextFileSync("/proc/self/stat")) > 0, true);
});
