/**
 * Adds a program to deno's own ELF file, so that the file runs it. The result is the same ELF with the program
 * header table moved to its end (as `deno compile` does) and two segments more: the table, the entry stub
 * (stub.c) and its words; and the program. The entry point is the stub.
 */

/** What is added to deno. */
export interface Addition {
  /** Machine code of stub.c, ending in one placeholder byte where its header goes. */
  readonly stub: Uint8Array;
  /** The bundled program. */
  readonly app: Uint8Array;
  /** Name of the memfd that will hold the program. */
  readonly name: string;
  /** Words between argv[0] and the program's path, such as `run`. */
  readonly words: readonly string[];
  /** `NAME=value` for names that the environment lacks. */
  readonly env: readonly string[];
}

/** Thrown for a file that cannot be added to; the message says what was found and what is needed. */
export class ElfError extends Error {
  override readonly name = "ElfError";
}

/** e_machine of the machines that stub.c knows. */
export const MACHINES: Readonly<Record<number, string>> = { 62: "x86_64" };

// Offsets and values from elf(5), 64-bit little-endian.
const EHDR_SIZE = 64;
const PHDR_SIZE = 56;
const E_TYPE = 16, E_MACHINE = 18, E_ENTRY = 24, E_PHOFF = 32, E_PHENTSIZE = 54, E_PHNUM = 56;
const P_TYPE = 0,
  P_FLAGS = 4,
  P_OFFSET = 8,
  P_VADDR = 16,
  P_PADDR = 24,
  P_FILESZ = 32,
  P_MEMSZ = 40,
  P_ALIGN = 48;
const ET_DYN = 3, PT_LOAD = 1, PT_PHDR = 6, PF_X = 1, PF_R = 4;

/** The largest page of any supported machine (aarch64 has kernels with 64 KiB pages). */
const PAGE = 0x10000;

/** Size of `struct header` in stub.c. */
const HEADER_SIZE = 64;
const MAGIC = "snetapp1";

interface ElfInfo {
  readonly entry: number;
  readonly tableAt: number;
  readonly tableCount: number;
  /** First address behind every segment. */
  readonly end: number;
}

/** Checks and reads the parts of an ELF file that matter here. */
export function readElf(elf: Uint8Array): ElfInfo {
  const view = viewOf(elf);
  if (elf.length < EHDR_SIZE || view.getUint32(0) !== 0x7f454c46) throw new ElfError("not an ELF file");
  if (view.getUint8(4) !== 2 || view.getUint8(5) !== 1) {
    throw new ElfError("not a 64-bit little-endian ELF file");
  }
  const machine = view.getUint16(E_MACHINE, true);
  if (!(machine in MACHINES)) {
    throw new ElfError(
      `machine ${machine} has no stub yet (there is one for ${Object.values(MACHINES).join(", ")})`,
    );
  }
  if (view.getUint16(E_TYPE, true) !== ET_DYN) {
    throw new ElfError("not position independent (ET_DYN is needed)");
  }
  if (view.getUint16(E_PHENTSIZE, true) !== PHDR_SIZE) {
    throw new ElfError("program headers of an unknown size");
  }
  const tableAt = readU64(view, E_PHOFF);
  const tableCount = view.getUint16(E_PHNUM, true);
  if (tableAt + tableCount * PHDR_SIZE > elf.length) throw new ElfError("cut off in its program headers");

  let end = elf.length;
  for (let i = 0; i < tableCount; i++) {
    const at = tableAt + i * PHDR_SIZE;
    if (view.getUint32(at + P_TYPE, true) !== PT_LOAD) continue;
    if (readU64(view, at + P_OFFSET) + readU64(view, at + P_FILESZ) > elf.length) {
      throw new ElfError(`cut off: segment ${i} goes past the end of the file`);
    }
    end = Math.max(end, readU64(view, at + P_VADDR) + readU64(view, at + P_MEMSZ));
  }
  return { entry: readU64(view, E_ENTRY), tableAt, tableCount, end };
}

