/** What happens, as somebody at a browser sees it. */

import { deepEqual, equal, ok } from "node:assert/strict";
import { barriers } from "./axe.ts";
import { Visitor } from "./browser.ts";
import { Stage } from "./stage.ts";
import { browserTests } from "./tests.ts";

const test = browserTests("live");

/** Somebody who looks at a stage that sends what happens. */
async function look(
  stage: Stage,
  ...options: Parameters<typeof Visitor.come> extends [unknown, ...infer O] ? O : never
) {
  const visitor = await Visitor.come(stage, ...options);
  await visitor.page.locator(".badge.live, .questions").first().waitFor();
  return visitor;
}

test("decisions are counted by program and by what it reached, and told in full", async () => {
  await using stage = await Stage.open();
  await using ada = await look(stage);
  stage.decide({}, {}, { action: "deny", why: "no telemetry" }, { exe: "/usr/bin/wget" });
  const curl = ada.page.getByRole("listitem").filter({ hasText: "/usr/bin/curl" });
  await curl.getByText("deny EPERM").waitFor();
  deepEqual(await curl.locator(".number").allTextContents(), ["2", "1"]);
  await curl.click();
  await ada.page.getByRole("listitem").filter({ hasText: "192.0.2.1:443" }).click();
  const details = ada.page.getByRole("dialog");
  await details.getByText("/etc/snet/rules.d/web.yaml:3:5").waitFor();
  await details.getByText("no telemetry").waitFor();
  await ada.page.keyboard.press("Escape");
  await details.waitFor({ state: "detached" });
  deepEqual(ada.complaints, []);
});

test("what is searched for is shown, and what is wrong with it is said", async () => {
  await using stage = await Stage.open();
  await using ada = await look(stage);
  stage.decide({}, { exe: "/usr/bin/wget" });
  const programs = ada.page.getByRole("listitem");
  await programs.nth(1).waitFor();
  await ada.page.getByRole("searchbox").fill("program:wget");
  await programs.filter({ hasText: "curl" }).waitFor({ state: "detached" });
  equal(await programs.count(), 1);
  await ada.page.getByRole("searchbox").fill("programme:wget");
  await ada.page.getByRole("alert").getByText("programme").waitFor();
});

test("a destination is shown by its name, its address beside it, and found by both", async () => {
  await using stage = await Stage.open();
  await using ada = await look(stage);
  const named = { more: { names: ["www.example.org", "cdn.example"] } };
  stage.decide(named, { ...named, ip: "192.0.2.2" }, { ip: "192.0.2.3" });
  await ada.page.getByRole("listitem").click();
  const lines = ada.page.getByRole("listitem").filter({ hasText: ":443" });
  await lines.nth(1).waitFor();
  deepEqual((await lines.locator(".name").allTextContents()).map((text) => text.trim()), [
    "www.example.org:443 tcp 192.0.2.2",
    "192.0.2.3:443 tcp",
  ]);
  deepEqual(await lines.first().locator(".number").allTextContents(), ["2", "0"]);
  equal(
    await lines.first().locator(".name").getAttribute("title"),
    "tcp 192.0.2.2:443, known as www.example.org",
  );
  await ada.page.getByRole("searchbox").fill("host:example.org 192.0.2.1");
  await ada.page.getByRole("button", { name: "Lines" }).click();
  const row = ada.page.getByRole("listitem");
  await row.getByText("connect www.example.org:443").waitFor();
  equal(await row.count(), 1);
  deepEqual(ada.complaints, []);
});

/** What the details say, by label. */
async function facts({ page }: Visitor): Promise<Readonly<Record<string, string>>> {
  const told = await page.getByRole("dialog").locator(".facts > div").evaluateAll((lines) =>
    lines.map((line) => [...line.children].map((child) => child.textContent!.trim()))
  );
  return Object.fromEntries(told);
}

const CONTAINER = "0123456789abcdef".repeat(4);

