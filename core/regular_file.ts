/** Files whose folders others may write to: what is no plain file holds nobody up, and what has no end is not read to it. */

import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

/** Bytes: more than the longest list of addresses that is of any use. */
const LARGEST = 256 * 1024 * 1024;

/**
 * The bytes of a plain file. Throws at once for a FIFO or a device, for more than `most` bytes, and for a file whose owner keeps
 * it by a lease (fcntl(2)): Deno.errors, or an Error that says what it is.
 */
export function readRegularFile(path: string, most = LARGEST): Uint8Array<ArrayBuffer> {
  const fd = openPlain(path);
  try {
    const status = fstatSync(fd);
    if (status.isDirectory()) throw new Deno.errors.IsADirectory(path);
    if (!status.isFile()) throw new Error("it is no plain file");
    if (status.size > most) throw new Error(`it has ${status.size} bytes; ${most} are the most`);
    return new Uint8Array(readFileSync(fd));
  } finally {
    closeSync(fd);
  }
}

/** Whoever opens a FIFO waits for another to do so too, unless it says that it will not. */
function openPlain(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw new Deno.errors.NotFound(message);
    if (code === "EACCES" || code === "EPERM") throw new Deno.errors.PermissionDenied(message);
    if (code === "EAGAIN") throw new Error("its owner keeps others from opening it");
    throw error;
  }
}
