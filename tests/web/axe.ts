/** What somebody who cannot see, or point, would miss. */

import axe from "axe-core";
import type { Page } from "playwright-core";

/** What axe has against a page as it is now, each with the elements that it is about. */
export async function barriers(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    const { violations, passes } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    if (passes.length === 0) return ["nothing was looked at"];
    return violations.map(({ id, nodes }) =>
      `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" ")}`
    );
  });
}
