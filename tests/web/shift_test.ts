/** Nothing moves under whoever looks while things happen: the browser's own count of layout shifts stays 0. */

import { deepEqual, equal } from "node:assert/strict";
import type { Page } from "playwright-core";
import { Visitor } from "./browser.ts";
import { OverviewStage } from "./overview_stage.ts";
import { type Decided, Stage } from "./stage.ts";
import { browserTests } from "./tests.ts";

const test = browserTests("shift");

/** What has moved, by how much. */
interface Shift {
  readonly what: string;
  readonly by: string;
}

/**
 * Notes from now on what moves that nobody has touched (Layout Instability, 3.2). A number that gets longer moves
 * texts within its line: that is left out.
 */
async function note(page: Page): Promise<void> {
  await page.evaluate(() => {
    const shifts: Shift[] = [];
    Object.assign(globalThis, { shifts });
    interface Source {
      readonly node: Node | null;
      readonly previousRect: DOMRectReadOnly;
      readonly currentRect: DOMRectReadOnly;
    }
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { sources } = entry as PerformanceEntry & { readonly sources: readonly Source[] };
        for (const { node, previousRect: from, currentRect: to } of sources) {
          const isText = node?.nodeType === Node.TEXT_NODE || node instanceof HTMLSpanElement;
          if (isText && from.y === to.y) continue;
          const what = node instanceof Element ? node.outerHTML.slice(0, 90) : node?.textContent ?? "";
          shifts.push({ what, by: `${from.x} ${from.y} ${from.height} to ${to.x} ${to.y} ${to.height}` });
        }
      }
    }).observe({ type: "layout-shift" });
  });
}

/** What has moved, once all that there is to see has been painted. */
async function shifts(page: Page): Promise<readonly Shift[]> {
  return await page.evaluate(async () => {
    for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame);
    return (globalThis as unknown as { readonly shifts: readonly Shift[] }).shifts;
  });
}

const SIZES = [[1280, 800], [390, 844]] as const;

/** Some of everything, and a program that was not there before. */
function some(round: number): Decided[] {
  const many = Array.from({ length: 40 }, (_, each): Decided => ({
    exe: `/usr/bin/p${(each * 7 + round) % 5}`,
    action: each % 3 === 0 ? "deny" : "allow",
    ip: `192.0.2.${each % 10 + round}`,
  }));
  return [...many, { exe: `/usr/bin/round-${round}` }];
}

