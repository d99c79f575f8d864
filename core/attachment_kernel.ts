/** The reactor at the snet kernel. */

import { Feature, SnetSocket } from "../ffi/mod.ts";
import type { SettingsReply } from "../ffi/mod.ts";
import type { Attachment } from "./attachment.ts";
import type { LinkOutline } from "./chain.ts";
import { eventMask, familyMask } from "./events.ts";
import type { EventName } from "./event.ts";
import { configureKernel, deadlines, wantedEvents } from "./kernel.ts";
import type { Deadline, Wanted } from "./kernel.ts";
import type { Attached } from "./reactor_messages.ts";
import type { PreparedConfig } from "./setup.ts";
import type { KernelSource } from "./source.ts";

/** Name shown to a second daemon that finds the kernel taken. */
const ATTACH_NAME = "snet daemon";

export class KernelAttachment implements Attachment {
  readonly source: KernelSource;
  attached!: Attached;
  generation = 0;
  deadlineOf!: (event: EventName) => Deadline;
  #config!: PreparedConfig;

  /** `baseline`: the kernel's settings before snet first changed them; undefined to read them. */
  constructor(source: KernelSource, readonly baseline: SettingsReply | undefined) {
    this.source = source;
  }

  get canHold(): boolean {
    return (this.attached.features & Feature.Hold) !== 0;
  }

  static open(baseline: SettingsReply | undefined): KernelAttachment {
    return new KernelAttachment(SnetSocket.open(), baseline);
  }

  attach(config: PreparedConfig, links: readonly LinkOutline[]): void {
    const { source } = this;
    const wanted = wantedBy(config, links, source.settings().features ?? 0);
    const { generation, features, delay, policy } = source.attach({
      name: ATTACH_NAME,
      events: eventMask(wanted.events),
      families: familyMask(config.families),
      flags: config.kernel.attachFlags,
      payloadMax: config.kernel.payload,
    });
    const baseline = this.baseline ?? source.settings();
    this.generation = generation;
    this.attached = { ...wanted, features, delay, policy, fd: source.fd, baseline };
    this.#configure(config, wanted);
    this.#config = config;
  }

  load(config: PreparedConfig, links: readonly LinkOutline[]): void {
    const { events, missing, features } = this.attached;
    try {
      this.#configure(config, wantedBy(config, links, features));
      // Nothing is decided between here and the other chain, so no ticket of the former can follow.
      this.flush();
    } catch (error) {
      // What the kernel took before it refused is taken back.
      this.#configure(this.#config, { events, missing });
      throw error;
    }
    this.#config = config;
  }

  flush(): number {
    const { generation, count } = this.source.flush();
    this.generation = generation;
    return count;
  }

  #configure(config: PreparedConfig, wanted: Wanted): void {
    const { baseline } = this.attached;
    configureKernel(this.source, config, wanted.events, baseline);
    const { delay, policy } = this.source.settings();
    this.attached = {
      ...this.attached,
      ...wanted,
      delay: delay ?? this.attached.delay,
      policy: policy ?? this.attached.policy,
    };
    this.deadlineOf = deadlines(config, baseline);
  }
}

function wantedBy(config: PreparedConfig, links: readonly LinkOutline[], features: number): Wanted {
  return wantedEvents(config.events, links.flatMap(({ events, undecided = events }) => undecided), features);
}
