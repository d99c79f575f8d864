/** What is known of the program that called, besides its event. Every text is printable. */

import type { Observation, ParentJson } from "./event.ts";
import type { TicketJson } from "./ticket.ts";

/** Where a program runs, as the path of its cgroup says. */
export interface PlaceJson {
  /** Below the root of the hierarchy. */
  readonly path: string;
  /** The unit that systemd runs it in: `ssh.service`, `session-3.scope`. */
  readonly unit?: string;
  /** The unit of the user's own manager, which may be called anything; `unit` is that manager then. */
  readonly userUnit?: string;
  /** The innermost slice that root has made: `user-1000.slice`. */
  readonly slice?: string;
  /** The container, by the name that its runtime has given the cgroup. */
  readonly container?: {
    readonly runtime: string;
    readonly id: string;
    readonly pod?: string;
    /** True below a unit, such as the manager of a user's own, whose user may name cgroups as it likes. */
    readonly isClaimed?: boolean;
  };
}

/** The process that called, as it was found. */
export interface ProcessJson {
  /**
   * `runs`: it still runs the same program; `changed`: it runs another one by now; `ended`: it is gone; `elsewhere`: it is on
   * another machine, or cannot be seen from here.
   */
  readonly state: "runs" | "changed" | "ended" | "elsewhere";
  /** When what follows was found out; absent where nothing was. */
  readonly seen?: string;
  /** What it runs now, where that is another program. */
  readonly program?: string;
  /** Its arguments as one would type them. The program writes them itself: they prove nothing. */
  readonly command?: string;
  /** The script that an interpreter runs, by the same word. */
  readonly script?: string;
  /** True where arguments are not told, as they may hold secrets: they are for root and the user whose process it is. */
  readonly isWithheld?: boolean;
  /** Its parent first, then that one's, up to six. */
  readonly parents?: readonly ParentJson[];
  /** Who logged in, where that is another user than the process runs as. */
  readonly loginUser?: string;
  readonly place?: PlaceJson;
}

/** A decision with what is known of it now. */
export interface DecisionJson extends Observation {
  /** Absent where nobody looks. */
  readonly process?: ProcessJson;
  /** What would answer such a call now without asking; `none`, or absent where that cannot be told. */
  readonly ticket?: TicketJson | "none";
}
