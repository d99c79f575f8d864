/** The rule that says of a decision, and of calls like it, what somebody wants from now on. */

import { eventOfMessage, messageOfJson } from "../event_json.ts";
import type { SourceText } from "../plugin.ts";
import { subjectOf } from "../questions/question.ts";
import { broadReasonsOf, ruleOf, scopesOf } from "../questions/scopes.ts";
import { ruleExtents } from "../rule_file/extents.ts";
import { appendRule } from "../rule_file/save.ts";
import type { Observation, RuleMadeJson, RuleMakeJson } from "./api.ts";
import { RequestError } from "./request_error.ts";
import { RULES } from "./rule_list.ts";

/** A file, and the rule in it that the new one is to stand before; undefined for behind all of them. */
export interface MakingPlace {
  readonly file: SourceText;
  readonly where: string | undefined;
}

/**
 * Where the rule is to stand: in front of the rule that has decided, behind all others where none has. Of a decision from
 * before `loaded` (milliseconds since 1970) the place may be another rule's by now: then it stands in front of all.
 */
export function placeFor(
  { plugin, rule, time }: Observation,
  files: readonly SourceText[],
  loaded: number,
): MakingPlace | undefined {
  if (files.length === 0) return undefined;
  if (plugin !== RULES || rule?.where === undefined) return { file: files.at(-1)!, where: undefined };
  const path = rule.where.replace(/:\d+:\d+$/, "");
  const file = files.find((file) => file.path === path);
  if (file !== undefined && Date.parse(time) >= loaded) return { file, where: rule.where };
  const [first] = files;
  return { file: first!, where: ruleExtents(first!.path, first!.text)[0]?.where };
}

/** What stands in the file `inForce`, `text`, with the rule; `user` is whose programs it is about. Throws a RequestError where no rule can say that. */
export function withRule(
  observation: Observation,
  { action, scope }: Pick<RuleMakeJson, "action" | "scope">,
  { file: inForce, where }: MakingPlace,
  text: string,
  user: string,
): Pick<RuleMadeJson, "text" | "line" | "scope" | "scopes" | "broad"> {
  const subject = subjectOf(eventOfMessage(messageOfJson(observation.event)));
  const scopes = scopesOf(subject);
  const wanted = scope ?? scopes[0];
  if (wanted === undefined || !scopes.includes(wanted)) {
    const offered = scopes.length === 0
      ? "no rule can be about this call"
      : `it is one of ${scopes.join(", ")}`;
    throw new RequestError(409, `scope: ${offered}`);
  }
  const { path } = inForce;
  const before = where === undefined ? undefined : { where, text: inForce.text };
  let made: string;
  try {
    made = appendRule(path, text, ruleOf(subject, wanted, action, observation.event.task.uid), before);
  } catch (error) {
    throw new RequestError(409, (error as Error).message);
  }
  if (made === text) throw new RequestError(409, `${path} says so already, where it would be asked first`);
  const broad = action === "allow" ? broadReasonsOf(subject, wanted, user) : [];
  return {
    ...{ text: made, line: firstDifferent(text, made), scope: wanted, scopes },
    ...(broad.length > 0 && { broad: broad.map(({ text }) => text) }),
  };
}

/** Number of the first line in which two texts differ, from 1. */
function firstDifferent(a: string, b: string): number {
  const [left, right] = [a.split("\n"), b.split("\n")];
  return right.findIndex((line, index) => line !== left[index]) + 1;
}
