/** What a plugin may answer. Undefined means "not mine": the next plugin is asked. */
export interface Verdict {
  /** `ask` passes the event on to the next plugin that can ask a person. */
  readonly action: "allow" | "deny" | "ask";
  /** The reason, for people: it stands in the live table and the journal. */
  readonly why: string;
  /** The errno that a denied program sees; EPERM if absent. */
  readonly errno?: number;
  /** Milliseconds for which the kernel may repeat the answer without asking. */
  readonly remember?: number;
  /** Whom the remembered answer serves; `task` if absent. */
  readonly scope?: "task" | "children" | "program";
  /** The plugin's own number (below 2^20) for the rule that answered; hits are reported under it. */
  readonly rule?: number;
}

/** What becomes of a verdict besides its action and its reason. */
export type VerdictOptions = Omit<Verdict, "action" | "why">;

/** Let the call pass. */
export function allow(why: string, options: VerdictOptions = {}): Verdict {
  return { ...options, action: "allow", why };
}

/** Let the call fail. */
export function deny(why: string, options: VerdictOptions = {}): Verdict {
  return { ...options, action: "deny", why };
}

/** Let a person decide: the next plugin that can ask is asked, or the default answers. */
export function ask(why: string): Verdict {
  return { action: "ask", why };
}
