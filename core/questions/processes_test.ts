import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { lineOf, procfs, slowly } from "./processes.ts";
import { FakeProcesses } from "./testing.ts";

Deno.test("processes: this one is told as it is", async () => {
  const own = procfs.look(Deno.pid)!;
  const { pid, parent, uid, hasEnded, tracer, exe } = own;
  deepEqual({ pid, parent, uid, hasEnded, tracer }, {
    ...{ pid: Deno.pid, parent: Deno.ppid, uid: Deno.uid(), hasEnded: false, tracer: 0 },
  });
  equal(exe, await Deno.realPath(Deno.execPath()));
  equal(procfs.glance(Deno.pid)!.startTime, own.startTime);
});

Deno.test("processes: the line of this one leads to pid 1, each older than its child", () => {
  const line = lineOf(Deno.pid, procfs)!;
  deepEqual([line[0]!.pid, line[1]!.pid, line.at(-1)!.pid], [Deno.pid, Deno.ppid, 1]);
  ok(line.every(({ startTime }, index) => index === 0 || startTime <= line[index - 1]!.startTime));
});

Deno.test("processes: a child is in the same namespaces, and has ended before it is forgotten", async () => {
  const child = new Deno.Command("/bin/cat", { stdin: "piped", stdout: "null" }).spawn();
  equal(procfs.namespacesOf(child.pid), procfs.namespacesOf(Deno.pid));
  notEqual(procfs.namespacesOf(child.pid), undefined);
  await child.stdin.close();
  await child.status;
  deepEqual([procfs.look(child.pid), procfs.glance(child.pid), procfs.namespacesOf(child.pid)], [
    ...[undefined, undefined, undefined],
  ]);
});

Deno.test("processes: for who only looks a glance is good for a second", () => {
  let time = 0;
  const processes = new FakeProcesses({ 5: { parent: 4 } });
  const shown = slowly(processes, () => time);
  equal(shown.glance(5)!.parent, 4);
  processes.set(5, { parent: 3 });
  time = 999;
  deepEqual([shown.glance(5)!.parent, shown.look(5)!.parent], [4, 3]);
  time = 1000;
  equal(shown.glance(5)!.parent, 3);
});
