/** How sources of names are doing, for people: `snet stats` and `snet doctor` show it. */

import type { NamesConfig } from "../names/config.ts";
import type { NamesJson, NameSourceJson } from "../names/status.ts";
import { CommandError } from "./exit.ts";
import type { Finding } from "./diagnosis.ts";
import { printable } from "./text.ts";

/** A source in one line: what it is, since when it is there, and what it has told. */
function sourceText(source: NameSourceJson): string {
  const { kind, socket, connected, since = "", failure, answers, others, malformed, lost, refused } = source;
  const name = kind === "resolved" ? "systemd-resolved" : "dnstap";
  const state = connected
    ? `connected since ${since}`
    : failure === undefined
    ? "not connected"
    : `not connected: ${failure}`;
  const rare = Object.entries({ malformed, lost, refused }).filter(([, count]) => count > 0)
    .map(([word, count]) => `, ${count} ${word}`).join("");
  return printable(
    `${name} (${socket}): ${state}; ${answers} answers with names, ${others} without${rare}`,
  );
}

/** What `snet stats` shows of names. */
export function namesLines({ held, added, refreshed, expired, evicted, sources }: NamesJson): string[] {
  return [
    `Names: ${held} held; ${added} told, ${refreshed} told again, ${expired} expired, ${evicted} evicted for lack of room`,
    ...sources.map((source) => `  ${sourceText(source)}`),
  ];
}

/**
 * What `snet doctor` finds of the sources of a configuration; `ask` asks the daemon how they are doing and rejects with a
 * CommandError where it cannot be asked.
 */
export async function diagnoseNames(
  { resolved, dnstap }: NamesConfig,
  ask: () => Promise<NamesJson | undefined>,
): Promise<readonly Finding[]> {
  const name = "names";
  let told: NamesJson | undefined;
  let why = "the daemon has been started without them";
  try {
    told = await ask();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    why = error.message;
  }
  if (told === undefined) {
    const sockets = [...resolved === undefined ? [] : [resolved], ...dnstap].map(({ socket }) => socket);
    return [{
      ...{ name, state: "limited", found: `whether ${sockets.join(", ")} tells names is not known: ${why}` },
      advice: "ask again when the daemon runs with this configuration",
    }];
  }
  const sources = told.sources.map((source): Finding => {
    const found = sourceText(source);
    if (source.connected) return { name, state: "ok", found };
    const advice = source.kind === "resolved"
      ? "start systemd-resolved (252 or newer); until then entries for domains match by what was told before"
      : `have the resolver write dnstap with client responses to ${source.socket}; see core/names/README.md`;
    return { name, state: "limited", found, advice };
  });
  if (told.evicted === 0) return sources;
  return [...sources, {
    ...{ name, state: "limited", found: `${told.evicted} names gave way before their time for lack of room` },
    advice: "have names kept for less time: names: { keep: … }",
  }];
}
