/** What runs, and what a change of it did. */

import type { EventName } from "../../event.ts";
import type { PageState } from "./web.ts";

export interface Status {
  readonly version: string;
  readonly pid: number;
  readonly started: string;
  /** Its path; of a run the command line. */
  readonly config: string;
  /** When the configuration was last taken over. */
  readonly loaded: string;
  /** Why the last try to reload was refused; absent if it was not. */
  readonly refused?: string;
  readonly source: {
    /** `clients`: no kernel, but daemons of other machines (`snet serve`); `program`: that of `snet run`. */
    readonly kind: "kernel" | "clients" | "program";
    /** Where clients are listened for. */
    readonly listen?: string;
    readonly attached: boolean;
    /** Events that are asked about, and those asked for that this kernel lacks. */
    readonly events: readonly EventName[];
    readonly missing: readonly EventName[];
    readonly families: readonly string[];
    /** Names of what this kernel can do: `hooks`, `tickets`, `hold`, `loadable`. */
    readonly features: readonly string[];
    /** Milliseconds in which a call is answered, and the kernel's answer past them. */
    readonly delay: number;
    readonly policy: "allow" | "deny";
    /** Times that the reactor was started again after it had died. */
    readonly restarts: number;
  };
  /** `pass`, of a server: its clients go on by themselves. */
  readonly default: "allow" | "deny" | "pass";
  readonly plugins: readonly { readonly name: string; readonly rules: number }[];
  /** The profile of rules that is active; absent where none is. */
  readonly profile?: string;
  /** Open event streams. */
  readonly observers: number;
  /** Absent where none is wanted, and of a server. */
  readonly page?: PageState;
}

export interface Flushed {
  /** Tickets dropped. */
  readonly dropped: number;
}

export interface Reloaded {
  readonly loaded: string;
  readonly plugins: readonly { readonly name: string; readonly rules: number }[];
}