/** True where the file was made by {@linkcode addProgram}: adding to it again would nest. */
export function isPacked(elf: Uint8Array): boolean {
  const { entry } = readElf(elf);
  // The file's new part has equal offsets and addresses, so the stub is at its entry; its header follows soon.
  const near = elf.subarray(entry, entry + PAGE);
  return new TextDecoder("latin1").decode(near).includes(MAGIC);
}

/** Returns a copy of `elf` (deno) that runs `addition.app`. Throws {@linkcode ElfError}. */
export function addProgram(elf: Uint8Array, addition: Addition): Uint8Array<ArrayBuffer> {
  const { entry, tableAt, tableCount, end } = readElf(elf);
  if (isPacked(elf)) throw new ElfError("it already carries a program; take deno itself");
  const { stub, app } = addition;
  const words = join([addition.name, ...addition.words]);
  const env = join(addition.env);

  // Offset and address are equal here: before 5.18 the kernel tells ld.so of the table by its offset (AT_PHDR).
  const base = roundUp(end, PAGE);
  const tableSize = PHDR_SIZE * (tableCount + 2);
  const stubAt = base + roundUp(tableSize, 64);
  const headerAt = stubAt + stub.length - 1;
  const wordsAt = headerAt + HEADER_SIZE;
  const envAt = wordsAt + words.length;
  const codeEnd = envAt + env.length;
  const appAt = roundUp(codeEnd, PAGE);

  const out = new Uint8Array(appAt + app.length);
  const view = viewOf(out);
  out.set(elf);
  out.set(elf.subarray(tableAt, tableAt + tableCount * PHDR_SIZE), base);
  for (let i = 0; i < tableCount; i++) {
    const at = base + i * PHDR_SIZE;
    if (view.getUint32(at + P_TYPE, true) !== PT_PHDR) continue;
    for (const field of [P_OFFSET, P_VADDR, P_PADDR]) writeU64(view, at + field, base);
    for (const field of [P_FILESZ, P_MEMSZ]) writeU64(view, at + field, tableSize);
  }
  writeSegment(view, base + tableCount * PHDR_SIZE, PF_R | PF_X, base, codeEnd - base);
  writeSegment(view, base + (tableCount + 1) * PHDR_SIZE, PF_R, appAt, app.length);

  out.set(stub, stubAt);
  out.set(new TextEncoder().encode(MAGIC), headerAt);
  const header = [
    entry - headerAt,
    appAt - headerAt,
    app.length,
    wordsAt - headerAt,
    addition.words.length,
    envAt - headerAt,
    addition.env.length,
  ];
  header.forEach((value, i) => writeU64(view, headerAt + MAGIC.length + 8 * i, value));
  out.set(words, wordsAt);
  out.set(env, envAt);
  out.set(app, appAt);

  writeU64(view, E_ENTRY, stubAt);
  writeU64(view, E_PHOFF, base);
  view.setUint16(E_PHNUM, tableCount + 2, true);
  return out;
}

function writeSegment(view: DataView, at: number, flags: number, offset: number, size: number): void {
  view.setUint32(at + P_TYPE, PT_LOAD, true);
  view.setUint32(at + P_FLAGS, flags, true);
  for (const field of [P_OFFSET, P_VADDR, P_PADDR]) writeU64(view, at + field, offset);
  for (const field of [P_FILESZ, P_MEMSZ]) writeU64(view, at + field, size);
  writeU64(view, at + P_ALIGN, PAGE);
}

/** NUL-ended texts, one behind the other. */
function join(texts: readonly string[]): Uint8Array {
  for (const text of texts) {
    if (text.includes("\0")) throw new ElfError(`a NUL inside ${JSON.stringify(text)}`);
  }
  return new TextEncoder().encode(texts.map((text) => `${text}\0`).join(""));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

function readU64(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new ElfError(`an impossible offset 0x${value.toString(16)}`);
  }
  return Number(value);
}

/** Two's complement: a distance may be negative. */
function writeU64(view: DataView, at: number, value: number): void {
  view.setBigInt64(at, BigInt(value), true);
}
