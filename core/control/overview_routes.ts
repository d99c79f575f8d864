/** The routes by which people see how all goes: what was decided lately, and how the plugins are set and do. */

import type { Hono } from "hono";
import { type HistorySpan, PATHS } from "./api.ts";
import type { Controlled, Environment } from "./app.ts";
import { RequestError } from "./request_error.ts";

const SPANS: readonly HistorySpan[] = ["hour", "day", "week"];

/** Adds the routes; `ownUid` is the daemon's user. */
export function overviewRoutes(
  app: Hono<Environment>,
  daemon: Pick<Controlled, "history" | "plugins">,
  ownUid: number,
): void {
  app.get(PATHS.history, (context) => {
    const span = context.req.query("span") ?? "hour";
    if (!isSpan(span)) throw new RequestError(400, `span: one of ${SPANS.join(", ")} is expected`);
    if (daemon.history === undefined) throw new RequestError(404, "Nothing is counted here");
    return context.json(daemon.history(span));
  });
  app.get(PATHS.plugins, async (context) => {
    if (daemon.plugins === undefined) throw new RequestError(404, "No plugins are told of here");
    const { uid } = context.env.peer;
    // The configuration may be for root alone to read; so is what it says.
    return context.json(await daemon.plugins(uid === 0 || uid === ownUid));
  });
}

function isSpan(text: string): text is HistorySpan {
  return SPANS.includes(text as HistorySpan);
}
