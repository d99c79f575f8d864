/** The time, for what shows how long ago something was. */

import { signal } from "@preact/signals";

/** Milliseconds since 1970; goes on each second while the page is seen. */
export const now = signal(Date.now());

setInterval(() => {
  if (document.visibilityState === "visible") now.value = Date.now();
}, 1_000);
