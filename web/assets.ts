/** What the page consists of; in the binary it is part of the program. */

import script from "../dist/page.js" with { type: "text" };
import type { Asset } from "./app.ts";
import icon from "./page/icon.svg" with { type: "text" };
import html from "./page/index.html" with { type: "text" };
import style from "./page/style.css" with { type: "text" };

/** The files by their paths. */
export const ASSETS: Readonly<Record<string, Asset>> = {
  "/": { type: "text/html; charset=utf-8", body: html },
  "/page.js": { type: "text/javascript; charset=utf-8", body: script },
  "/page.css": { type: "text/css; charset=utf-8", body: style },
  "/icon.svg": { type: "image/svg+xml", body: icon },
};
