/** Why a plugin's file could not be imported, in whichever process that was. */

import { nearest } from "../suggest.ts";

/** What only a CommonJS module has. */
const COMMON_JS = /^(require|module|exports|__filename|__dirname) is not defined/;

/**
 * One line of what an import threw, with the first place of its stack that `isPlace` says is the plugin's, if there is one.
 * `clean` puts a line into the words of those who read it.
 */
export function importErrorText(
  error: unknown,
  isPlace: (path: string) => boolean,
  clean: (text: string) => string = (text) => text,
): string {
  const asPaths = (text: string) => clean(text).replaceAll("file://", "");
  if (!(error instanceof Error)) return `it throws ${clean(String(error))}`;
  const first = asPaths(error.message.split("\n", 1)[0]!);
  const missing = /^Loading unprepared module: (.*), imported from: (.*)$/.exec(first);
  if (missing !== null) return `there is no ${missing[1]}, which ${missing[2]} imports`;
  // What a hook or the compiler throws comes as a TypeError.
  const isWrapped = error.name === "Error" || /^\w*Error: /.test(first);
  const message = first.replace(/^Error: /, "");
  const hint = COMMON_JS.test(first) ? `; a plugin is an ES module, with "import" and "export"` : "";
  const places = (error.stack ?? "").split("\n")
    .flatMap((line) => [...asPaths(line).matchAll(/(\/[^\s()]+):\d+:\d+/g)]);
  const place = places.find(([, path]) => isPlace(path!))?.[0];
  const at = place === undefined || message.includes(place) ? "" : ` (at ${place})`;
  return `${isWrapped ? "" : `${error.name}: `}${message}${hint}${at}`;
}

/** Why no module has such a name, where a plugin can import those of `own`: nothing is fetched where a firewall decides. */
export function foreignText(specifier: string, own: readonly string[]): string {
  const meant = nearest(specifier, own);
  return `"${specifier}" cannot be imported; ${meant === undefined ? "" : `did you mean "${meant}"? `}` +
    `a plugin is made of its own files, ${own.map((name) => `"${name}"`).join(", ")} and "node:" modules`;
}
