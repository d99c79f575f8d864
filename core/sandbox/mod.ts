/**
 * Plugins that are not trusted: each runs in a process of its own, confined by the kernel, and speaks JSON lines with the
 * daemon (README.md).
 *
 * @module
 */

export { openSandbox } from "./open.ts";
export { DEFAULT_LIMITS, NO_GRANTS } from "./spec.ts";
export type { Grants, Limits, Sandbox, SandboxSpec } from "./spec.ts";
