import { equal } from "node:assert/strict";

const isRoot = Deno.uid() === 0;

/** Runs TypeScript in pid and mount namespaces of its own, as their first process; gives what it prints. */
async function inNamespaces(code: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("unshare", {
    args: ["--fork", "--pid", "--mount", "--mount-proc", Deno.execPath(), "eval", "--no-check", code],
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(text.decode(stderr));
  return text.decode(stdout).trim();
}

const PRELUDE = `
import { TaskTable } from ${JSON.stringify(new URL("task.ts", import.meta.url).href)};
import { readAttributes } from ${JSON.stringify(new URL("../codec.ts", import.meta.url).href)};
function start(program, pid) {
  if (pid) Deno.writeTextFileSync("/proc/sys/kernel/ns_last_pid", String(pid - 1));
  return new Deno.Command(program, { args: ["60"] }).spawn();
}
async function end(child) {
  child.kill("SIGKILL");
  await child.status;
}
function comm(task) {
  const view = new DataView(task.names().slice().buffer);
  return readAttributes("snet", view, 0, view.byteLength).comm;
}
const descriptors = () => [...Deno.readDirSync("/proc/self/fd")].length;
await Deno.copyFile("/bin/sleep", "/dev/shm/snet-other");
`;

Deno.test(
  { name: "a thread that gets the number of another is not taken for it", ignore: !isRoot },
  async () => {
    const told = await inNamespaces(`${PRELUDE}
    for (const threadPidfd of [true, false]) {
      const table = new TaskTable(8, { threadPidfd, pidfdInfo: threadPidfd });
      const first = start("/bin/sleep");
      const before = table.of(first.pid);
      const name = comm(before);
      await end(first);
      const second = start("/dev/shm/snet-other", first.pid);
      if (second.pid !== first.pid) throw new Error("the number was not given again");
      const after = table.of(second.pid);
      console.log(name, comm(after), before === after, before.pidfd === after.pidfd);
      table.release(before);
      console.log(table.of(second.pid) === after);
      await end(second);
      console.log(table.of(second.pid), table.unreadable);
    }
    Deno.removeSync("/dev/shm/snet-other");
  `);
    const each = "sleep snet-other false false\ntrue\nundefined undefined";
    equal(told, `${each}\n${each}`);
  },
);

Deno.test({ name: "what is forgotten gives its descriptors back", ignore: !isRoot }, async () => {
  const told = await inNamespaces(`${PRELUDE}
    for (const threadPidfd of [true, false]) {
      using table = new TaskTable(2, { threadPidfd, pidfdInfo: threadPidfd });
      let most = 0;
      const before = descriptors();
      for (let i = 0; i < 20; i++) {
        const child = start("/bin/sleep");
        table.release(table.of(child.pid));
        await end(child);
        most = Math.max(most, descriptors() - before);
      }
      console.log(most <= 2 * 6);
      table.close();
      // The runtime has some of its own for a moment after a child's end.
      for (let tries = 0; tries < 500 && descriptors() > before; tries++) await new Promise((go) => setTimeout(go, 10));
      console.log(descriptors() <= before);
    }
    Deno.removeSync("/dev/shm/snet-other");
  `);
  equal(told, "true\ntrue\ntrue\ntrue");
});
