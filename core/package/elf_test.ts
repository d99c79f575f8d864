import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { addProgram, ElfError, isPacked, readElf } from "./elf.ts";

/** A small position-independent x86_64 ELF: a program header table that describes itself, and one segment. */
function smallElf(): Uint8Array<ArrayBuffer> {
  const elf = new Uint8Array(0x300);
  const view = new DataView(elf.buffer);
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 3, true); // ET_DYN
  view.setUint16(18, 62, true); // x86_64
  view.setBigUint64(24, 0x1200n, true); // e_entry
  view.setBigUint64(32, 64n, true); // e_phoff
  view.setUint16(54, 56, true);
  view.setUint16(56, 2, true);
  const header = (at: number, type: number, offset: bigint, vaddr: bigint, filesz: bigint, memsz: bigint) => {
    view.setUint32(at, type, true);
    [offset, vaddr, vaddr, filesz, memsz].forEach((v, i) => view.setBigUint64(at + 8 + 8 * i, v, true));
  };
  header(64, 6, 64n, 64n, 112n, 112n); // PT_PHDR
  header(120, 1, 0n, 0n, 0x300n, 0x25000n); // PT_LOAD whose memory ends far behind its bytes
  return elf;
}

const addition = {
  stub: new Uint8Array([0x90, 0x90, 0x90, 0x00]),
  app: new TextEncoder().encode("console.log(1)"),
  name: "snet.js",
  words: ["run", "-A"],
  env: ["DENO_NO_UPDATE_CHECK=1"],
};

Deno.test("elf: the table moves behind every segment, at an offset equal to its address", () => {
  const out = addProgram(smallElf(), addition);
  const view = new DataView(out.buffer);
  const table = Number(view.getBigUint64(32, true));
  equal(table, 0x30000);
  equal(view.getUint16(56, true), 4);
  const fields = (i: number) => [8, 16].map((o) => Number(view.getBigUint64(table + 56 * i + o, true)));
  deepEqual(fields(0), [table, table], "PT_PHDR describes the new table");
  deepEqual(fields(2), [table, table], "the stub's segment");
  deepEqual(fields(3), [0x40000, 0x40000], "the program's segment");
  equal(view.getUint32(table + 56 * 2 + 4, true), 5, "the stub can be run, not written");
  equal(view.getUint32(table + 56 * 3 + 4, true), 4, "the program can only be read");
});

Deno.test("elf: the entry is the stub, and its header leads back to the old entry and to the program", () => {
  const out = addProgram(smallElf(), addition);
  const view = new DataView(out.buffer);
  const entry = Number(view.getBigUint64(24, true));
  deepEqual([...out.subarray(entry, entry + 3)], [0x90, 0x90, 0x90]);
  const header = entry + addition.stub.length - 1;
  const text = (at: number, length: number) => new TextDecoder().decode(out.subarray(at, at + length));
  const field = (i: number) => Number(view.getBigInt64(header + 8 + 8 * i, true));
  equal(text(header, 8), "snetapp1");
  equal(header + field(0), 0x1200);
  equal(text(header + field(1), field(2)), "console.log(1)");
  equal(text(header + field(3), 15), "snet.js\0run\0-A\0");
  equal(field(4), 2);
  equal(text(header + field(5), 23), "DENO_NO_UPDATE_CHECK=1\0");
  equal(field(6), 1);
});

Deno.test("elf: what deno had stays where it was", () => {
  const before = smallElf();
  const after = addProgram(before, addition);
  deepEqual(after.subarray(64, before.length), before.subarray(64));
});

Deno.test("elf: a file that carries a program already is refused", () => {
  const once = addProgram(smallElf(), addition);
  ok(isPacked(once));
  ok(!isPacked(smallElf()));
  throws(() => addProgram(once, addition), /already carries a program/);
});

Deno.test("elf: what it cannot add to is refused by name", () => {
  const broken = (change: (view: DataView) => void) => {
    const elf = smallElf();
    change(new DataView(elf.buffer));
    return () => readElf(elf);
  };
  throws(broken((v) => v.setUint8(0, 0)), /not an ELF file/);
  throws(broken((v) => v.setUint8(4, 1)), /64-bit little-endian/);
  throws(broken((v) => v.setUint8(5, 2)), /64-bit little-endian/);
  throws(
    broken((v) => v.setUint16(18, 183, true)),
    /machine 183 has no stub yet \(there is one for x86_64\)/,
  );
  throws(broken((v) => v.setUint16(16, 2, true)), /position independent/);
  throws(broken((v) => v.setUint16(54, 32, true)), /unknown size/);
  throws(broken((v) => v.setBigUint64(32, 0x2f0n, true)), /cut off in its program headers/);
  throws(broken((v) => v.setBigUint64(152, 0x400n, true)), /segment 1 goes past the end/);
  throws(broken((v) => v.setBigUint64(32, 1n << 60n, true)), /impossible offset/);
  throws(() => readElf(new Uint8Array(10)), ElfError);
  throws(() => addProgram(smallElf(), { ...addition, words: ["a\0b"] }), /a NUL inside "a\\u0000b"/);
});
