/** Who makes an intercepted call. */

/** A thread that waits in a call. */
export interface HeldTask {
  /** Thread id as the supervisor sees it. */
  readonly tid: number;
  /** Process (thread group) id. */
  readonly pid: number;
  /** When the process started, nanoseconds of CLOCK_BOOTTIME. */
  readonly startTime: bigint;
  /** Bits of `EventFlag` about the executable. */
  readonly flags: number;
  /** Encoded attributes of the message, from `pid` to `mntns`, and `cmdline`, `parents`. */
  readonly attributes: Uint8Array<ArrayBuffer>;
  /** A pidfd of its process, for pidfd_getfd(2). */
  readonly pidfd: number;
  /** A descriptor of /proc/TID. */
  readonly procfs: number;
}
