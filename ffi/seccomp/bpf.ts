/**
 * Classic BPF as seccomp filters use it (seccomp(2), linux/bpf_common.h). A filter is put together of pieces that either
 * return or hand on to what stands behind them; jumps go forward over whole pieces, so nobody counts instructions.
 */

import { addressOf } from "../call_thread.ts";

/** One struct sock_filter. */
export interface Instruction {
  readonly code: number;
  /** Instructions to skip where the comparison holds. */
  readonly whenTrue: number;
  /** Instructions to skip where it does not. */
  readonly whenFalse: number;
  /** The operand, unsigned 32 bits. */
  readonly k: number;
}

/** Instructions that stand one behind the other. */
export type Piece = readonly Instruction[];

/** Codes of the instructions in use. */
export const Code = {
  /** BPF_LD | BPF_W | BPF_ABS: A = 32 bits of struct seccomp_data. */
  Load: 0x20,
  /** BPF_JMP | BPF_JEQ | BPF_K */
  JumpIfEqual: 0x15,
  /** BPF_JMP | BPF_JSET | BPF_K: A & k != 0 */
  JumpIfSet: 0x45,
  /** BPF_RET | BPF_K */
  Return: 0x06,
} as const;

/** Where the members of struct seccomp_data lie; the halves of arguments on a little-endian machine. */
export const Data = {
  nr: 0,
  arch: 4,
  low: (argument: number): number => 16 + 8 * argument,
  high: (argument: number): number => 20 + 8 * argument,
} as const;

/** BPF_MAXINSNS of linux/bpf_common.h. */
const MOST_INSTRUCTIONS = 4096;
/** A jump's distance is one byte. */
const FARTHEST = 255;
const INSTRUCTION_BYTES = 8;

/** A = the word at an offset of struct seccomp_data. */
export function load(offset: number): Piece {
  return [{ code: Code.Load, whenTrue: 0, whenFalse: 0, k: offset }];
}

/** Ends the filter with a SECCOMP_RET_x value. */
export function returns(value: number): Piece {
  return [{ code: Code.Return, whenTrue: 0, whenFalse: 0, k: value }];
}

/** Runs `then` where A is `value`. */
export function ifEqual(value: number, then: Piece): Piece {
  return [{ code: Code.JumpIfEqual, whenTrue: 0, whenFalse: distance(then), k: value }, ...then];
}

/** Runs `then` where A is one of `values`. */
export function ifAnyOf(values: readonly number[], then: Piece): Piece {
  const [value, ...others] = values;
  if (value === undefined) return [];
  if (others.length === 0) return ifEqual(value, then);
  const rest = ifAnyOf(others, then);
  return [{ code: Code.JumpIfEqual, whenTrue: rest.length - then.length, whenFalse: 0, k: value }, ...rest];
}

/** Runs `then` where A and `bits` have a bit in common. */
export function ifAnySet(bits: number, then: Piece): Piece {
  return [{ code: Code.JumpIfSet, whenTrue: 0, whenFalse: distance(then), k: bits }, ...then];
}

/** Runs `then` where a 64-bit argument is not 0; A is one of its halves afterwards. */
export function ifNotZero(argument: number, then: Piece): Piece {
  const high: Piece = [
    ...load(Data.high(argument)),
    { code: Code.JumpIfEqual, whenTrue: distance(then), whenFalse: 0, k: 0 },
  ];
  return [
    ...load(Data.low(argument)),
    { code: Code.JumpIfEqual, whenTrue: 0, whenFalse: high.length, k: 0 },
    ...high,
    ...then,
  ];
}

function distance(piece: Piece): number {
  if (piece.length > FARTHEST) throw new RangeError(`A jump over ${piece.length} instructions, at most 255`);
  return piece.length;
}

/** The bytes of a filter: an array of struct sock_filter, for struct sock_fprog. */
export function assemble(filter: Piece): Uint8Array<ArrayBuffer> {
  if (filter.length > MOST_INSTRUCTIONS) throw new RangeError(`A filter of ${filter.length} instructions`);
  const view = new DataView(new ArrayBuffer(INSTRUCTION_BYTES * filter.length));
  filter.forEach(({ code, whenTrue, whenFalse, k }, index) => {
    const at = INSTRUCTION_BYTES * index;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, whenTrue);
    view.setUint8(at + 3, whenFalse);
    view.setUint32(at + 4, k, true);
  });
  return new Uint8Array(view.buffer);
}

/** struct sock_fprog, and the filter behind it. */
export function filterProgram(filter: Uint8Array): Uint8Array<ArrayBuffer> {
  const HEADER_BYTES = 16;
  const bytes = new Uint8Array(new ArrayBuffer(HEADER_BYTES + filter.length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, filter.length / INSTRUCTION_BYTES, true);
  view.setBigUint64(8, addressOf(bytes) + BigInt(HEADER_BYTES), true);
  bytes.set(filter, HEADER_BYTES);
  return bytes;
}
