/** A message that the program sends: struct msghdr and struct iovec of 64-bit programs, copied once. */

import { LITTLE_ENDIAN } from "../attributes.ts";
import { ERRNO } from "../errno.ts";
import type { HeldCall } from "./call.ts";
import { fixedBytes } from "./libc.ts";
import { SOCKADDR_STORAGE } from "./sockaddr.ts";
import { type HeldSocket, readAll } from "./socket.ts";

/** Bytes of struct msghdr and of struct mmsghdr, and where their members lie. */
export const MSGHDR = {
  size: 56,
  name: 0,
  nameLength: 8,
  vector: 16,
  vectorLength: 24,
  control: 32,
  controlLength: 40,
  flags: 48,
} as const;
export const MMSGHDR = { size: 64, length: 56 } as const;

/** struct iovec in 64-bit words. */
const IOVEC = { bytes: 16, words: 2, base: 0, length: 1 } as const;

/** UIO_MAXIOV, MAX_RW_COUNT and INT_MAX of the kernel. */
const VECTORS_MOST = 1024n;
const BYTES_MOST = 0x7fff_f000;
const INT_MAX = 0x7fff_ffffn;

/** More control data than any net.core.optmem_max of practice (128 KB by default): ENOBUFS, as past that. */
const CONTROL_MOST = 1024n * 1024n;

/** Vectors that need no memory of their own: more than most programs use. */
const FEW = 8;

/** No address of a user: the kernel's half. */
const KERNEL_HALF = 1n << 63n;

const header = fixedBytes(MSGHDR.size);
const headerView = new DataView(header.buffer);

/** Messages of calls that are over: their memory serves the next. */
const free: Message[] = [];

/** What is sent, and where it lies in the program. Made by {@linkcode Message.take}, given back by `release`. */
export class Message {
  /** True where the program gave an address, be it of no bytes; the bytes are in the socket's `address`. */
  hasAddress = false;
  /** Bytes in all. */
  length = 0;
  /** MSG_x of the call. */
  flags = 0;
  /** msg_flags of the header. */
  ownFlags = 0;
  /** Control data, copied. */
  control: Uint8Array<ArrayBuffer> | undefined;
  /** First bytes, copied when they are asked about: what was judged is what is sent. */
  shown: Uint8Array<ArrayBuffer> | undefined;
  /** Bytes of `shown` that are there. */
  shownLength = 0;
  readonly #few = new BigUint64Array(new ArrayBuffer(FEW * IOVEC.bytes));
  #vectors = this.#few;
  #count = 0;

  static take(): Message {
    return free.pop() ?? new Message();
  }

  /** Forgets what it held. */
  release(): void {
    this.#vectors = this.#few;
    this.control = undefined;
    this.shownLength = 0;
    free.push(this);
  }

  /** Becomes the message of sendto(2), whose address is read by itself. */
  setBuffer(base: bigint, length: bigint, flags: number): number {
    this.#begin(flags);
    this.#few[IOVEC.base] = base;
    this.#few[IOVEC.length] = length;
    this.#vectors = this.#few;
    this.#count = 1;
    // import_ubuf(): a length is cut, not refused.
    this.length = length > BYTES_MOST ? BYTES_MOST : Number(length);
    return base >= KERNEL_HALF ? -ERRNO.EFAULT : 0;
  }

