/** What the kernel answers without asking. */

import type { EventName } from "../../event.ts";
import type { AddressJson } from "./event.ts";
import type { RuleName } from "./stats.ts";

export interface TicketJson {
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
}
