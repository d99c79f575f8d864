/** How the reactor's Worker holds on to its source: what differs from one kind of source to another. */

import type { LinkOutline } from "./chain.ts";
import type { EventName } from "./event.ts";
import type { Deadline } from "./kernel.ts";
import type { Attached, News } from "./reactor_messages.ts";
import type { PreparedConfig } from "./setup.ts";
import type { Source } from "./source.ts";

/** A source in the Worker's hands. `links` are all of the chain, also those of the slow lane. */
export interface Attachment {
  readonly source: Source;
  /** How things stand since {@linkcode Attachment.attach}. */
  readonly attached: Attached;
  /** The generation of tickets under which decisions are made now. */
  readonly generation: number;
  /** Whether calls can be put on hold, past the time when the source answers by itself. */
  readonly canHold: boolean;
  /** When the source answers by itself, and how. */
  readonly deadlineOf: (event: EventName) => Deadline;
  /** Has calls held from now on: whatever takes time must be done before. */
  attach(config: PreparedConfig, links: readonly LinkOutline[]): void;
  /** Takes another configuration over and drops all tickets; if that fails it throws, and all is as before. */
  load(config: PreparedConfig, links: readonly LinkOutline[]): void;
  /** Drops all tickets; returns how many there were. */
  flush(): number;
  /** The source's own counters. */
  readonly counts?: Readonly<Record<string, number>>;
  /** Tells what has come up; called after each turn. */
  report?(tell: (news: News) => void): void;
}
