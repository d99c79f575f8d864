import assert from "node:assert/strict";
import { Operand } from "../ffi/mod.ts";
import { CgroupPaths } from "./cgroup.ts";
import { event } from "./testing.ts";

const CRON = "/system.slice/cron.service";

function paths(text: string, inode: bigint): { paths: CgroupPaths; asked: number[] } {
  const asked: number[] = [];
  const ofProcess = (pid: number) => (asked.push(pid), text);
  return { paths: new CgroupPaths({ ofProcess, inode: () => inode }), asked };
}

Deno.test("a cgroup's path is that of the process that asks", () => {
  const { paths: cgroups } = paths(`1:name=systemd:/x\n0::${CRON}\n`, 77n);
  assert.equal(cgroups.pathOf(event({ task: { cgroup: 77n } })), CRON);
});

Deno.test("a path that leads to another cgroup is not believed", () => {
  const { paths: cgroups } = paths(`0::${CRON}\n`, 78n);
  assert.equal(cgroups.pathOf(event({ task: { cgroup: 77n } })), undefined);
});

Deno.test("a process that is gone has no path", () => {
  const gone = () => {
    throw new Deno.errors.NotFound();
  };
  const cgroups = new CgroupPaths({ ofProcess: gone, inode: () => 77n });
  assert.equal(cgroups.pathOf(event({ task: { cgroup: 77n } })), undefined);
});

Deno.test("a cgroup is looked up once, and only its id is noted as read", () => {
  const { paths: cgroups, asked } = paths(`0::${CRON}\n`, 77n);
  const first = event({ task: { cgroup: 77n, pid: 5 } });
  cgroups.pathOf(first);
  assert.equal(cgroups.pathOf(event({ task: { cgroup: 77n, pid: 6 } })), CRON);
  assert.deepEqual(asked, [5]);
  assert.equal(first.read, Operand.Cgroup);
});
