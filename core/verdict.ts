import { ERRNO } from "../ffi/mod.ts";

/** What a plugin may answer. Undefined means "not mine": the next plugin is asked. */
export interface Verdict {
  /** `ask` passes the event on to the next plugin that can ask a person (`asks`). */
  readonly action: "allow" | "deny" | "ask";
  /** The reason, for people: it stands in the live table and the journal. */
  readonly why: string;
  /** The errno that a denied program sees, 1 to 133; EPERM if absent. */
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

/** The words for whom a remembered answer serves, the narrowest first. */
export const VERDICT_SCOPES = ["task", "children", "program"] as const satisfies Verdict["scope"][];

/** Numbers above are the kernel's own (ERESTARTSYS is 512): it takes them, but a program must never see them. */
export const HIGHEST_ERRNO: number = Math.max(...Object.values(ERRNO));

/** What a plugin answered, if it is a verdict; throws an Error that says what is wrong with it otherwise. */
export function checkVerdict(answer: unknown): Verdict {
  const { action, why, errno, remember, scope, rule } = (answer ?? {}) as Partial<Verdict>;
  if (action !== "allow" && action !== "deny" && action !== "ask") {
    throw new TypeError(`decide() returned ${describeAnswer(answer)} instead of a verdict or undefined`);
  }
  // Observers get it after the answer: what they stumbled over would end the thread that answers.
  if (typeof why !== "string") throw new TypeError("decide() returned a verdict without a reason");
  if (errno !== undefined && !(Number.isInteger(errno) && errno >= 1 && errno <= HIGHEST_ERRNO)) {
    throw new RangeError(`errno ${errno} is not between 1 and ${HIGHEST_ERRNO}`);
  }
  // What is none of these the thread that answers could not be told, or would stumble over.
  if (remember !== undefined && typeof remember !== "number") {
    throw new TypeError(`remember ${String(remember)} is not a number of milliseconds`);
  }
  if (rule !== undefined && typeof rule !== "number") {
    throw new TypeError(`rule ${String(rule)} is not a number`);
  }
  if (scope !== undefined && !VERDICT_SCOPES.includes(scope)) {
    throw new TypeError(`scope ${String(scope)} is not one of ${VERDICT_SCOPES.join(", ")}`);
  }
  return answer as Verdict;
}

function describeAnswer(answer: unknown): string {
  if (answer instanceof Promise) return "a promise (a plugin of the fast lane must not wait)";
  if (answer === null || typeof answer !== "object") return String(answer);
  return `action ${JSON.stringify((answer as { action?: unknown }).action)}`;
}
