import { deepEqual, equal } from "node:assert/strict";
import { CommandLines } from "./command_lines.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Reads that end when the test says so, and time in its hand. */
function stage() {
  const reads: PromiseWithResolvers<Uint8Array>[] = [];
  const timers = new Set<() => void>();
  const lines = new CommandLines({
    read() {
      const read = Promise.withResolvers<Uint8Array>();
      reads.push(read);
      return read.promise;
    },
    after(_, task) {
      timers.add(task);
      return () => timers.delete(task);
    },
  });
  return { lines, reads, expire: () => timers.forEach((task) => task()), timers };
}

Deno.test("command lines: arguments as they stand there, the last cut where there is more", async () => {
  const of = async (text: string) => {
    const { lines, reads } = stage();
    const told = lines.of(1, 0);
    reads[0]!.resolve(bytes(text));
    return await told;
  };
  deepEqual(await of("curl\0-H\0\0a b\0"), ["curl", "-H", "", "a b"]);
  deepEqual(await of("nginx: worker process\0\0\0\0"), ["nginx: worker process"]);
  deepEqual(await of(""), []);
  deepEqual((await of(`x\0${"a".repeat(4094)}`))!.at(-1), `${"a".repeat(4094)}…`);
});

Deno.test("command lines: a process that lets its reader hang holds up nobody, and takes no one else's place", async () => {
  const { lines, reads, expire, timers } = stage();
  const hanging = [lines.of(1, 1000), lines.of(2, 1000)];
  expire();
  deepEqual(await Promise.all(hanging), [undefined, undefined]);
  equal(await lines.of(3, 1000), undefined);
  equal(reads.length, 2);
  const other = lines.of(4, 0);
  reads[2]!.resolve(bytes("cron\0"));
  deepEqual(await other, ["cron"]);
  // Once a read has come to an end, there is room again.
  reads[0]!.reject(new Error("gone"));
  await reads[0]!.promise.catch(() => {});
  await Promise.resolve();
  const again = lines.of(5, 1000);
  reads[3]?.resolve(bytes("sh\0"));
  deepEqual(await again, ["sh"]);
  timers.clear();
});

Deno.test("command lines: many users at once have room for few", async () => {
  const { lines, reads, expire } = stage();
  const told = Array.from({ length: 20 }, (_, uid) => lines.of(uid, uid));
  equal(reads.length, 8);
  expire();
  deepEqual(new Set(await Promise.all(told)), new Set([undefined]));
});

Deno.test("command lines: this process tells its own", async () => {
  const own = await new CommandLines().of(Deno.pid, Deno.uid()!);
  equal(own![0]!.includes("deno"), true);
  equal(await new CommandLines().of(0x7fff_fff0, 0), undefined);
});