test("details say who called, by whose word, where it runs, and what would answer now", async () => {
  await using stage = await Stage.open();
  await using ada = await look(stage);
  const task = stage.run({
    exe: "/usr/bin/python3.11",
    command: ["python3", "-u", "<b>back up</b>.py", "--all"],
    place: `/system.slice/docker-${CONTAINER}.scope`,
    parents: [{ pid: 90, exe: "/usr/bin/bash" }, { pid: 80, exe: "/usr/sbin/cron" }],
  });
  stage.tickets = [{
    ...{ event: "snet.connect", scope: "program", key: [], action: "allow", timeLeft: 41_500, hits: 17 },
    ...{ uid: 1000, exe: "/usr/bin/python3.11", remote: { family: 2, port: 443 } },
  }];
  stage.decide({ exe: "/usr/bin/python3.11", task, more: { names: ["www.example.org", "b.example"] } });
  await ada.page.getByRole("button", { name: "Lines" }).click();
  await ada.page.getByRole("listitem").click();
  await ada.page.getByRole("dialog").getByText("cron 80").waitFor();
  const { script, command, unit, container, ...told } = await facts(ada);
  // The unit of a container has no name but the container's.
  deepEqual({ script, command, unit, container }, {
    script: "'<b>back up</b>.py' (by its own word)",
    command: "python3 -u '<b>back up</b>.py' --all (by its own word)",
    unit: undefined,
    container: "docker 0123456789ab",
  });
  equal(told["call"], "connect www.example.org:443");
  equal(told["address"], "tcp 192.0.2.1");
  equal(told["known as"], "www.example.org, b.example");
  equal(told["run by"], "/usr/bin/bash 90 ← /usr/sbin/cron 80");
  equal(told["ticket now"], "allow for 42 s more, 17 calls so far");
  equal(told["process"], "100");
  // What is so now is seen while one looks.
  stage.tickets = [];
  stage.end(100);
  await ada.page.clock.fastForward(5_000);
  await ada.page.getByText("none: such a call would be asked about").waitFor();
  equal((await facts(ada))["process"], "100 has ended");
  equal((await facts(ada))["container"], "docker 0123456789ab");
  deepEqual(ada.complaints, []);
});

test("of a program that was gone at once, that is said; another user's arguments are not told", async () => {
  await using stage = await Stage.open();
  await using ada = await look(stage);
  const task = stage.run({ pid: 101, exe: "/usr/bin/wget", command: ["wget", "hunter2"] });
  stage.decide({}, { exe: "/usr/bin/wget", task: { ...task, uid: 2000 } });
  await ada.page.getByRole("button", { name: "Lines" }).click();
  await ada.page.getByRole("listitem").nth(1).click();
  await ada.page.getByText("had ended before anybody could look").waitFor();
  equal((await facts(ada))["process"], "100 has ended");
  await ada.page.keyboard.press("Escape");
  await ada.page.getByRole("listitem").first().click();
  await ada.page.getByText("for root and that user to see").waitFor();
  equal((await ada.page.content()).includes("hunter2"), false);
});

test("keys find the search line, move from line to line, and open what is there", async () => {
  await using stage = await Stage.open();
  await using ada = await look(stage);
  stage.decide({}, {}, { exe: "/usr/bin/wget" });
  await ada.page.getByRole("listitem").nth(1).waitFor();
  await ada.page.keyboard.press("/");
  await ada.page.keyboard.type("192.0.2.1");
  equal(await ada.page.getByRole("searchbox").inputValue(), "192.0.2.1");
  await ada.page.getByRole("list", { name: "Programs" }).focus();
  for (const key of ["ArrowDown", "ArrowDown", "ArrowUp", "Enter", "ArrowDown", "Enter"]) {
    await ada.page.keyboard.press(key);
  }
  await ada.page.getByRole("dialog").getByText("/usr/bin/curl", { exact: true }).waitFor();
});

test("paused, nothing moves; then all that came is there", async () => {
  await using stage = await Stage.open();
  await using ada = await look(stage);
  stage.decide({});
  await ada.page.getByRole("listitem").waitFor();
  await ada.page.getByRole("button", { name: "Pause" }).click();
  stage.decide({ exe: "/usr/bin/wget" }, { exe: "/usr/bin/wget" });
  await ada.page.getByRole("button", { name: "Resume (2)" }).waitFor();
  equal(await ada.page.getByRole("listitem").count(), 1);
  await ada.page.getByRole("button", { name: "Resume (2)" }).click();
  await ada.page.getByRole("listitem").nth(1).waitFor();
});

