/** Tests that look at pages. */

import { closeBrowser } from "./browser.ts";

/** Makes tests of an area: the browser outlives each of them, and ends with the last of the file. */
export function browserTests(area: string): (name: string, fn: () => Promise<void>) => void {
  Deno.test.afterAll(closeBrowser);
  return (name, fn) =>
    Deno.test({ name: `${area}: ${name}`, fn, sanitizeOps: false, sanitizeResources: false });
}
