/** The routes by which people get into the page, and see who is there. */

import type { Hono } from "hono";
import type { Logins } from "../web/page.ts";
import { type LoggedOut, PATHS, type SessionRole } from "./api.ts";
import type { Environment } from "./app.ts";
import { fieldsOf } from "./body.ts";
import { RequestError } from "./request_error.ts";

const ROLES: readonly SessionRole[] = ["read", "answer", "admin"];

/** Adds the routes. Who may do what, the logins say. */
export function webRoutes(app: Hono<Environment>, daemon: { logins?(): Logins }): void {
  const logins = () => {
    if (daemon.logins === undefined) throw new RequestError(404, "There is no page here");
    return daemon.logins();
  };
  app.post(PATHS.webLinks, async (context) => {
    const role = parseRole(await context.req.text());
    return context.json(logins().invite(context.env.peer, role));
  });
  app.get(PATHS.webSessions, (context) => context.json(logins().list(context.env.peer)));
  app.delete(PATHS.webSessions, (context) => {
    const ended: LoggedOut = { ended: logins().end(context.env.peer, undefined) };
    return context.json(ended);
  });
  app.delete(`${PATHS.webSessions}/:id`, (context) => {
    const ended: LoggedOut = { ended: logins().end(context.env.peer, context.req.param("id")) };
    return context.json(ended);
  });
}

/** The role that a body wants; undefined where it says none. Throws a RequestError. */
function parseRole(text: string): SessionRole | undefined {
  if (text === "") return undefined;
  const { role } = fieldsOf(text, ["role"]);
  if (role === undefined || ROLES.includes(role as SessionRole)) return role as SessionRole | undefined;
  throw new RequestError(400, `role: one of ${ROLES.join(", ")} is expected`);
}
