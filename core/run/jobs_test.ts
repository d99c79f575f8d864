import { equal, ok } from "node:assert/strict";
import { descends, type Job, jobsOfSystem, writtenBelow } from "./jobs.ts";

const job = (pid: number, parent: number, group: number): Job => ({ pid, parent, group, state: "S" });

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

Deno.test("what the program has written is told by its processes, or not at all", () => {
  const jobs = [job(1, 0, 1), job(10, 1, 10), job(20, 10, 20), job(30, 20, 20), job(40, 1, 40)];
  const read = (pid: number) => `rchar: 1\nwchar: ${pid * 7}\nsyscr: 3\n`;
  equal(writtenBelow(jobs, 10, read), "20:140,30:210");
  equal(writtenBelow(jobs, 10, (pid) => pid === 30 ? "" : read(pid)), undefined);
  const crowd = Array.from({ length: 1000 }, (_, index) => job(index + 100, 10, 10));
  equal(writtenBelow(crowd, 10, read), undefined);
});
