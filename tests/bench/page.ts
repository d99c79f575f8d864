/**
 * The page in Chromium on loopback: how soon something is seen, beside an almost empty page of the same server; and how smoothly
 * it goes on while 2,000 decisions a second arrive, beside itself while none do.
 */

import type { Page } from "playwright-core";
import { ensurePackages } from "../../kernel/setup.ts";
import { listenForBrowsers } from "../../web/listener.ts";
import { closeBrowser, launch } from "../web/browser.ts";
import { Stage } from "../web/stage.ts";
import { median, pair, type Row, single } from "./table.ts";

const PAINTS = 9;
const ROUNDS = 3;
/** Milliseconds that the first paint may take. */
const MOST_PAINT = 200;
/** What is left of the frames, at least. */
const LEAST_FRAMES = 0.9;
const LOAD = { perSecond: 2_000, seconds: 10, batch: 40 } as const;
const EMPTY = "<!doctype html><title>empty</title><p>empty";

/** Milliseconds until a page that is opened shows something (Paint Timing, first-contentful-paint). */
async function firstPaint(page: Page, url: string): Promise<number> {
  await page.goto("about:blank");
  await page.goto(url);
  return await page.evaluate(() =>
    new Promise<number>((resolve) => {
      new PerformanceObserver((list) => {
        const [paint] = list.getEntriesByName("first-contentful-paint");
        if (paint !== undefined) resolve(paint.startTime);
      }).observe({ type: "paint", buffered: true });
    })
  );
}

/** What a page did in so many seconds: frames in each, and milliseconds of the longest. */
async function frames(
  page: Page,
  seconds: number,
): Promise<{ readonly rate: number; readonly longest: number }> {
  return await page.evaluate(async (seconds) => {
    const times = [await new Promise<number>(requestAnimationFrame)];
    while (times.at(-1)! - times[0]! < seconds * 1000) {
      times.push(await new Promise<number>(requestAnimationFrame));
    }
    const gaps = times.slice(1).map((time, index) => time - times[index]!);
    return { rate: gaps.length / ((times.at(-1)! - times[0]!) / 1000), longest: Math.max(...gaps) };
  }, seconds);
}

/** Has decisions made, as many a second as are asked for, until the returned function is called; it says how many. */
function decide(stage: Stage): () => number {
  const start = performance.now();
  let made = 0;
  const timer = setInterval(() => {
    const due = (performance.now() - start) / 1000 * LOAD.perSecond;
    for (; made + LOAD.batch <= due; made += LOAD.batch) {
      stage.decide(...Array.from({ length: LOAD.batch }, (_, index) => ({
        exe: `/usr/bin/p${(made + index) % 50}`,
        port: 1 + (made + index) % 300,
      })));
    }
  }, 20);
  return () => {
    clearInterval(timer);
    return made;
  };
}

/** The rows of the page; a browser is installed if there is none. */
export async function pageRows(): Promise<Row[]> {
  await ensurePackages("browser");
  await using stage = await Stage.open();
  await using empty = await listenForBrowsers(
    { address: { host: "127.0.0.1", port: 0 } },
    { fetch: () => new Response(EMPTY, { headers: { "content-type": "text/html" } }) },
  );
  const context = await (await launch()).newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const page = await context.newPage();
    await page.goto(stage.link());
    await page.getByText("Nothing yet.").waitFor();
    const paints: number[] = [], emptyPaints: number[] = [];
    for (let round = 0; round < PAINTS; round++) {
      paints.push(await firstPaint(page, stage.url));
      emptyPaints.push(await firstPaint(page, `${empty.address}/`));
    }
    await page.goto(stage.url);
    await page.getByText("Nothing yet.").waitFor();
    const busy: number[] = [], idle: number[] = [], longest: number[] = [], longestIdle: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const quiet = await frames(page, LOAD.seconds);
      const stop = decide(stage);
      const loaded = await frames(page, LOAD.seconds);
      if (stop() < LOAD.perSecond * LOAD.seconds * 0.9) throw new Error("this machine made fewer decisions");
      idle.push(quiet.rate);
      busy.push(loaded.rate);
      longestIdle.push(quiet.longest);
      longest.push(loaded.longest);
    }
    const free = { goal: null, better: "less" } as const;
    return [
      single("page, first paint", "ms", median(paints), { goal: MOST_PAINT, better: "less" }),
      pair("page, first paint, beside an empty page", "ms", paints, emptyPaints, free),
      pair("page, frames at 2,000 decisions/s", "1/s", busy, idle, { goal: LEAST_FRAMES, better: "more" }),
      pair("page, longest frame at 2,000 decisions/s", "ms", longest, longestIdle, free),
    ];
  } finally {
    await closeBrowser();
  }
}

if (import.meta.main) {
  const { table } = await import("./table.ts");
  console.log(table(await pageRows()));
}
