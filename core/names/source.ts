/** What sources of names have in common. */

import type { NameSourceJson } from "./status.ts";
import type { Log } from "../log.ts";
import type { NameAnswer } from "./dns.ts";

/** A resolver that is listened to. */
export interface NameSource {
  status(): NameSourceJson;
  /** Believes this user from now on instead of the former, and root as ever. */
  trust(uid: number | undefined): void;
  /** Tells nothing any more, and gives up what it holds. */
  close(): void;
}

/** What a source is given. */
export interface SourceParts {
  readonly onAnswer: (answer: NameAnswer) => void;
  readonly log: Log;
  /** Wall clock, milliseconds since 1970; for people only. */
  readonly clock: () => number;
  /** Calls `act` after so many milliseconds, unless what it returns is called before. */
  readonly later: (milliseconds: number, act: () => void) => () => void;
}

/** What a source counts. */
export class SourceCounts {
  /** Answers that told names. */
  answers = 0;
  /** What else came: errors, answers without an address, questions. */
  others = 0;
  /** What could not be read. */
  malformed = 0;
  /** Connections that ended by themselves. */
  lost = 0;
  /** Connections of those who are not trusted. */
  refused = 0;

  /** Takes what was read; gives it on if it tells names. */
  take(answer: NameAnswer | string | undefined, onAnswer: (answer: NameAnswer) => void): void {
    if (typeof answer !== "object") return void this.others++;
    this.answers++;
    onAnswer(answer);
  }

  get json(): Pick<NameSourceJson, "answers" | "others" | "malformed" | "lost" | "refused"> {
    const { answers, others, malformed, lost, refused } = this;
    return { answers, others, malformed, lost, refused };
  }
}
