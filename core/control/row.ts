/** A decision in a line of the page. */

import { addressText, callName, printableWord } from "../cli/describe.ts";
import { ruleText } from "../cli/row.ts";
import { showEvent } from "../cli/shown.ts";
import { printable } from "../cli/text.ts";
import type { UserName } from "../cli/users.ts";
import type { Observation, RowJson } from "./api.ts";

/** Characters of a program's path: readers keep very many lines, and who makes one of 4096 wants no more than their memory. */
const MOST_CHARACTERS = 512;

/** The line of a decision; its texts are printable. */
export function rowJson(number: number, observation: Observation, userName: UserName): RowJson {
  const { client, event, time, asked, action, errnoName, cause, plugin, rule, why, held } = observation;
  const { task } = event;
  const call = printableWord(callName(event));
  const [shown] = showEvent(event);
  const host = hostOf(observation, shown);
  return {
    number,
    time: Date.parse(time),
    ...(client !== undefined && { client: printableWord(client) }),
    program: shortened(printableWord(task.exe ?? task.comm)),
    pid: task.pid,
    // Users of another machine have no names here.
    user: client === undefined ? printableWord(userName(task.uid)) : String(task.uid),
    call,
    target: shown.startsWith(`${call} `) ? shown.slice(call.length + 1) : shown,
    ...(host !== undefined && { host }),
    verdict: asked ? action : "told",
    ...(errnoName !== undefined && { errno: errnoName }),
    cause,
    by: [plugin, rule && ruleText(rule)].filter((each) => each !== undefined).map(printable).join(": "),
    why: printable(why),
    held,
  };
}

/** Its two ends: in which folder it is, and what it is called. Either alone could be made to look like another's. */
function shortened(path: string): string {
  const half = MOST_CHARACTERS / 2;
  return path.length <= MOST_CHARACTERS ? path : `${path.slice(0, half - 1)}…${path.slice(-half)}`;
}

/** The name of the address at the end of what is shown: not that of a peer that came from there. */
function hostOf({ event: { remote }, names: [name] = [] }: Observation, shown: string): string | undefined {
  const isShown = remote !== undefined && shown.endsWith(` ${addressText(remote)}`);
  return name === undefined || !isShown ? undefined : printableWord(name);
}
