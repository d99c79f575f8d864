/** Another process's memory (process_vm_readv(2)). */

import { result } from "../libc.ts";
import { cLibrary } from "../library.ts";

// A size_t and an unsigned long are given as u32, as a u64 would have to be a bigint.
const libc = cLibrary({
  process_vm_readv: {
    parameters: ["i32", /* pid_t */ "buffer", /* struct iovec * */ "u32", "buffer", "u32", "u32"],
    result: "i32", /* ssize_t */
  },
  process_vm_writev: {
    parameters: ["i32", /* pid_t */ "buffer", /* struct iovec * */ "u32", "buffer", "u32", "u32"],
    result: "i32", /* ssize_t */
  },
});

/** Where the memory of a buffer lies: finding it out costs more than the system call that follows. */
const addresses = new WeakMap<ArrayBuffer, bigint>();

/** Where iov_len lies, in 32-bit words; its upper half is 0. */
const LENGTH = 2;

/** Reads and writes the memory of other processes, without allocating where the same buffers are used again. */
export class TaskMemory {
  /** struct iovec of this process. */
  readonly #own = new BigUint64Array(new ArrayBuffer(16));
  readonly #ownWords = new Uint32Array(this.#own.buffer);
  readonly #ownBytes = new Uint8Array(this.#own.buffer);
  /** struct iovec of the other. */
  readonly #remote = new BigUint64Array(new ArrayBuffer(16));
  /** Whose address the first one holds. */
  #last: Uint8Array<ArrayBuffer> | undefined;
  readonly #remoteWords = new Uint32Array(this.#remote.buffer);
  readonly #remoteBytes = new Uint8Array(this.#remote.buffer);

  /** Opens the C library, so that the first read need not. */
  prepare(): void {
    libc();
  }

  /**
   * Reads `length` bytes into a buffer that holds as many.
   *
   * @returns bytes read, fewer where readable memory ends before; -EFAULT where nothing can be read, -ESRCH, -EPERM.
   */
  read(tid: number, address: bigint, into: Uint8Array<ArrayBuffer>, length: number): number {
    if (length === 0) return 0;
    this.#point(address, into, length);
    return result(libc().process_vm_readv(tid, this.#ownBytes, 1, this.#remoteBytes, 1, 0));
  }

  /** Writes the first `length` bytes of a buffer: bytes written, or a negative errno as {@linkcode read}. */
  write(tid: number, address: bigint, from: Uint8Array<ArrayBuffer>, length: number): number {
    if (length === 0) return 0;
    this.#point(address, from, length);
    return result(libc().process_vm_writev(tid, this.#ownBytes, 1, this.#remoteBytes, 1, 0));
  }

  #point(address: bigint, bytes: Uint8Array<ArrayBuffer>, length: number): void {
    if (length > bytes.byteLength) throw new RangeError(`${length} bytes do not fit ${bytes.byteLength}`);
    // Most read into the same memory again.
    if (bytes !== this.#last) this.#own[0] = addressOf(bytes);
    this.#last = bytes;
    this.#remote[0] = address;
    this.#ownWords[LENGTH] = this.#remoteWords[LENGTH] = length;
  }
}

function addressOf({ buffer, byteOffset }: Uint8Array<ArrayBuffer>): bigint {
  let address = addresses.get(buffer);
  if (address === undefined) {
    address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(new Uint8Array(buffer)));
    addresses.set(buffer, address);
  }
  return byteOffset === 0 ? address : address + BigInt(byteOffset);
}
