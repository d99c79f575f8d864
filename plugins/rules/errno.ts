/** Error numbers of Linux by name (include/uapi/asm-generic/errno.h; the same on all but alpha, mips, parisc, sparc). */

import { didYouMean } from "../../core/mod.ts";

const BASE =
  `EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY
  EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM
  ERANGE EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP`.split(/\s+/);

const MORE: Readonly<Record<string, number>> = {
  EPROTO: 71,
  EBADMSG: 74,
  EOVERFLOW: 75,
  EUSERS: 87,
  ENOTSOCK: 88,
  EDESTADDRREQ: 89,
  EMSGSIZE: 90,
  EPROTOTYPE: 91,
  ENOPROTOOPT: 92,
  EPROTONOSUPPORT: 93,
  ESOCKTNOSUPPORT: 94,
  EOPNOTSUPP: 95,
  EPFNOSUPPORT: 96,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ENETRESET: 102,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOBUFS: 105,
  EISCONN: 106,
  ENOTCONN: 107,
  ESHUTDOWN: 108,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTDOWN: 112,
  EHOSTUNREACH: 113,
  EALREADY: 114,
  EINPROGRESS: 115,
  EDQUOT: 122,
  ECANCELED: 125,
  ENOKEY: 126,
  EKEYREJECTED: 129,
};

/** Number by name, such as ECONNREFUSED: 111. */
export const ERRNOS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(BASE.map((name, index) => [name, index + 1])),
  ...MORE,
};

// Numbers above are the kernel's own (ERESTARTSYS is 512); a program must never see them.
const HIGHEST = 133;

/** Reads the name or number of an error. Throws an Error that suggests the nearest name. */
export function parseErrno(text: string): number {
  const known = Object.hasOwn(ERRNOS, text.toUpperCase()) ? ERRNOS[text.toUpperCase()] : undefined;
  if (known !== undefined) return known;
  if (!/^\d+$/.test(text)) {
    const hint = didYouMean(text, Object.keys(ERRNOS));
    throw new Error(`unknown errno "${text}"${hint || "; write a name such as ECONNREFUSED"}`);
  }
  const value = Number(text);
  if (value < 1 || value > HIGHEST) throw new Error(`errno ${text} is not one from 1 to ${HIGHEST}`);
  return value;
}

/** Name of an error, or its number as text. */
export function errnoName(value: number): string {
  return Object.keys(ERRNOS).find((name) => ERRNOS[name] === value) ?? String(value);
}
