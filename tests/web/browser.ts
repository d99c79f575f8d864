/** Chromium, as people have it: one process for all tests of a file, a profile of its own for each page. */

import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import { PATHS } from "../../core/control/api.ts";
import type { Stage } from "./stage.ts";

/** Where Debian puts it. */
const CHROMIUM = "/usr/bin/chromium";

let browser: Promise<Browser> | undefined;

/** The browser, for whoever wants no clock of the test in it. */
export function launch(): Promise<Browser> {
  browser ??= chromium.launch({
    executablePath: CHROMIUM,
    // Its own sandbox is not for root.
    args: Deno.uid() === 0 ? ["--no-sandbox"] : [],
  });
  return browser;
}

/** The last test of a file ends it. */
export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}

/** Somebody at a browser, who is logged in. */
export class Visitor implements AsyncDisposable {
  /** Errors, and what the browser refused by the page's policy. */
  readonly complaints: string[] = [];
  /** Pages to which the pointer has come. */
  readonly #pointed = new WeakSet<Page>();

  private constructor(readonly context: BrowserContext, readonly page: Page) {
    this.#hear(page);
  }

  #hear(page: Page): void {
    page.setDefaultTimeout(20_000);
    page.on("load", () => this.#pointed.delete(page));
    page.on("pageerror", (error: Error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(message.text());
    });
  }

  /** Opens a link of the stage, and one of the page's views. */
  static async come(
    stage: Pick<Stage, "link">,
    view = "live",
    options: BrowserContextOptions = {},
  ): Promise<Visitor> {
    const context = await (await launch()).newContext({ viewport: { width: 1280, height: 800 }, ...options });
    await context.clock.install();
    const visitor = new Visitor(context, await context.newPage());
    // Decisions are kept from then on: what a test decides before, nobody hears of.
    const follows = visitor.page.waitForResponse((response) =>
      new URL(response.url()).pathname === PATHS.rows
    );
    await visitor.page.goto(stage.link());
    await visitor.page.getByRole("link", { name: "Live" }).waitFor();
    await follows;
    await visitor.go(view);
    return visitor;
  }

  /** Another tab of the same browser. */
  async tab(view = "live"): Promise<Page> {
    const page = await this.context.newPage();
    this.#hear(page);
    await page.goto(new URL(`/#/${view}`, this.page.url()).href);
    await page.getByRole("link", { name: "Live" }).waitFor();
    return page;
  }

  async go(view: string): Promise<void> {
    await this.page.evaluate((view) => location.hash = `#/${view}`, view);
  }

  /** Comes to the page, and lets its clock pass what keeps a card from taking an answer that was meant for another. */
  async settle(page: Page = this.page): Promise<void> {
    // The first time: where the pointer is says what stays on the page.
    if (!this.#pointed.has(page)) await page.mouse.move(1, 1);
    this.#pointed.add(page);
    await page.clock.fastForward(600);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
  }
}
