/** What the kernel answers without asking. */

import type { EventName } from "../../event.ts";
import type { AddressJson } from "./event.ts";
import type { RuleName } from "./stats.ts";

export interface TicketJson {
  /** What it is about, in a line, without what it leaves open: `connect tcp to 192.0.2.1:443`; printable, as the following. */
  readonly what?: string;
  /** Whose calls it answers: a name, or a number. */
  readonly user?: string;
  readonly event: EventName;
  readonly scope: "task" | "children" | "program";
  /** Names of the operands that it matches besides those always held. */
  readonly key: readonly string[];
  readonly action: "allow" | "deny";
  readonly errno?: number;
  readonly errnoName?: string;
  /** Milliseconds. */
  readonly timeLeft: number;
  readonly hits: number;
  readonly plugin?: string;
  readonly rule?: RuleName;
  readonly pid?: number;
  readonly uid?: number;
  readonly comm?: string;
  readonly exe?: string;
  readonly family?: number;
  readonly type?: number;
  readonly protocol?: number;
  readonly local?: AddressJson;
  readonly remote?: AddressJson;
}

export interface TicketList {
  readonly tickets: readonly TicketJson[];
  /** Tickets that are not listed, where no more than `most` were wanted. */
  readonly more?: number;
}
