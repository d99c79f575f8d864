/** Questions at the page, as somebody at a browser sees and answers them. */

import { deepEqual, equal, match } from "node:assert/strict";
import { Visitor } from "./browser.ts";
import { Stage } from "./stage.ts";
import { browserTests } from "./tests.ts";

const test = browserTests("questions");

const NOBODY = "Nobody waits for an answer.";

test("what a call goes to is told by its name, beside the address that the answer is about", async () => {
  await using stage = await Stage.open();
  stage.names.set("192.0.2.1", [["www.example.org", "cdn.example"], ["b.example"]]);
  stage.hold();
  await using ada = await Visitor.come(stage, "questions");
  const card = ada.page.getByRole("article");
  await card.getByText("connect to www.example.org at 192.0.2.1:443 (tcp)").waitFor();
  const facts = await card.locator(".facts > div").allTextContents();
  equal(facts.includes("known aswww.example.org, b.example"), true, facts.join("\n"));
  deepEqual(ada.complaints, []);
});

test("a program that is held appears, and a click lets it go on", async () => {
  await using stage = await Stage.open();
  await using ada = await Visitor.come(stage, "questions");
  await ada.page.getByText(NOBODY).waitFor();
  const held = stage.hold();
  const card = ada.page.getByRole("article");
  await card.getByText("connect to 192.0.2.1:443").waitFor();
  await ada.settle();
  await card.getByRole("button", { name: "Allow" }).click();
  equal((await held.verdict)?.action, "allow");
  await card.getByText("allowed by ada").waitFor();
  deepEqual(ada.complaints, []);
});

test("a click denies it", async () => {
  await using stage = await Stage.open();
  await using ada = await Visitor.come(stage, "questions");
  const held = stage.hold();
  await ada.page.getByRole("article").waitFor();
  await ada.settle();
  await ada.page.getByRole("button", { name: "Deny" }).click();
  equal((await held.verdict)?.action, "deny");
});

test("what has just come takes no click that was meant for another", async () => {
  await using stage = await Stage.open();
  await using ada = await Visitor.come(stage, "questions");
  const held = stage.hold();
  // In the page itself, so that nothing comes between.
  await ada.page.evaluate(() =>
    new Promise<void>((done) => {
      const look = () => {
        const button = document.querySelector<HTMLElement>("button.allow");
        if (button === null) return requestAnimationFrame(look);
        button.click();
        done();
      };
      look();
    })
  );
  await ada.settle();
  await ada.page.getByRole("button", { name: "Deny" }).click();
  equal((await held.verdict)?.action, "deny");
});

test("attack: a click or a key whose first half went to a window in front of the page is no answer", async () => {
  await using stage = await Stage.open();
  const held = stage.hold();
  await using ada = await Visitor.come(stage, "questions");
  const allow = ada.page.getByRole("button", { name: "Allow" });
  await allow.waitFor();
  await ada.page.clock.fastForward(600);
  // The pointer has not been here before.
  await allow.click();
  await ada.page.clock.fastForward(600);
  await ada.page.evaluate(() => dispatchEvent(new Event("focus")));
  await ada.page.keyboard.press("a");
  await ada.page.evaluate(() => document.querySelector<HTMLElement>("button.allow")!.focus());
  await ada.page.keyboard.press("Enter");
  await ada.page.clock.fastForward(600);
  await ada.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await allow.click();
  await ada.page.clock.fastForward(600);
  await ada.page.getByRole("button", { name: "Deny" }).click();
  equal((await held.verdict)?.action, "deny");
});

test("attack: a program of a very long path has the answer out of sight", async () => {
  await using stage = await Stage.open();
  const held = stage.hold({ exe: `/tmp/${"much/".repeat(800)}x` });
  await using ada = await Visitor.come(stage, "questions");
  await ada.page.getByRole("article").waitFor();
  for (const name of ["Allow", "Deny"]) {
    const box = await ada.page.getByRole("button", { name }).boundingBox();
    equal(box !== null && box.y > 0 && box.y + box.height < 800, true, JSON.stringify(box));
  }
  held.end();
});

test("keys move, say how long, and answer", async () => {
  await using stage = await Stage.open();
  const [first, second] = [stage.hold({ port: 1, pid: 101 }), stage.hold({ port: 2, pid: 102 })];
  await using ada = await Visitor.come(stage, "questions");
  await ada.page.getByText("192.0.2.1:2").first().waitFor();
  await ada.settle();
  await ada.page.keyboard.press("ArrowDown");
  await ada.page.keyboard.press("2");
  await ada.page.keyboard.press("a");
  equal((await second.verdict)?.action, "allow");
  await ada.page.getByText("allowed by ada", { exact: true }).waitFor();
  // The keys go on to what still waits, which takes none at first.
  await ada.page.keyboard.press("a");
  await ada.settle();
  await ada.page.keyboard.press("d");
  equal((await first.verdict)?.action, "deny");
  match((await second.verdict)?.why ?? "", /for 10 ?m/);
});

