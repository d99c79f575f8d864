import { deepEqual, equal } from "node:assert/strict";
import { ERRNO } from "./errno.ts";
import { close, prepareLibc } from "./libc.ts";
import { cLibrary, LIBC } from "./library.ts";

const errno = () => {
  const { __errno_location } = Deno.dlopen(LIBC[0]!, {
    __errno_location: { parameters: [], result: "pointer" },
  }).symbols;
  return new Int32Array(Deno.UnsafePointerView.getArrayBuffer(__errno_location()!, 4));
};

const isX86 = Deno.build.arch === "x86_64";

Deno.test({
  name: "a failed system call tells its own reason, whatever the thread's errno holds",
  ignore: !isX86,
  fn() {
    prepareLibc();
    const thread = errno();
    thread[0] = ERRNO.EAGAIN;
    equal(close(-1), -ERRNO.EBADF);
    equal(thread[0], ERRNO.EAGAIN);
  },
});

Deno.test({
  name: "syscall passes all six parameters on, and calls with fewer pass 0 for the others",
  ignore: !isX86,
  fn() {
    const { syscall, socket, send, recv } = cLibrary({
      syscall: { parameters: ["i64", "i64", "i64", "i64", "i64", "i64", "i64"], result: "i64" },
      socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
      send: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
      recv: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
    })();
    const fd = socket(2, 2, 0);
    const address = new Uint8Array(16);
    try {
      const at = (bytes: Uint8Array<ArrayBuffer>) => Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
      address.set([2, 0, 0, 0, 127, 0, 0, 1]);
      equal(syscall(49n, BigInt(fd), at(address), 16n, 0n, 0n, 0n), 0n, "bind");
      equal(syscall(51n, BigInt(fd), at(address), at(Uint8Array.of(16, 0, 0, 0)), 0n, 0n, 0n), 0n, "name");
      const [byte, got] = [Uint8Array.of(7), new Uint8Array(1)];
      equal(send(fd, byte, 1, 0), -ERRNO.EDESTADDRREQ);
      equal(syscall(44n, BigInt(fd), at(byte), 1n, 0n, at(address), 16n), 1n, "sendto");
      equal(recv(fd, got, 1, 0), 1);
      deepEqual(got, byte);
    } finally {
      close(fd);
    }
  },
});

Deno.test("where no code can be made, system calls are the C library's", async () => {
  const script = `
    const { close } = await import("${import.meta.resolve("./libc.ts")}");
    const { leavesReasonInErrno } = await import("${import.meta.resolve("./library.ts")}");
    const { CallThread } = await import("${import.meta.resolve("./call_thread.ts")}");
    using thread = new CallThread();
    const noThread = await thread.call(["syscall", 200, 0xffffffffn, 0n]);
    console.log(close(-1), noThread, leavesReasonInErrno());
  `;
  // A file in memory cannot be written to either where files have no length.
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `trap "" XFSZ; ulimit -f 0; exec "$0" eval "$1"`, Deno.execPath(), script],
    stderr: "inherit",
    env: { NO_COLOR: "1" },
  }).output();
  equal(new TextDecoder().decode(stdout), `-${ERRNO.EBADF} -${ERRNO.EINVAL} true\n`);
});
