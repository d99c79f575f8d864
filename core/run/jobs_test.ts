import { deepEqual, equal, ok } from "node:assert/strict";
import { descends, type Job, jobsOfSystem, parseStat } from "./jobs.ts";

const job = (pid: number, parent: number, group: number): Job => ({ pid, parent, group, stopped: false });

Deno.test("a line of procfs is read, whatever the name of the process is", () => {
  deepEqual(parseStat("42 (a) R 1 2 (b) S 7 40 40 34816 40 0"), {
    pid: 42,
    parent: 7,
    group: 40,
    stopped: false,
  });
  deepEqual(parseStat("43 (vim) T 7 43 40 34816"), { pid: 43, parent: 7, group: 43, stopped: true });
  equal(parseStat(""), undefined);
});

Deno.test("a group is the program's where one of it descends from snet, its leader may be gone", () => {
  const jobs = [job(1, 0, 1), job(10, 1, 10), job(20, 10, 20), job(31, 20, 30), job(32, 1, 32)];
  ok(descends(jobs, 20, 10));
  ok(descends(jobs, 30, 10));
  ok(!descends(jobs, 32, 10));
  ok(!descends(jobs, 10, 10));
  ok(!descends(jobs, 99, 10));
});

Deno.test("a table that goes round in a circle is come out of", () => {
  ok(!descends([job(2, 3, 2), job(3, 2, 2)], 2, 10));
});

Deno.test("this process is among the processes of the machine", () => {
  ok(jobsOfSystem().some(({ pid, parent }) => pid === Deno.pid && parent === Deno.ppid));
});
