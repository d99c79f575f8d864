/** A daemon that loads its configuration again, or is started again, under an open page. */

import { deepEqual, equal, rejects } from "node:assert/strict";
import type { Page } from "playwright-core";
import { Visitor } from "./browser.ts";
import { DaemonStage } from "./daemon_stage.ts";
import { browserTests } from "./tests.ts";

const test = browserTests("restart");

/** Waits until a page has counted so many decisions of curl. */
async function counted({ page }: { readonly page: Page }, count: number): Promise<void> {
  const number = page.locator(".line.program", { hasText: "curl" }).locator(".number").first();
  await number.getByText(String(count), { exact: true }).waitFor();
}

/** What went wrong in the page itself; that a daemon which is away does not answer, the browser says too. */
function mistakes({ complaints }: Visitor): readonly string[] {
  return complaints.filter((text) => !text.startsWith("Failed to load resource"));
}

test("a configuration that is loaded again, right or wrong, leaves the page where it is", async () => {
  await using stage = await DaemonStage.open();
  await using root = await Visitor.come(stage);
  stage.decide(1, 2);
  await counted(root, 2);
  const call = new AbortController();
  void stage.hold(25, call.signal);
  await root.page.getByRole("link", { name: "Questions" }).getByText("1").waitFor();
  await stage.configure("default: allow");
  await stage.reload();
  stage.decide(3);
  await counted(root, 3);
  await stage.configure("defualt: allow");
  await rejects(stage.reload());
  stage.decide(4);
  await counted(root, 4);
  await root.go("overview");
  await root.page.getByText("default allow").waitFor();
  await root.page.getByRole("alert").getByText(`unknown key "defualt"`).waitFor();
  await root.go("questions");
  await root.page.getByText("connect to 192.0.2.1:25").first().waitFor();
  await root.page.getByText("1 call waits").waitFor();
  call.abort();
  await root.page.getByText("the program waits no more").first().waitFor();
  deepEqual(root.complaints, []);
});

test("a daemon that is started again is told of, waited for, and gone on with", async () => {
  await using stage = await DaemonStage.open();
  await using root = await Visitor.come(stage);
  const other = await root.tab("questions");
  stage.decide(1, 2, 3);
  await counted(root, 3);
  const call = new AbortController();
  const held = stage.hold(25, call.signal);
  await other.getByRole("article").waitFor();
  await stage.stop();
  equal(await held, undefined);
  for (const tab of [root.page, other]) await tab.getByText("reconnecting…").waitFor();
  // What was seen is there, and says that it is not live.
  await root.page.getByText("disconnected").waitFor();
  await counted(root, 3);
  await stage.start();
  for (const tab of [root.page, other]) {
    await tab.getByText("The session has ended, or snet was started again.").waitFor();
    await tab.getByText("snet web", { exact: true }).waitFor();
  }
  equal(await other.title(), "snet");
  // One logs in, in a tab that is there; what was seen before is not lost, and what waited is not asked any more.
  await root.page.goto(stage.link());
  await counted(root, 3);
  await other.getByText("Nobody waits for an answer.").waitFor();
  stage.decide(4, 5);
  await counted(root, 5);
  void stage.hold(26);
  await other.getByText("connect to 192.0.2.1:26").first().waitFor();
  deepEqual(mistakes(root), []);
});

test("a daemon that serves no page any more is waited for", async () => {
  await using stage = await DaemonStage.open();
  await using root = await Visitor.come(stage, "rules");
  await root.page.getByRole("article").waitFor();
  await stage.stop();
  await root.page.getByText("reconnecting…").waitFor();
  for (const view of ["overview", "plugins", "rules", "live", "questions"]) {
    await root.go(view);
    await root.page.getByRole("heading", { level: 1 }).waitFor();
  }
  deepEqual(mistakes(root), []);
});