test("an answer for always about more than was asked for is confirmed first, and becomes a rule", async () => {
  await using stage = await Stage.open();
  await using ada = await Visitor.come(stage, "questions");
  const held = stage.hold();
  const card = ada.page.getByRole("article");
  await card.getByText("always").click();
  await card.getByRole("combobox").selectOption("program");
  await card.getByText("Broad: to any address and port.").waitFor();
  await card.getByText(", always, by a rule in /etc/snet/rules.d/10-answers.yaml").waitFor();
  await ada.settle();
  await card.getByRole("button", { name: "Allow" }).click();
  await ada.settle();
  deepEqual(stage.rules, []);
  await card.getByRole("button", { name: "Allow all that" }).click();
  equal((await held.verdict)?.action, "allow");
  deepEqual(stage.rules, [{ action: "allow", events: ["snet.out"], exe: ["/usr/bin/curl"], user: [1000] }]);
});

test("what was confirmed is not confirmed for another process that joins", async () => {
  await using stage = await Stage.open();
  await using ada = await Visitor.come(stage, "questions");
  const first = stage.hold();
  const card = ada.page.getByRole("article");
  await card.getByText("always").click();
  await card.getByRole("combobox").selectOption("port");
  await card.getByText("Broad: for any program of ada; to any address.").waitFor();
  await ada.settle();
  await card.getByRole("button", { name: "Allow" }).click();
  await card.getByRole("button", { name: "Allow all that" }).waitFor();
  const other = stage.hold({ pid: 4322 });
  await card.getByRole("button", { name: "Allow…", exact: true }).waitFor();
  await ada.settle();
  await card.getByRole("button", { name: "Deny" }).click();
  deepEqual([(await first.verdict)?.action, (await other.verdict)?.action], ["deny", "deny"]);
});

test("an answer until the program ends is about the program only", async () => {
  await using stage = await Stage.open();
  await using ada = await Visitor.come(stage, "questions");
  const held = stage.hold();
  const card = ada.page.getByRole("article");
  await card.getByText("until it ends").click();
  const scopes = await card.getByRole("option").evaluateAll((options) =>
    options.map((option) => (option as HTMLOptionElement).value)
  );
  deepEqual(scopes, ["program+address+port", "program+address", "program+port", "program"]);
  await ada.settle();
  await card.getByRole("button", { name: "Deny" }).click();
  equal((await held.verdict)?.action, "deny");
});

test("of two browsers, one answers, and the other sees it at once", async () => {
  await using stage = await Stage.open();
  await using one = await Visitor.come(stage, "questions");
  await using other = await Visitor.come(stage, "questions");
  const held = stage.hold();
  await other.page.getByRole("article").waitFor();
  await one.page.getByRole("article").waitFor();
  await one.settle();
  await one.page.getByRole("button", { name: "Deny" }).click();
  equal((await held.verdict)?.action, "deny");
  await other.page.getByRole("article").getByText("denied by ada").waitFor();
  equal(await other.page.getByRole("button", { name: "Allow" }).count(), 0);
  await other.page.getByText(NOBODY).waitFor();
});

test("a program that ends, or whose time is over, asks no more", async () => {
  await using stage = await Stage.open();
  await using ada = await Visitor.come(stage, "questions");
  const ends = stage.hold({ port: 1 });
  await ada.page.getByRole("article").waitFor();
  ends.end();
  await ada.page.getByText("the program waits no more").first().waitFor();
  stage.hold({ port: 2, pid: 101, time: 600_000 });
  await ada.page.getByText(/denied in \d+:\d\d/).waitFor();
  // While somebody points at them, those that have ended stay.
  await ada.page.getByRole("heading", { name: "Questions" }).hover();
  stage.hold({ port: 3, pid: 102, time: 1 });
  await ada.page.getByRole("article").getByText("nobody answered in time").waitFor();
});