  /**
   * Copies the header at `pointer` with all but the bytes to be sent, in the order of ___sys_sendmsg().
   *
   * @param withControl false where the kernel will read the control data itself
   * @returns 0, or a negative errno.
   */
  readHeader(
    call: HeldCall,
    socket: HeldSocket,
    pointer: bigint,
    flags: number,
    withControl: boolean,
  ): number {
    const failed = readAll(call, pointer, header, MSGHDR.size);
    if (failed < 0) return failed;
    this.#begin(flags);
    // What follows reads into other memory: the header is taken apart first.
    const name = headerView.getBigUint64(MSGHDR.name, LITTLE_ENDIAN);
    const nameLength = headerView.getInt32(MSGHDR.nameLength, LITTLE_ENDIAN);
    const vector = headerView.getBigUint64(MSGHDR.vector, LITTLE_ENDIAN);
    const count = headerView.getBigUint64(MSGHDR.vectorLength, LITTLE_ENDIAN);
    const control = headerView.getBigUint64(MSGHDR.control, LITTLE_ENDIAN);
    const controlLength = headerView.getBigUint64(MSGHDR.controlLength, LITTLE_ENDIAN);
    this.ownFlags = headerView.getInt32(MSGHDR.flags, LITTLE_ENDIAN);
    return this.#readAddress(call, socket, name, nameLength) || this.#readVectors(call, vector, count) ||
      (withControl ? this.#readControl(call, control, controlLength) : 0);
  }

  /**
   * Copies bytes of the message from the program.
   *
   * @returns bytes copied, fewer where memory ends; a negative errno where there are none.
   */
  gather(call: HeldCall, from: number, into: Uint8Array<ArrayBuffer>, length: number): number {
    const vectors = this.#vectors;
    if (this.#count === 1) return call.read(vectors[IOVEC.base]! + BigInt(from), into, length);
    let copied = 0;
    let skip = from;
    for (let i = 0; i < this.#count && copied < length; i++) {
      const size = Math.min(Number(vectors[i * IOVEC.words + IOVEC.length]!), BYTES_MOST);
      if (skip >= size) {
        skip -= size;
        continue;
      }
      const wanted = Math.min(size - skip, length - copied);
      const read = call.read(
        vectors[i * IOVEC.words + IOVEC.base]! + BigInt(skip),
        into.subarray(copied),
        wanted,
      );
      if (read < 0) return copied || read;
      copied += read;
      skip = 0;
      if (read < wanted) break;
    }
    return copied;
  }

  /** Copies the first bytes, at most `most`, into {@linkcode shown}: 0, or a negative errno. */
  show(call: HeldCall, most: number): number {
    const length = Math.min(most, this.length);
    if (this.shown === undefined || this.shown.length < most) this.shown = fixedBytes(most);
    const copied = this.gather(call, 0, this.shown, length);
    this.shownLength = Math.max(0, copied);
    return copied < 0 ? copied : 0;
  }

  /**
   * Copies bytes that are to be sent: those that were shown as they were shown, the others as they are now.
   *
   * @returns as {@linkcode gather}.
   */
  fill(call: HeldCall, from: number, into: Uint8Array<ArrayBuffer>, length: number): number {
    const judged = this.shownLength - from;
    if (judged <= 0) return this.gather(call, from, into, length);
    // The whole message was copied: nothing need be read again.
    const copied = judged >= length ? length : this.gather(call, from, into, length);
    if (copied < 0) return copied;
    const end = from + Math.min(judged, copied);
    for (let i = from; i < end; i++) into[i - from] = this.shown![i]!;
    return copied;
  }

  #begin(flags: number): void {
    this.hasAddress = false;
    this.length = 0;
    this.flags = flags;
    this.ownFlags = 0;
    this.control = undefined;
    this.shownLength = 0;
  }

  #readAddress(call: HeldCall, socket: HeldSocket, name: bigint, length: number): number {
    socket.addressLength = 0;
    if (length < 0) return -ERRNO.EINVAL;
    if (name === 0n || length === 0) return 0;
    this.hasAddress = true;
    return socket.copyAddress(call, name, Math.min(length, SOCKADDR_STORAGE));
  }

  #readVectors(call: HeldCall, pointer: bigint, count: bigint): number {
    if (count > VECTORS_MOST) return -ERRNO.EMSGSIZE;
    this.#count = Number(count);
    this.#vectors = this.#count <= FEW
      ? this.#few
      : new BigUint64Array(new ArrayBuffer(this.#count * IOVEC.bytes));
    if (this.#count === 0) return 0;
    const bytes = new Uint8Array(this.#vectors.buffer);
    const failed = readAll(call, pointer, bytes, this.#count * IOVEC.bytes);
    return failed < 0 ? failed : this.#checkVectors();
  }

  #checkVectors(): number {
    const vectors = this.#vectors;
    for (let i = 0; i < this.#count; i++) {
      if (vectors[i * IOVEC.words + IOVEC.length]! >= KERNEL_HALF) return -ERRNO.EINVAL;
    }
    for (let i = 0; i < this.#count; i++) {
      if (vectors[i * IOVEC.words + IOVEC.base]! >= KERNEL_HALF) return -ERRNO.EFAULT;
      const left = BYTES_MOST - this.length;
      const size = vectors[i * IOVEC.words + IOVEC.length]!;
      this.length += size > left ? left : Number(size);
    }
    return 0;
  }

  #readControl(call: HeldCall, pointer: bigint, length: bigint): number {
    if (length === 0n) return 0;
    if (length > INT_MAX || length > CONTROL_MOST) return -ERRNO.ENOBUFS;
    this.control = fixedBytes(Number(length));
    return readAll(call, pointer, this.control, this.control.length);
  }
}
