/** The routes by which options of plugins are changed: for who may change the daemon, which the caller has made sure of. */

import type { Hono } from "hono";
import { type OptionChangesJson, PATHS } from "./api.ts";
import type { Controlled, Environment } from "./app.ts";
import { fieldsOf, isPlace } from "./body.ts";
import { RequestError } from "./request_error.ts";

/** Adds the routes. */
export function optionRoutes(app: Hono<Environment>, daemon: Pick<Controlled, "options">): void {
  const desk = () => {
    if (daemon.options === undefined) throw new RequestError(404, "No options can be changed here");
    return daemon.options;
  };
  app.post(
    PATHS.pluginCheck,
    async (context) => context.json(await desk().check(changesOf(await context.req.text()))),
  );
  app.put(
    PATHS.pluginOptions,
    async (context) => context.json(await desk().save(changesOf(await context.req.text()))),
  );
  app.post(PATHS.pluginUndo, async (context) => context.json(await desk().undo()));
}

/** What a body asks for; the values are for the desk to look at, which knows the options. Throws a RequestError. */
function changesOf(body: string): OptionChangesJson {
  const { entry, name, tag, changes } = fieldsOf(body, ["entry", "name", "tag", "changes"]);
  if (!isPlace(entry)) throw new RequestError(400, "entry: a place from 0 is expected");
  if (typeof name !== "string" || typeof tag !== "string") {
    throw new RequestError(400, "name and tag: texts are expected");
  }
  if (typeof changes !== "object" || changes === null || Array.isArray(changes)) {
    throw new RequestError(400, "changes: an object of options is expected");
  }
  return { entry, name, tag, changes: changes as OptionChangesJson["changes"] };
}