test("whoever has read further down sees what comes after all is cleared, or nothing fits", async () => {
  await using stage = await Stage.open();
  await using ada = await look(stage);
  await ada.page.getByRole("button", { name: "Lines" }).click();
  const list = ada.page.getByRole("list", { name: "Decisions" });
  const readOn = async () => {
    stage.decide(...Array.from({ length: 100 }, () => ({})));
    await list.getByRole("listitem").nth(20).waitFor();
    await list.evaluate((box) => box.scrollTop = 2000);
    stage.decide({});
    await ada.page.getByText("1 newer").waitFor();
  };
  const goesOn = async () => {
    stage.decide({ exe: "/usr/bin/wget" });
    await list.getByText("wget").waitFor();
    stage.decide({ exe: "/usr/bin/wget", port: 80 });
    await list.getByText(":80").waitFor();
  };
  await readOn();
  await ada.page.getByRole("button", { name: "Clear" }).click();
  await ada.page.getByText("Nothing yet.").waitFor();
  await goesOn();
  await ada.page.getByRole("button", { name: "Clear" }).click();
  await readOn();
  await ada.page.getByRole("searchbox").fill("program:wget");
  await ada.page.getByText("decisions fits.").waitFor();
  await goesOn();
});

test("50,000 decisions leave a page that answers, of which only what is seen is there", async () => {
  await using stage = await Stage.open();
  await using ada = await look(stage);
  // As many at once as are kept for a reader.
  for (let sent = 10_000; sent <= 50_000; sent += 10_000) {
    stage.decide(...Array.from({ length: 10_000 }, (_, index) => ({
      exe: `/usr/bin/p${index % 250}`,
      port: 1 + index % 1000,
    })));
    const shown = String(sent / 250);
    await ada.page.locator(".line.program .number").filter({ hasText: shown }).first().waitFor();
  }
  equal(await ada.page.getByText("not shown").count(), 0);
  const lines = await ada.page.getByRole("listitem").count();
  ok(lines > 10 && lines < 60, `${lines} lines`);
  // Each of them is at its place, and no more than so many are kept.
  const list = ada.page.getByRole("list", { name: "Decisions" });
  const lineAt = async (place: number) => {
    await list.evaluate((box, top) => box.scrollTop = top, place * 36);
    const index = 49_999 - place;
    await list.getByText(`192.0.2.1:${1 + index % 1000}`, { exact: false }).first().waitFor();
    const line = list.getByRole("listitem").filter({ hasText: new RegExp(`:${1 + index % 1000}\\b`) });
    await line.filter({ hasText: `p${index % 250}` }).first().waitFor();
  };
  await ada.page.getByRole("button", { name: "Lines" }).click();
  for (const place of [0, 12_345, 25_000, 49_980]) await lineAt(place);
  equal(await list.evaluate(({ scrollHeight }) => scrollHeight), 50_000 * 36);
  await list.evaluate((box) => box.scrollTop = 0);
  stage.decide(...Array.from({ length: 2_000 }, () => ({ exe: "/usr/bin/later", port: 7 })));
  await list.getByText("later").first().waitFor();
  equal(await list.evaluate(({ scrollHeight }) => scrollHeight), 50_000 * 36);
  await ada.page.getByRole("button", { name: "Programs" }).click();
  await ada.page.getByRole("searchbox").fill("program:p249");
  await ada.page.getByRole("listitem").filter({ hasText: "p249" }).waitFor();
  equal(await ada.page.getByRole("listitem").count(), 1);
});

for (const view of ["live", "questions"]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`axe finds nothing to say about ${view}, ${colorScheme}`, async () => {
      await using stage = await Stage.open();
      stage.hold();
      stage.hold({ port: 80, pid: 101 });
      await using ada = await look(stage, view, { colorScheme, reducedMotion: "reduce", bypassCSP: true });
      if (view === "live") {
        stage.decide({}, { action: "deny" });
        await ada.page.getByRole("listitem").first().click();
        await ada.page.getByRole("listitem").nth(1).click();
        await ada.page.getByText("web.yaml").waitFor();
      } else {
        await ada.page.getByText("always").first().click();
      }
      deepEqual(await barriers(ada.page), []);
    });
  }
}

for (const view of ["live", "questions"]) {
  test(`${view} is no wider than a telephone, and needs no scrolling aside`, async () => {
    await using stage = await Stage.open();
    stage.hold();
    await using ada = await look(stage, view, { viewport: { width: 390, height: 844 } });
    stage.decide({ exe: `/usr/bin/${"long-".repeat(60)}` });
    if (view === "live") await ada.page.getByRole("listitem").first().waitFor();
    else await ada.page.getByText("always").click();
    const widest = await ada.page.evaluate(() =>
      Math.max(
        ...[...document.querySelectorAll("main, main *")].map((each) => {
          const { right, width } = each.getBoundingClientRect();
          return width > 1 && getComputedStyle(each).overflow === "visible" ? 0 : right;
        }),
        document.querySelector("main")!.scrollWidth,
        document.documentElement.scrollWidth,
      )
    );
    ok(widest <= 390, `${widest} pixels`);
  });
}
