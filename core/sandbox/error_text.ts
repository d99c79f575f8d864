/** What a plugin's code throws, as one line for the operator: who reads it knows grants, not Deno's flags. */

import { LONGEST_TEXT } from "./protocol.ts";

/** One line of any error. */
export function errorText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .replaceAll(/, run again with the --allow-(read|write|net|env) flag/g, "; its grants have no such $1")
    .replaceAll(/, run again with the --allow-\w+ flag/g, "; no plugin in a sandbox has that")
    .replaceAll(/\s*\n\s*/g, "; ")
    .slice(0, LONGEST_TEXT);
}

/**
 * One line of why a module could not be imported, with the place where there is one; `own` is the URL of the code that
 * imports it, which is no place to look at.
 */
export function importErrorText(error: unknown, own: string): string {
  if (!(error instanceof Error)) return `it throws ${errorText(error)}`;
  const text = withoutUrls(errorText(new Error(error.message.split("\n", 1)[0])));
  const missing = /^Loading unprepared module: (.*), imported from: (.*)$/.exec(text);
  if (missing !== null) return `there is no ${missing[1]}, which ${missing[2]} imports`;
  const named = /^\w*Error: /.test(text) || error.name === "Error" ? text : `${error.name}: ${text}`;
  const places = [...(error.stack ?? "").matchAll(/(file:\/\/\/\S+?):(\d+:\d+)/g)];
  const place = places.find(([, url]) => url !== own && !text.includes(withoutUrls(url!)));
  return place === undefined ? named : `${named} (at ${withoutUrls(place[0])})`;
}

function withoutUrls(text: string): string {
  return text.replaceAll("file://", "");
}
