/** Many tabs of one browser: a browser has six connections to a server, for all of them together. */

import { deepEqual, equal } from "node:assert/strict";
import type { Page } from "playwright-core";
import { Visitor } from "./browser.ts";
import { Stage } from "./stage.ts";
import { browserTests } from "./tests.ts";

const test = browserTests("tabs");

async function tabs(visitor: Visitor, count: number, view?: string): Promise<Page[]> {
  const all = [visitor.page];
  while (all.length < count) all.push(await visitor.tab(view));
  return all;
}

/** Waits until a tab has counted so many decisions of curl. */
async function counted(tab: Page, count: number): Promise<void> {
  const number = tab.locator(".line.program", { hasText: "curl" }).locator(".number").first();
  await number.getByText(count.toLocaleString("en"), { exact: true }).waitFor();
}

/** What a tab that asks for something is answered. */
function ask(tab: Page): Promise<number> {
  return tab.evaluate(async () => {
    const headers = { "x-snet-key": localStorage.getItem("snet-key")! };
    return (await fetch("/v1/session", { headers })).status;
  });
}

/** A tab is hidden by others, or is seen again. */
function show(tab: Page, state: DocumentVisibilityState): Promise<void> {
  return tab.evaluate((state) => {
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);
}

test("eight show the same question by two connections; one answers, it is gone in all", async () => {
  await using stage = await Stage.open();
  await using ada = await Visitor.come(stage, "questions");
  const all = await tabs(ada, 8, "questions");
  const held = stage.hold();
  for (const tab of all) await tab.getByRole("article").getByText("connect to 192.0.2.1:443").waitFor();
  equal(stage.streams, 2);
  deepEqual(await Promise.all(all.map(ask)), all.map(() => 200));
  await ada.settle(all[5]);
  await all[5]!.getByRole("button", { name: "Deny" }).click();
  equal((await held.verdict)?.action, "deny");
  for (const tab of all) await tab.getByText("denied by ada").first().waitFor();
  // The one that leads goes; another goes on.
  await ada.page.close();
  const next = stage.hold({ port: 80, pid: 101 });
  for (const tab of all.slice(1)) await tab.getByText("connect to 192.0.2.1:80").first().waitFor();
  equal(stage.streams, 2);
  next.end();
  deepEqual(ada.complaints, []);
});

test("what is decided is counted once in each, whichever leads, and in those that come later", async () => {
  await using stage = await Stage.open();
  await using ada = await Visitor.come(stage);
  stage.decide(...Array.from({ length: 1_200 }, () => ({})));
  await counted(ada.page, 1_200);
  const all = await tabs(ada, 4);
  for (const tab of all) await counted(tab, 1_200);
  let total = 1_200;
  while (all.length > 1) {
    // What comes while the lock passes on is for the next to ask for.
    const closing = all.shift()!.close();
    stage.decide(...Array.from({ length: 700 }, () => ({})));
    await closing;
    stage.decide(...Array.from({ length: 100 }, () => ({})));
    total += 800;
    for (const tab of all) await counted(tab, total);
  }
  equal(stage.streams, 2);
  deepEqual(ada.complaints, []);
});

test("a tab that was not seen goes on where it was", async () => {
  await using stage = await Stage.open();
  await using ada = await Visitor.come(stage);
  const [first, second] = await tabs(ada, 2) as [Page, Page];
  stage.decide({}, {});
  for (const tab of [first, second]) await counted(tab, 2);
  await show(first, "hidden");
  stage.decide({}, {}, {});
  await counted(second, 5);
  await counted(first, 2);
  await show(first, "visible");
  await counted(first, 5);
  await show(second, "hidden");
  await show(first, "hidden");
  // Nobody looks: only questions are followed.
  await until(() => stage.streams === 1);
  stage.decide({});
  await show(second, "visible");
  await counted(second, 6);
});

test("a tab that leads and is not heard is done without, and follows the one that does", async () => {
  await using stage = await Stage.open();
  await using ada = await Visitor.come(stage, "questions");
  const [leader, other] = await tabs(ada, 2, "questions") as [Page, Page];
  stage.hold();
  for (const tab of [leader, other]) await tab.getByRole("article").waitFor();
  // As if the browser held it still.
  await leader.evaluate(() => BroadcastChannel.prototype.postMessage = () => {});
  stage.hold({ port: 80, pid: 101 });
  for (let looks = 0; looks < 4; looks++) await other.clock.fastForward(5_000);
  await other.getByText("connect to 192.0.2.1:80").first().waitFor();
  await leader.getByText("connect to 192.0.2.1:80").first().waitFor();
  equal(await leader.getByRole("article").count(), 2);
  await until(() => stage.streams === 2);
});

test("who logs out, or in, does so in all of them", async () => {
  await using stage = await Stage.open();
  await using ada = await Visitor.come(stage, "questions");
  const all = await tabs(ada, 3, "questions");
  stage.hold();
  for (const tab of all) await tab.getByRole("article").waitFor();
  stage.logOut();
  await ada.settle();
  for (const tab of all) await tab.getByText("The session has ended").waitFor();
  equal(await ada.page.title(), "snet");
  equal(stage.streams, 0);
  await all[2]!.goto(stage.link());
  for (const tab of all.slice(0, 2)) {
    await tab.getByRole("article").getByText("192.0.2.1:443").first().waitFor();
  }
});

/** Waits for a state that no page shows. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
}
