/** Every view in each of its states can be used by everybody: axe finds nothing, and keys reach all that is there. */

import { deepEqual, ok } from "node:assert/strict";
import type { Page } from "playwright-core";
import { barriers } from "./axe.ts";
import { Visitor } from "./browser.ts";
import { SCENES } from "./scenes.ts";
import { Stage } from "./stage.ts";
import { browserTests } from "./tests.ts";

const test = browserTests("everybody");

for (const [name, scene] of Object.entries(SCENES)) {
  test(`axe finds nothing to say about ${name}, light and dark`, async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      await scene.stage(async (stage) => {
        const options = { colorScheme, reducedMotion: "reduce", bypassCSP: true } as const;
        await using visitor = await Visitor.come(stage, scene.view, options);
        await scene.act?.(visitor.page, visitor);
        deepEqual(await barriers(visitor.page), []);
      });
    }
  });

  test(`a finger hits what is to be pressed in ${name}, and nothing is wider than a telephone`, async () => {
    await scene.stage(async (stage) => {
      const options = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
      await using visitor = await Visitor.come(stage, scene.view, options);
      await scene.act?.(visitor.page, visitor);
      const { small, widest } = await visitor.page.evaluate(() => {
        const pressed = [
          ...document.querySelectorAll<HTMLElement>("button, select, nav a, input[type=search]"),
        ];
        return {
          small: pressed.filter((each) => each.offsetHeight > 0 && each.offsetHeight < 40)
            .map((each) => `${each.offsetHeight} ${each.outerHTML.slice(0, 100)}`),
          widest: document.documentElement.scrollWidth,
        };
      });
      deepEqual(small, []);
      ok(widest <= 390, `${widest} pixels`);
    });
  });
}

/** What has the keys: its role or name of element, what it says, and whether that is seen. */
async function focused(page: Page): Promise<readonly [string, boolean]> {
  return await page.evaluate(() => {
    const at = document.activeElement as HTMLElement;
    const name = at.getAttribute("aria-label") ?? at.getAttribute("placeholder") ?? at.innerText;
    // Of what is drawn by its neighbour, the neighbour has the ring.
    const drawn = at.matches(".switch input") ? at.nextElementSibling! : at;
    const { outlineStyle } = getComputedStyle(drawn);
    return [name.split("\n")[0]!.trim(), outlineStyle !== "none"] as const;
  });
}

test("the tab key goes through all of the page in its order, and what has it is seen", async () => {
  await using stage = await Stage.open();
  await using ada = await Visitor.come(stage);
  stage.decide({});
  await ada.page.getByRole("listitem").waitFor();
  const names: string[] = [];
  for (;;) {
    await ada.page.keyboard.press("Tab");
    const [name, isSeen] = await focused(ada.page);
    ok(isSeen, `${name} shows no ring`);
    names.push(name.replace(/\/.*/, ""));
    if (name.startsWith("curl") || names.length > 20) break;
  }
  deepEqual(names, [
    ...["Live", "Questions", "Rules", "Overview", "Plugins", "Log out"],
    ...["Programs", "Lines", "Clear", "Pause", "Search decisions", "Programs", "curl"],
  ]);
});

test("the keys go into the details, and back to where they came from", async () => {
  await using stage = await Stage.open();
  await using ada = await Visitor.come(stage);
  stage.decide({});
  await ada.page.getByRole("listitem").waitFor();
  await ada.page.getByRole("list", { name: "Programs" }).focus();
  for (const key of ["ArrowDown", "Enter", "ArrowDown", "Enter"]) await ada.page.keyboard.press(key);
  await ada.page.locator(".drawer:focus").waitFor();
  await ada.page.keyboard.press("Escape");
  await ada.page.getByRole("dialog").waitFor({ state: "detached" });
  await ada.page.locator(".line.target:focus").waitFor();
});
