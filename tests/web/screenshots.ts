/**
 * `deno task screenshots [FOLDER [WORD]]`: each view and state of the page at 390, 1280 and 2560 pixels, light and dark; below
 * dist/screenshots if none is named, and of states whose names hold the word if there is one. `deno task screenshots readme`
 * makes those of the README instead.
 */

import type { BrowserContextOptions } from "playwright-core";
import { ensurePackages } from "../../kernel/setup.ts";
import { closeBrowser, Visitor } from "./browser.ts";
import { type Scene, SCENES } from "./scenes.ts";

const [PLACE = new URL("../../dist/screenshots", import.meta.url).pathname, WORD = ""] = Deno.args;
const README = new URL("../../web/screenshots", import.meta.url).pathname;
const FOLDER = PLACE === "readme" ? README : PLACE;
const SIZES = [[1280, 800], [390, 844], [2560, 1440]] as const;
const SCHEMES = ["light", "dark"] as const;

/** Those of the README, and their sizes. */
const SHOWN = { live: [960, 540], questions: [960, 540], rules: [960, 540], overview: [960, 600] } as const;
/** Bytes of one: the README is to be there at once. */
const MOST = 120_000;

/** As somebody sees a scene. */
async function save(
  name: string,
  scene: Scene,
  suffix: string,
  options: BrowserContextOptions,
): Promise<void> {
  await scene.stage(async (stage) => {
    await using visitor = await Visitor.come(stage, scene.view, options);
    await scene.act?.(visitor.page, visitor);
    await visitor.page.evaluate(nameFolder);
    await visitor.page.screenshot({ path: `${FOLDER}/${name}-${suffix}.png`, animations: "disabled" });
  });
}

/** Runs in the page: files of the stage's own folder are shown where they usually are. */
function nameFolder(): void {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode as Text;
    text.data = text.data.replace(/\/tmp\/snet-\w+\/rules\.yaml/, "/etc/snet/rules.d/web.yaml")
      .replace(/\/tmp\/snet-\w+\//, "/etc/snet/");
  }
}

async function saveAll(): Promise<void> {
  for (const [name, scene] of Object.entries(SCENES).filter(([name]) => name.includes(WORD))) {
    for (const [width, height] of SIZES) {
      for (const colorScheme of SCHEMES) {
        await save(name, scene, `${width}-${colorScheme}`, { viewport: { width, height }, colorScheme });
      }
    }
    if (!scene.isSpecial) continue;
    await save(name, scene, "1280-forced-colors", { forcedColors: "active" });
    await save(name, scene, "390-touch", {
      viewport: { width: 390, height: 844 },
      ...{ hasTouch: true, isMobile: true, reducedMotion: "reduce" },
    });
  }
}

async function saveShown(): Promise<void> {
  for (const [name, [width, height]] of Object.entries(SHOWN)) {
    for (const colorScheme of SCHEMES) {
      await save(name, SCENES[name]!, colorScheme, { viewport: { width, height }, colorScheme });
      const { size } = await Deno.stat(`${FOLDER}/${name}-${colorScheme}.png`);
      if (size > MOST) throw new Error(`${name}-${colorScheme}.png has ${size} bytes, more than ${MOST}`);
    }
  }
}

await ensurePackages("browser");
await Deno.mkdir(FOLDER, { recursive: true });
await (PLACE === "readme" ? saveShown() : saveAll());
await closeBrowser();
