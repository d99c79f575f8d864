/** An event of a declared family, as a recording, a test or another program tells of it. */

import { EventFlag, Operand } from "../ffi/mod.ts";
import type { AttributeValue } from "./attribute.ts";
import { copyOf } from "./copy.ts";
import type { EventName, SnetEvent, Socket, Task } from "./event.ts";
import { noting, TASK_OPERANDS } from "./noting.ts";
import type { SourceEvent } from "./source.ts";
import { attributesOf, ticketBits } from "./subsystem.ts";

/** What is known of such an event; its attributes are of their declared types. */
export interface DeclaredEventInit {
  readonly id: bigint;
  readonly name: EventName;
  /** Bits of `EventFlag`. */
  readonly flags: number;
  /** When the call was held, nanoseconds of CLOCK_MONOTONIC. */
  readonly time: bigint;
  readonly timeLeft: number;
  readonly task: Task;
  readonly attributes: Readonly<Record<string, AttributeValue | undefined>>;
}

/** The socket of an event that is about none: AF_UNSPEC. */
const NO_SOCKET: Socket = Object.freeze({ family: 0, type: 0, protocol: 0, cookie: undefined });

/** Where `exe` is no name of what runs (ffi/event.ts). */
const EXE_IN_DOUBT = EventFlag.ExeUnlinked | EventFlag.ExeUnknown;

/** Notes in `read` what is looked at, as an event over a message does. */
export class DeclaredEvent implements SourceEvent {
  readonly id: bigint;
  readonly name: EventName;
  readonly time: bigint;
  readonly timeLeft: number;
  readonly task: Task;
  readonly socket: Socket = NO_SOCKET;
  readonly local = undefined;
  readonly remote = undefined;
  readonly backlog = undefined;
  readonly how = undefined;
  readonly messageFlags = undefined;
  readonly length = undefined;
  readonly payload = undefined;
  readonly attributes: Readonly<Record<string, AttributeValue | undefined>>;
  readonly #flags: number;
  readonly #message: (event: SnetEvent) => Uint8Array;
  #read = 0;

  /** `message` makes the bytes of an event. */
  constructor(init: DeclaredEventInit, message: (event: SnetEvent) => Uint8Array) {
    const note = (bits: number) => void (this.#read |= bits);
    this.id = init.id;
    this.name = init.name;
    this.time = init.time;
    this.timeLeft = init.timeLeft;
    this.#flags = init.flags;
    this.#message = message;
    const exeUnlinked = (init.flags & EXE_IN_DOUBT) !== 0;
    this.task = noting({ ...init.task, exeUnlinked }, TASK_OPERANDS, note);
    const bits = attributesOf(init.name).map(([name, spec]) => [name, ticketBits(spec)]);
    this.attributes = noting({ ...init.attributes }, Object.fromEntries(bits), note);
  }

  get flags(): number {
    this.#read |= Operand.Flags;
    return this.#flags;
  }
  get isNotice(): boolean {
    return (this.#flags & EventFlag.Notify) !== 0;
  }
  get message(): Uint8Array {
    return this.#message(this.copy());
  }
  get read(): number {
    return this.#read;
  }
  readVolatile(): void {
    this.#read |= Operand.Volatile;
  }
  copy(): SnetEvent {
    const read = this.#read;
    const copy = copyOf(this);
    this.#read = read;
    return copy;
  }
}
