import { deepEqual, equal, throws } from "node:assert/strict";
import { ERRNO } from "../errno.ts";
import { TaskMemory } from "./memory.ts";

const PAGE = 4096;
const PROT_READ_WRITE = 3;
const MAP_PRIVATE_ANONYMOUS = 0x22;

const libc = Deno.dlopen("libc.so.6", {
  mmap: { parameters: ["pointer", "usize", "i32", "i32", "i32", "i64"], result: "pointer" },
  munmap: { parameters: ["pointer", "usize"], result: "i32" },
}).symbols;

/** Calls `use` with the address of one page that nothing follows. */
function withLonePage(use: (address: bigint) => void): void {
  const pages = libc.mmap(null, BigInt(2 * PAGE), PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0n);
  const address = Deno.UnsafePointer.value(pages);
  libc.munmap(Deno.UnsafePointer.create(address + BigInt(PAGE)), BigInt(PAGE));
  try {
    use(address);
  } finally {
    libc.munmap(pages, BigInt(PAGE));
  }
}

Deno.test("memory: what is written is read, also in the middle of a buffer", () => {
  const memory = new TaskMemory();
  withLonePage((address) => {
    const from = new TextEncoder().encode("0123456789") as Uint8Array<ArrayBuffer>;
    equal(memory.write(Deno.pid, address, from, 10), 10);
    const into = new Uint8Array(12);
    equal(memory.read(Deno.pid, address + 2n, into.subarray(3), 4), 4);
    deepEqual([...into], [0, 0, 0, 50, 51, 52, 53, 0, 0, 0, 0, 0]);
    equal(memory.read(Deno.pid, address, into, 0), 0);
  });
});

Deno.test("memory: reading stops where the readable memory ends", () => {
  const memory = new TaskMemory();
  withLonePage((address) => {
    const into = new Uint8Array(128);
    equal(memory.read(Deno.pid, address + BigInt(PAGE - 16), into, 128), 16);
    equal(memory.write(Deno.pid, address + BigInt(PAGE - 16), into, 128), 16);
    equal(memory.read(Deno.pid, address + BigInt(PAGE), into, 128), -ERRNO.EFAULT);
  });
});

Deno.test("memory: addresses that no program has are refused, not followed", () => {
  const memory = new TaskMemory();
  const into = new Uint8Array(16);
  equal(memory.read(Deno.pid, 0n, into, 16), -ERRNO.EFAULT);
  equal(memory.read(Deno.pid, 0xffff_ffff_ffff_fff8n, into, 16), -ERRNO.EFAULT);
  equal(memory.read(Deno.pid, 0xffff_8000_0000_0000n, into, 16), -ERRNO.EFAULT);
  equal(memory.read(0x3fff_ffff, 0n, into, 16), -ERRNO.ESRCH);
});

Deno.test("memory: a buffer that is too small is never overrun", () => {
  throws(() => new TaskMemory().read(Deno.pid, 0n, new Uint8Array(8), 9), RangeError);
});