test("questions of one program are together, and can be denied together", async () => {
  await using stage = await Stage.open();
  const many = Array.from({ length: 12 }, (_, index) => stage.hold({ port: index + 1, pid: 200 + index }));
  const other = stage.hold({ exe: "/usr/bin/wget", pid: 300 });
  await using ada = await Visitor.come(stage, "questions");
  const group = ada.page.getByRole("region", { name: "/usr/bin/curl" });
  await group.getByText("12 calls wait").waitFor();
  equal(await group.getByRole("article").count(), 5);
  await group.getByRole("button", { name: "Show 7 more of curl" }).click();
  equal(await group.getByRole("article").count(), 12);
  await group.getByRole("button", { name: "Deny all 12 once" }).click();
  for (const { verdict } of many) equal((await verdict)?.action, "deny");
  await ada.page.getByRole("link", { name: "Questions" }).getByText("1", { exact: true }).waitFor();
  other.end();
});

test("who may only look is told so", async () => {
  await using stage = await Stage.open({ role: "read" });
  await using ada = await Visitor.come(stage, "questions");
  stage.hold();
  await ada.page.getByText("This session may only look.").waitFor();
  equal(await ada.page.getByRole("button", { name: "Allow" }).count(), 0);
});

test("markup that a program is named by is text", async () => {
  await using stage = await Stage.open();
  await using ada = await Visitor.come(stage, "questions");
  const exe = "/tmp/<img src=x onerror=alert(1)><script>alert(2)</script>";
  stage.hold({ exe, why: "<b>bold</b>" });
  await ada.page.getByText("<b>bold</b>").waitFor();
  equal(await ada.page.locator("#page img, #page b b, #page script").count(), 0);
  deepEqual(ada.complaints, []);
});

test("a configuration that asks nobody any more, and one that asks again", async () => {
  await using stage = await Stage.open();
  await using ada = await Visitor.come(stage, "questions");
  const held = stage.hold();
  await ada.page.getByRole("button", { name: "Allow" }).waitFor();
  stage.reload({ asks: false });
  await ada.page.getByText("no longer asked").first().waitFor();
  stage.reload();
  await ada.page.getByRole("button", { name: "Deny" }).waitFor();
  await ada.settle();
  await ada.page.getByRole("button", { name: "Deny" }).click();
  equal((await held.verdict)?.action, "deny");
});

test("a daemon that is started again asks for another link, and does what it did", async () => {
  await using stage = await Stage.open();
  await using ada = await Visitor.come(stage, "questions");
  const { port } = stage;
  const held = stage.hold();
  await ada.page.getByRole("article").waitFor();
  await stage.stop();
  await ada.page.getByText("reconnecting…").waitFor();
  await stage.serve(port);
  await ada.page.getByText("Nobody is logged in here.").waitFor();
  await ada.page.goto(stage.link());
  await ada.go("questions");
  await ada.page.getByRole("button", { name: "Deny" }).waitFor();
  await ada.settle();
  await ada.page.getByRole("button", { name: "Deny" }).click();
  equal((await held.verdict)?.action, "deny");
});

test("a notification is shown while the page is not looked at, and goes with its question", async () => {
  await using stage = await Stage.open();
  await using ada = await Visitor.come(stage, "questions");
  await ada.page.evaluate(() => {
    const shown: unknown[] = [];
    class Told {
      static permission = "default";
      static requestPermission() {
        Told.permission = "granted";
        return Promise.resolve("granted");
      }
      constructor(readonly title: string, readonly options: { readonly body: string }) {
        shown.push([title, options.body]);
      }
      close() {
        shown.push("closed");
      }
    }
    Object.assign(globalThis, { Notification: Told, shown });
    document.hasFocus = () => false;
  });
  await ada.page.getByLabel("Notify me").check();
  const held = stage.hold();
  await ada.page.getByRole("article").waitFor();
  held.end();
  await ada.page.getByText("the program waits no more").first().waitFor();
  deepEqual(await ada.page.evaluate(() => (globalThis as unknown as { shown: unknown }).shown), [
    ["curl waits", "It wants to connect to 192.0.2.1:443 (tcp)"],
    "closed",
  ]);
});

test("where the browser permits notifications and has none, that is said, and questions come in", async () => {
  await using stage = await Stage.open();
  await using ada = await Visitor.come(stage, "questions");
  await ada.page.evaluate(() => {
    class Illegal {
      static permission = "granted";
      static requestPermission = () => Promise.resolve("granted");
      constructor() {
        throw new TypeError("Illegal constructor");
      }
    }
    Object.assign(globalThis, { Notification: Illegal });
    document.hasFocus = () => false;
  });
  await ada.page.getByLabel("Notify me").check();
  stage.hold();
  await ada.page.getByText("This browser does not let the page notify you").waitFor();
  stage.hold({ port: 80, pid: 101 });
  await ada.page.getByRole("article").nth(1).waitFor();
  equal(await ada.page.getByLabel("Notify me").isChecked(), false);
  equal(await ada.page.getByText("reconnecting…").count(), 0);
  deepEqual(ada.complaints, []);
});