for (const [width, height] of SIZES) {
  const options = { viewport: { width, height } };

  test(`live, programs and what they reached, ${width}`, async () => {
    await using stage = await Stage.open();
    await using ada = await Visitor.come(stage, "live", options);
    const { page } = ada;
    stage.decide(...some(0));
    await page.getByText("round-0").first().click();
    await page.locator(".line.target").waitFor();
    await page.mouse.move(0, 0);
    // From then on it is counted, and sorted no more.
    stage.decide({ exe: "/usr/bin/round-0" });
    await page.locator(".line.target .number", { hasText: "2" }).waitFor();
    await note(page);
    for (let round = 1; round <= 5; round++) {
      stage.decide(...some(round), ...Array.from({ length: 9 }, () => ({ exe: "/usr/bin/round-0" })));
      await page.getByText(`round-${round}`).first().waitFor();
    }
    deepEqual(await shifts(page), []);
  });

  test(`live, line by line, ${width}`, async () => {
    await using stage = await Stage.open();
    await using ada = await Visitor.come(stage, "live", options);
    const { page } = ada;
    stage.decide(...some(0));
    await page.getByRole("button", { name: "Lines" }).click();
    await page.getByText("round-0").first().waitFor();
    await page.mouse.move(0, 0);
    await note(page);
    for (let round = 1; round <= 3; round++) {
      // One by one, so that those before are still seen.
      for (const each of some(round).slice(-3)) stage.decide(each);
      await page.getByText(`round-${round}`).first().waitFor();
    }
    deepEqual(await shifts(page), []);
  });

  test(`questions that come, and are answered elsewhere, ${width}`, async () => {
    await using stage = await Stage.open();
    stage.hold();
    await using ada = await Visitor.come(stage, "questions", options);
    const { page } = ada;
    await page.getByRole("article").waitFor();
    await note(page);
    const ends: (() => void)[] = [];
    for (let index = 1; index <= 3; index++) {
      ends.push(stage.hold({ port: 8000 + index, pid: 200 + index }).end);
      await page.getByText(`:${8000 + index}`).first().waitFor();
    }
    for (const end of ends) end();
    for (let index = 0; index < 3; index++) {
      await page.locator(".card .end", { hasText: "waits no more" }).nth(index).waitFor();
    }
    deepEqual(await shifts(page), []);
  });

  test(`overview and plugins, ${width}`, async () => {
    await using stage = await OverviewStage.open();
    stage.decide("/usr/bin/curl", { times: 5 });
    await using root = await Visitor.come(stage, "live", options);
    const { page } = root;
    await note(page);
    await root.go("overview");
    await page.getByText("5 allowed").waitFor();
    for (let round = 1; round <= 3; round++) {
      stage.decide("/usr/bin/curl", { times: 5 });
      stage.decide(`/usr/bin/p${round}`, { denied: true });
      await page.clock.fastForward(5_000);
      await page.getByText(`${5 + round * 5} allowed`).waitFor();
    }
    await root.go("plugins");
    await page.getByText("keeps failing, not asked").waitFor();
    await page.clock.fastForward(5_000);
    deepEqual(await shifts(page), []);
  });
}

for (const [width, height] of SIZES) {
  test(`the daemon goes, ${width}`, async () => {
    await using stage = await Stage.open();
    await using ada = await Visitor.come(stage, "live", { viewport: { width, height } });
    const { page } = ada;
    stage.decide(...some(0));
    await page.getByRole("listitem").first().waitFor();
    await note(page);
    await stage.stop();
    await page.getByText("reconnecting…").waitFor();
    deepEqual(await shifts(page), []);
  });
}

test("titles stand still from view to view", async () => {
  await using stage = await OverviewStage.open();
  await using root = await Visitor.come(stage);
  const heights: (number | undefined)[] = [];
  for (const [view, title] of Object.entries({ live: "Live", rules: "Rules", plugins: "Plugins" })) {
    await root.go(view);
    heights.push((await root.page.getByRole("heading", { name: title, exact: true }).boundingBox())?.y);
  }
  deepEqual(heights, [heights[0], heights[0], heights[0]]);
  equal(heights[0]! > 0, true);
});

test("lines that somebody points at, or has scrolled to, stay", async () => {
  await using stage = await Stage.open();
  await using ada = await Visitor.come(stage);
  const { page } = ada;
  stage.decide(...Array.from({ length: 300 }, (_, index) => ({ port: 1 + index })));
  await page.getByRole("button", { name: "Lines" }).click();
  const lines = page.getByRole("list", { name: "Decisions" });
  await lines.getByText("192.0.2.1:300", { exact: false }).hover();
  stage.decide({ port: 400 });
  await page.getByText("1 newer").waitFor();
  equal(await lines.getByText("192.0.2.1:400").count(), 0);
  await lines.evaluate((list) => list.scrollTop = 36 * 100);
  await page.mouse.move(0, 0);
  await lines.getByText("192.0.2.1:200").waitFor();
  stage.decide({ port: 401 });
  await page.getByText("2 newer").waitFor();
  await lines.evaluate((list) => list.scrollTop = 0);
  await lines.getByText("192.0.2.1:401").waitFor();
  equal(await page.getByText("newer").count(), 0);
});

test("what moves is noted", async () => {
  await using stage = await Stage.open();
  await using ada = await Visitor.come(stage);
  await note(ada.page);
  await ada.page.evaluate(() => document.querySelector<HTMLElement>("main")!.style.paddingTop = "40px");
  equal((await shifts(ada.page)).length > 0, true);
});
