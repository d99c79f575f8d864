/** Whoever is logged in at the page, without a browser. */

import { equal } from "node:assert/strict";
import { answerPath, PATHS, type QuestionJson, type QuestionList } from "../../core/control/api.ts";

/** Opens a link, as a browser does. */
export async function logIn(link: string) {
  const { origin, hash } = new URL(link);
  const secret = hash.slice("#login=".length);
  const begun = await fetch(`${origin}/v1/session`, {
    ...{ method: "POST", headers: { origin }, body: JSON.stringify({ secret }) },
  });
  equal(begun.status, 200);
  const { key, role } = await begun.json();
  const headers = {
    ...{ origin, "x-snet-key": key as string },
    cookie: begun.headers.get("set-cookie")!.split(";")[0]!,
  };
  return {
    role: role as string,
    /** What the page asks for at a path. */
    get(path: string): Promise<Response> {
      return fetch(`${origin}${path}`, { headers });
    },
    async questions(): Promise<readonly QuestionJson[]> {
      const response = await this.get(PATHS.questions);
      return (await response.json() as QuestionList).questions;
    },
    async answer(id: string, action: "allow" | "deny") {
      const path = `${origin}${answerPath(id)}`;
      const response = await fetch(path, { method: "POST", headers, body: JSON.stringify({ action }) });
      return { status: response.status, said: await response.json() };
    },
  };
}
