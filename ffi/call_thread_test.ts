import { deepEqual, equal } from "node:assert/strict";
import { CallThread } from "./call_thread.ts";
import { ERRNO } from "./errno.ts";

const SYS = { gettid: 186, getuid: 102, close: 3, uname: 63 };

Deno.test("call thread: calls are made on a thread of their own, with memory of this process", async () => {
  using thread = new CallThread();
  const name = new Uint8Array(new ArrayBuffer(6 * 65));
  const [tid, named] = await thread.run([["syscall", SYS.gettid], ["syscall", SYS.uname, name]]);
  equal(tid !== Deno.pid, true);
  equal(named, 0);
  equal(new TextDecoder().decode(name.subarray(0, 5)), "Linux");
  equal(await thread.call(["syscall", SYS.gettid]), tid);
});

Deno.test("call thread: the calls behind one that fails are not made", async () => {
  using thread = new CallThread();
  const results = await thread.run([["syscall", SYS.close, 0xffff_ffffn], ["syscall", SYS.getuid]]);
  deepEqual(results, [-ERRNO.EBADF]);
});
