/**
 * The control API: JSON over HTTP on the daemon's unix socket, and at its page. core/control/operations.ts is the table
 * of its requests, api/ has what they carry; OpenAPI is made of both and served at `/v1/openapi.json`.
 *
 * Errors have status 4xx or 5xx and a body {@linkcode Failure}. What an event lacks is absent in its JSON; 64-bit
 * numbers are decimal texts, bytes are hexadecimal texts, times are ISO 8601.
 */

export type * from "./api/event.ts";
export type * from "./api/history.ts";
export type * from "./api/plugin.ts";
export type * from "./api/process.ts";
export type * from "./api/question.ts";
export type * from "./api/rule.ts";
export type * from "./api/stats.ts";
export type * from "./api/status.ts";
export type * from "./api/ticket.ts";
export type * from "./api/web.ts";

/** Where the daemon listens unless its configuration says otherwise. */
export const DEFAULT_SOCKET = "/run/snet/snet.sock";

/** The paths, so that client and server cannot differ. */
export const PATHS = {
  status: "/v1/status",
  stats: "/v1/stats",
  tickets: "/v1/tickets",
  flush: "/v1/tickets/flush",
  reload: "/v1/reload",
  events: "/v1/events",
  rows: "/v1/rows",
  history: "/v1/history",
  plugins: "/v1/plugins",
  pluginCheck: "/v1/plugins/check",
  pluginOptions: "/v1/plugins/options",
  pluginUndo: "/v1/plugins/undo",
  rules: "/v1/rules",
  ruleFile: "/v1/rules/file",
  ruleCheck: "/v1/rules/check",
  ruleUndo: "/v1/rules/undo",
  rulePreview: "/v1/rules/preview",
  ruleMove: "/v1/rules/move",
  ruleMake: "/v1/rules/make",
  ruleNew: "/v1/rules/new",
  ruleProfile: "/v1/rules/profile",
  questions: "/v1/questions",
  questionEvents: "/v1/questions/events",
  webLinks: "/v1/web/links",
  webSessions: "/v1/web/sessions",
  openapi: "/v1/openapi.json",
} as const;

/** Where the answer to a question goes. */
export function answerPath(id: string): string {
  return `${PATHS.questions}/${id}/answer`;
}

/** Why a request was refused; several lines where a configuration has several mistakes. */
export interface Failure {
  readonly error: string;
}
