/**
 * A shared object made of functions of a few instructions each, for Linux on x86_64: what a linker would write, with nothing
 * but names and code. See elf(5) and the System V ABI, chapter 5; ld.so of glibc and of musl opens it.
 */

/** Parts of the file: where it lies there is where it lies in memory, but for the dynamic section, a page further on. */
const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;
const SYMBOL_BYTES = 24;
const ENTRY_BYTES = 16;
const PAGE = 4096;

const MACHINE_X86_64 = 62;
const SHARED_OBJECT = 3;
const CURRENT = 1;

/** PT_x and PF_x: `Stack` says that the stack is not to be made executable. */
const Segment = { Load: 1, Dynamic: 2, Stack: 0x6474e551 } as const;
const Access = { Execute: 1, Write: 2, Read: 4 } as const;
/** DT_x. */
const Tag = { Null: 0, Hash: 4, Strings: 5, Symbols: 6, StringsSize: 10, SymbolSize: 11, Name: 14 } as const;

/** STB_GLOBAL and STT_FUNC; any section but 0 is one of this file. */
const GLOBAL_FUNCTION = 0x12;
const SOME_SECTION = 1;

/** The file, for dlopen(3). `name` is its DT_SONAME, by which ld.so knows it once it is loaded. */
export function sharedObject(
  name: string,
  functions: ReadonlyMap<string, Uint8Array>,
): Uint8Array<ArrayBuffer> {
  const names = [name, ...functions.keys()];
  const strings = new TextEncoder().encode(`\0${names.map((one) => `${one}\0`).join("")}`);
  const nameAt = (index: number) => names.slice(0, index).reduce((at, one) => at + one.length + 1, 1);
  const count = functions.size + 1; // the first symbol is none
  const hashAt = HEADER_BYTES + 4 * SEGMENT_BYTES;
  const symbolsAt = aligned(hashAt + 4 * (2 + 1 + count), 8);
  const stringsAt = symbolsAt + count * SYMBOL_BYTES;
  const codeAt = aligned(stringsAt + strings.length, 16);
  const code = [...functions.values()];
  const codeEnd = code.reduce((end, one) => aligned(end + one.length, 16), codeAt);
  const dynamic = [
    [Tag.Name, nameAt(0)],
    [Tag.Hash, hashAt],
    [Tag.Strings, stringsAt],
    [Tag.StringsSize, strings.length],
    [Tag.Symbols, symbolsAt],
    [Tag.SymbolSize, SYMBOL_BYTES],
    [Tag.Null, 0],
  ] as const;
  const dynamicSize = dynamic.length * ENTRY_BYTES;
  const file = new Uint8Array(codeEnd + dynamicSize);
  const view = new DataView(file.buffer);
  const u16 = (at: number, value: number) => view.setUint16(at, value, true);
  const u32 = (at: number, value: number) => view.setUint32(at, value, true);
  const u64 = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true);

  file.set([0x7f, 0x45, 0x4c, 0x46, /* 64 bit */ 2, /* little endian */ 1, CURRENT]);
  u16(16, SHARED_OBJECT);
  u16(18, MACHINE_X86_64);
  u32(20, CURRENT);
  u64(32, HEADER_BYTES); // where the segments are told
  u16(52, HEADER_BYTES);
  u16(54, SEGMENT_BYTES);
  u16(56, 4);
  const segment = (index: number, type: number, access: number, at: number, memory: number, size: number) => {
    const start = HEADER_BYTES + index * SEGMENT_BYTES;
    u32(start, type);
    u32(start + 4, access);
    u64(start + 8, at);
    u64(start + 16, memory);
    u64(start + 24, memory);
    u64(start + 32, size);
    u64(start + 40, size);
    u64(start + 48, type === Segment.Load ? PAGE : 8);
  };
  // ld.so of older glibc writes into the dynamic section.
  const write = Access.Read | Access.Write;
  segment(0, Segment.Load, Access.Read | Access.Execute, 0, 0, codeEnd);
  segment(1, Segment.Load, write, codeEnd, codeEnd + PAGE, dynamicSize);
  segment(2, Segment.Dynamic, write, codeEnd, codeEnd + PAGE, dynamicSize);
  segment(3, Segment.Stack, write, 0, 0, 0);

  // One bucket, in which each symbol leads to the one before.
  u32(hashAt, 1);
  u32(hashAt + 4, count);
  u32(hashAt + 8, count - 1);
  for (let i = 1; i < count; i++) u32(hashAt + 12 + 4 * i, i - 1);
  file.set(strings, stringsAt);
  for (let i = 0, at = codeAt; i < code.length; at = aligned(at + code[i]!.length, 16), i++) {
    const symbol = symbolsAt + (i + 1) * SYMBOL_BYTES;
    u32(symbol, nameAt(i + 1));
    view.setUint8(symbol + 4, GLOBAL_FUNCTION);
    u16(symbol + 6, SOME_SECTION);
    u64(symbol + 8, at);
    u64(symbol + 16, code[i]!.length);
    file.set(code[i]!, at);
  }
  dynamic.forEach(([tag, value], i) => {
    u64(codeEnd + i * ENTRY_BYTES, tag);
    u64(codeEnd + i * ENTRY_BYTES + 8, value);
  });
  return file;
}

function aligned(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
