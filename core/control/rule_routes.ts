/** The routes by which people see and change rules. */

import type { Hono } from "hono";
import { SCOPES } from "../questions/scope_words.ts";
import { type AnswerScope, PATHS } from "./api.ts";
import type { Controlled, Environment } from "./app.ts";
import { fieldsOf, isPlace, textsIn, textsOf } from "./body.ts";
import type { UserName } from "../cli/users.ts";
import type { Recent } from "./recent.ts";
import { RequestError } from "./request_error.ts";

/** Adds the routes that change nothing; `ownUid` is the daemon's user. */
export function rulesSeen(app: Hono<Environment>, daemon: Pick<Controlled, "rules">, ownUid: number): void {
  const mayChange = (uid: number | undefined) => uid === 0 || uid === ownUid;
  app.get(
    PATHS.rules,
    async (context) => context.json(await deskOf(daemon).list(mayChange(context.env.peer.uid))),
  );
  app.get(PATHS.ruleFile, (context) => {
    const path = context.req.query("path");
    if (path === undefined) throw new RequestError(400, "path: which file is wanted?");
    return context.json(deskOf(daemon).file(path, mayChange(context.env.peer.uid)));
  });
}

/** Adds the routes that are for who may change the daemon, which the caller has made sure of. */
export function rulesChanged(
  app: Hono<Environment>,
  daemon: Pick<Controlled, "rules" | "options">,
  recent: Recent,
  userName: UserName,
): void {
  app.post(PATHS.ruleCheck, async (context) => {
    const body = textsOf(await context.req.text(), ["path", "text"]);
    return context.json(await deskOf(daemon).check(body));
  });
  app.post(PATHS.rulePreview, async (context) => {
    const { isFormer = false, ...body } = fieldsOf(await context.req.text(), ["path", "text", "isFormer"]);
    if (typeof isFormer !== "boolean") throw new RequestError(400, "isFormer: true or false is expected");
    const draft = { ...textsIn(body, ["path", "text"]), isFormer };
    return context.json(await deskOf(daemon).preview(draft, recent.all(), userName));
  });
  app.post(PATHS.ruleMove, async (context) => {
    const { path, tag, from, to } = fieldsOf(await context.req.text(), ["path", "tag", "from", "to"]);
    if (typeof path !== "string" || typeof tag !== "string" || !isPlace(from) || !isPlace(to)) {
      throw new RequestError(400, "path and tag: texts are expected; from and to: places from 0");
    }
    return context.json(await deskOf(daemon).move({ path, tag, from, to }));
  });
  app.post(PATHS.ruleNew, async (context) => {
    const wanted = textsOf(await context.req.text(), ["folder", "name"]);
    return context.json(await deskOf(daemon).begin(wanted));
  });
  app.put(PATHS.ruleProfile, async (context) => {
    const { name } = fieldsOf(await context.req.text(), ["name"]);
    if (typeof name !== "string" && name !== null) {
      throw new RequestError(400, "name: a text is expected, or null for none");
    }
    const { options } = daemon;
    if (options === undefined) throw new RequestError(404, "No options can be changed here");
    return context.json(await deskOf(daemon).switch(name, options));
  });
  app.post(PATHS.ruleMake, async (context) => {
    const { row, action, scope } = fieldsOf(await context.req.text(), ["row", "action", "scope"]);
    if (!isPlace(row)) throw new RequestError(400, "row: the number of a decision is expected");
    if (action !== "allow" && action !== "deny") {
      throw new RequestError(400, "action: allow or deny is expected");
    }
    if (scope !== undefined && !isScope(scope)) {
      throw new RequestError(400, `scope: one of ${SCOPES.join(", ")} is expected`);
    }
    const observation = recent.at(row);
    if (observation === undefined) throw new RequestError(404, `Decision ${row} is not kept any more`);
    return context.json(
      deskOf(daemon).make(observation, { row, action, ...(scope !== undefined && { scope }) }, userName),
    );
  });
  app.put(PATHS.ruleFile, async (context) => {
    const body = textsOf(await context.req.text(), ["path", "text", "tag"]);
    return context.json(await deskOf(daemon).save(body));
  });
  app.post(PATHS.ruleUndo, async (context) => context.json(await deskOf(daemon).undo()));
}

function deskOf({ rules }: Pick<Controlled, "rules">): NonNullable<Controlled["rules"]> {
  if (rules === undefined) throw new RequestError(404, "There are no rules here");
  return rules;
}

function isScope(value: unknown): value is AnswerScope {
  return SCOPES.includes(value as AnswerScope);
}
