/** `snet web`: logs people in at the page, and shows who is there. */

import {
  type LoggedOut,
  PATHS,
  type SessionRole,
  type WebLink,
  type WebLinkJson,
  type WebSession,
  type WebSessionList,
} from "../control/api.ts";
import { ControlClient } from "./client.ts";
import { type Output, printJson } from "./output.ts";
import { pad, widthOf } from "./text.ts";

/** Options of every command here. */
export interface WebOptions {
  readonly json?: boolean;
  readonly socket: string;
}

/** Prints a link that logs in; what there is to know about it stands on standard error. */
export async function link(
  { role, json, socket }: WebOptions & { readonly role?: SessionRole },
  output: Output,
): Promise<void> {
  using client = new ControlClient(socket);
  const body: WebLinkJson = role === undefined ? {} : { role };
  const made = await client.post<WebLink>(PATHS.webLinks, body);
  if (json) return printJson(output, made);
  output.line(made.link);
  for (const line of linkWords(made)) output.error(line);
}

const MAY: Readonly<Record<SessionRole, string>> = {
  read: "sees, and changes nothing",
  answer: "sees, and answers questions",
  admin: "may do all that root may",
};

/** What there is to know about a link. */
export function linkWords({ link, user, role, socket }: WebLink): string[] {
  const { port } = new URL(link);
  const through = socket === undefined
    ? []
    : [`Before, on the machine of the browser: ssh -L ${port}:${socket} HOST`];
  return [
    `Open it within a minute; it works once. Whoever opens it is ${user} here and ${MAY[role]}.`,
    ...through,
  ];
}

/** Lists who is logged in. */
export async function list({ json, socket }: WebOptions, output: Output): Promise<void> {
  using client = new ControlClient(socket);
  const { sessions } = await client.get<WebSessionList>(PATHS.webSessions);
  if (json) return printJson(output, sessions);
  if (sessions.length === 0) return output.line("Nobody is logged in.");
  for (const line of sessionLines(sessions)) output.line(line);
}

/** The sessions as lines below a header. */
export function sessionLines(sessions: readonly WebSession[]): string[] {
  const rows = [
    ["ID", "USER", "ROLE", "SINCE", "USED", "STREAMS"],
    ...sessions.map(({ id, user, role, since, used, streams }) => [
      ...[id, user, role, timeText(since), timeText(used), String(streams)],
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => widthOf(row[column]!))));
  return rows.map((row) => row.map((cell, column) => pad(cell, widths[column]!)).join("  ").trimEnd());
}

function timeText(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}`;
}

/** Ends the sessions of these ids, or all that one may end. */
export async function logOut(
  ids: readonly string[],
  { json, socket }: WebOptions,
  output: Output,
): Promise<void> {
  using client = new ControlClient(socket);
  let ended = 0;
  const paths = ids.length === 0
    ? [PATHS.webSessions]
    : ids.map((id) => `${PATHS.webSessions}/${encodeURIComponent(id)}`);
  for (const path of paths) ended += (await client.delete<LoggedOut>(path)).ended;
  if (json) return printJson(output, { ended });
  output.line(`Ended ${ended} ${ended === 1 ? "session" : "sessions"}.`);
}
