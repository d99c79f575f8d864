/**
 * Every request that the API knows, in one place: the document at `/v1/openapi.json` is made from it and from the types in
 * core/control/api.ts (core/control/generate.ts), and so is what the roles of the page may change.
 */

import type { SessionRole } from "./api.ts";

/** A request and its answer; types are those of core/control/api.ts, by their names. */
export interface Operation {
  readonly method: "get" | "post" | "put" | "delete";
  /** With its parameters in braces: `/v1/rows/{number}`. */
  readonly path: string;
  readonly summary: string;
  /** What a session at the page must be to send it. */
  readonly role: SessionRole;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Of its JSON; or of the data of its server-sent events. */
  readonly answer?: string;
  readonly events?: string;
  /** Statuses besides 400, 401 and 403. */
  readonly failures?: readonly number[];
  /** True of what the page alone has, and the control socket has not. */
  readonly isOfPage?: boolean;
}

export const OPERATIONS: readonly Operation[] = [
  {
    ...{ method: "get", path: "/v1/status", role: "read", answer: "Status" },
    summary: "What runs, and with which configuration.",
  },
  {
    ...{ method: "get", path: "/v1/stats", role: "read", answer: "Stats" },
    summary: "What was counted, by cause.",
    query: { all: "Also rules without hits." },
  },
  {
    ...{ method: "get", path: "/v1/tickets", role: "read", answer: "TicketList" },
    summary: "What the kernel answers without asking.",
    query: { most: "No more than so many, those with the most hits; none where the kernel keeps very many." },
  },
  {
    ...{ method: "post", path: "/v1/tickets/flush", role: "admin", answer: "Flushed" },
    summary: "Drops all tickets. For root and the daemon's own user.",
  },
  {
    ...{ method: "post", path: "/v1/reload", role: "admin", answer: "Reloaded" },
    summary:
      "Reads the configuration again; if it is wrong nothing changes. For root and the daemon's own user.",
  },
  {
    ...{ method: "get", path: "/v1/events", role: "read", events: "Observation" },
    summary: "Each decision as it is made.",
  },
  {
    ...{ method: "get", path: "/v1/rows", role: "read", events: "RowBatch" },
    summary: "Decisions in lines, in batches that go on where a reader was.",
    query: { since: "The number of the last decision that is known; the id of each event is one." },
  },
  {
    ...{ method: "get", path: "/v1/rows/{number}", role: "read", answer: "DecisionJson", failures: [404] },
    summary:
      "One decision as a whole, while it is kept, and what is known of its program now. A command line is for root, the daemon's own user, and the user whose process it is.",
  },
  {
    ...{ method: "get", path: "/v1/history", role: "read", answer: "HistoryJson", failures: [404] },
    summary: "What was decided lately, in counts, while a page is served.",
    query: { span: "`hour`, `day` or `week`." },
  },
  {
    ...{ method: "get", path: "/v1/plugins", role: "read", answer: "PluginList" },
    summary:
      "The plugins, with their options as declared and set. Values are for root and the daemon's own user.",
  },
  {
    ...{ method: "post", path: "/v1/plugins/check", role: "admin", body: "OptionChangesJson" },
    ...{ answer: "OptionCheckJson", failures: [404, 409, 413, 503] },
    summary: "What is wrong with options of a plugin that are to be changed; nothing is written.",
  },
  {
    ...{ method: "put", path: "/v1/plugins/options", role: "admin", body: "OptionChangesJson" },
    ...{ answer: "OptionsSavedJson", failures: [404, 409, 413, 503] },
    summary:
      "Changes options of a plugin in the configuration's file and loads it; what cannot be loaded is not written. For root and the daemon's own user.",
  },
  {
    ...{ method: "post", path: "/v1/plugins/undo", role: "admin", answer: "OptionsSavedJson" },
    ...{ failures: [404, 409] },
    summary:
      "Puts back what stood in the configuration's file before options were last changed, and loads it.",
  },
  {
    ...{ method: "get", path: "/v1/rules", role: "read", answer: "RuleListJson", failures: [404] },
    summary: "The rules in their order, with how often and when last each was hit.",
  },
  {
    ...{ method: "get", path: "/v1/rules/file", role: "read", answer: "RuleFileText" },
    ...{ failures: [404, 409, 413] },
    summary:
      "What stands in a file of rules; one that not all may read is for root and the daemon's own user.",
    query: { path: "The file, as /v1/rules has it." },
  },
  {
    ...{ method: "put", path: "/v1/rules/file", role: "admin", body: "RuleSaveJson" },
    ...{ answer: "RuleFileText", failures: [404, 409, 413, 503] },
    summary:
      "Writes a file of rules and loads it; what cannot be loaded is not written. For root and the daemon's own user.",
  },
  {
    ...{ method: "post", path: "/v1/rules/check", role: "admin", body: "RuleDraftJson" },
    ...{ answer: "RuleCheckJson", failures: [404, 413, 503] },
    summary: "What is wrong with the text of a file of rules; nothing is written.",
  },
  {
    ...{ method: "post", path: "/v1/rules/move", role: "admin", body: "RuleMoveJson" },
    ...{ answer: "RuleFileText", failures: [404, 409, 413, 503] },
    summary: "Has a rule of a file asked earlier or later, writes the file and loads it.",
  },
  {
    ...{ method: "post", path: "/v1/rules/new", role: "admin", body: "RuleNewJson" },
    ...{ answer: "RuleFileText", failures: [404, 409] },
    summary: "Makes a file of rules that says nothing yet, where the configuration reads it, and loads it.",
  },
  {
    ...{ method: "put", path: "/v1/rules/profile", role: "admin", body: "RuleSwitchJson" },
    ...{ answer: "RuleProfilesJson", failures: [404, 409] },
    summary: "Makes another profile of rules active, or none, in the configuration's file, and loads it.",
  },
  {
    ...{ method: "post", path: "/v1/rules/make", role: "admin", body: "RuleMakeJson" },
    ...{ answer: "RuleMadeJson", failures: [404, 409, 413] },
    summary: "The file of rules with a rule that is made of a decision; nothing is written.",
  },
  {
    ...{ method: "post", path: "/v1/rules/preview", role: "admin", body: "RuleLookJson" },
    ...{ answer: "RulePreviewJson", failures: [404, 413, 429, 503] },
    summary: "What the text of a file of rules would have made different lately; nothing is written.",
  },
  {
    ...{
      method: "post",
      path: "/v1/rules/undo",
      role: "admin",
      answer: "RuleFileText",
      failures: [404, 409],
    },
    summary: "Puts back what stood in a file of rules before it was last written here, and loads it.",
  },
  {
    ...{ method: "get", path: "/v1/questions", role: "read", answer: "QuestionList" },
    summary: "What waits for people.",
  },
  {
    ...{
      method: "get",
      path: "/v1/questions/events",
      role: "read",
      events: "QuestionChange",
      failures: [503],
    },
    summary: "What waits for people, and what becomes of it.",
  },
  {
    ...{ method: "post", path: "/v1/questions/{id}/answer", role: "answer", body: "AnswerJson" },
    ...{ answer: "Answered", failures: [404, 409, 410, 413] },
    summary: "Answers a question. For whoever may answer it, which the question says.",
  },
  {
    ...{ method: "post", path: "/v1/web/links", role: "admin", body: "WebLinkJson", answer: "WebLink" },
    ...{ failures: [404, 503] },
    summary: "Makes a link that logs in at the page, as whoever asks.",
  },
  {
    ...{
      method: "get",
      path: "/v1/web/sessions",
      role: "read",
      answer: "WebSessionList",
      failures: [404, 503],
    },
    summary:
      "Who is logged in at the page: the sessions of whoever asks; all, for root and the daemon's own user.",
  },
  {
    ...{
      method: "delete",
      path: "/v1/web/sessions",
      role: "answer",
      answer: "LoggedOut",
      failures: [404, 503],
    },
    summary: "Ends all of these sessions.",
  },
  {
    ...{ method: "delete", path: "/v1/web/sessions/{id}", role: "answer", answer: "LoggedOut" },
    ...{ failures: [404, 503] },
    summary: "Ends one of these sessions.",
  },
  {
    ...{ method: "get", path: "/v1/openapi.json", role: "read" },
    summary: "This document.",
  },
  {
    ...{ method: "post", path: "/v1/session", role: "read", body: "WebLogin", answer: "WebBegun" },
    ...{ failures: [429], isOfPage: true },
    summary:
      "Logs in by the secret of a link, with a cookie and a key that are sent with each request from then on.",
  },
  {
    ...{ method: "get", path: "/v1/session", role: "read", answer: "WebVisitor", isOfPage: true },
    summary: "Who is logged in here.",
  },
  {
    ...{ method: "delete", path: "/v1/session", role: "read", answer: "WebEnded", isOfPage: true },
    summary: "Logs out.",
  },
];

/** Whether a session of a role may send what changes something. */
export function mayChange(role: SessionRole, method: string, path: string): boolean {
  if (role === "admin") return true;
  if (role === "read") return false;
  return ANSWERING.some(([of, pattern]) => of === method && pattern.test(path));
}

/** What the role `answer` may change. */
const ANSWERING = OPERATIONS.filter(({ method, role }) => method !== "get" && role !== "admin")
  .map(({ method, path }) =>
    [
      method.toUpperCase(),
      new RegExp(`^${path.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
    ] as const
  );
