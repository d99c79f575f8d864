/** A question of a call that waits, or that a signal has interrupted. */

import { ERRNO } from "../errno.ts";
import { Action, Event, EVENT_NAMES, type EventName } from "../protocol.ts";
import type { End } from "./counts.ts";
import type { InterceptedCall } from "./held_call.ts";

/** The kernel takes a greater number for an address (MAX_ERRNO of include/linux/err.h). */
export const LAST_ERRNO = 4095;

/** One question to the chain. */
export class Question {
  /** 0 for allow, or a positive errno; undefined as long as it is open. */
  answer: number | undefined;
  /** How a call ends that it denies. */
  end: End = "denied";
  /** The call that waits for it; undefined while a signal has interrupted that. */
  call: InterceptedCall | undefined;
  /** Until when it may be answered, milliseconds of performance.now(). */
  deadline = Infinity;

  /**
   * A question that is open.
   *
   * @param id verdict id @param text what it says, as `EventWriter.copy` gives it
   */
  constructor(readonly id: bigint, readonly event: Event, readonly text: Uint8Array) {}

  get name(): EventName | undefined {
    return EVENT_NAMES[this.event];
  }
}

/** What a program sees of an answer: 0, or the errno; a denial without one is that which programs expect. */
export function errnoOf(event: Event, action: Action, errno: number): number {
  if (action === Action.Allow) return 0;
  if (errno > 0 && errno <= LAST_ERRNO) return errno;
  return event === Event.SnetPostAccept ? ERRNO.ECONNABORTED : ERRNO.EPERM;
}
