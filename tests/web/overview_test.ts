/** The overview and the plugins, as somebody at a browser sees them. */

import { deepEqual, equal, ok } from "node:assert/strict";
import type { TicketJson } from "../../core/control/api.ts";
import { barriers } from "./axe.ts";
import { Visitor } from "./browser.ts";
import { OverviewStage, SECRET } from "./overview_stage.ts";
import { browserTests } from "./tests.ts";

const test = browserTests("overview");

const MARKUP = "/opt/<b>bold</b><img src=x onerror=alert(1)>";

/** The block of that title. */
function block({ page }: Visitor, title: string) {
  return page.locator(".block", { has: page.getByRole("heading", { name: title }) });
}

test("what was decided, by whom and how often; what comes later comes in", async () => {
  await using stage = await OverviewStage.open();
  stage.decide("/usr/bin/curl", { times: 12 });
  stage.decide(MARKUP, { denied: true, times: 3 });
  await using root = await Visitor.come(stage, "overview");
  await root.page.getByText("12 allowed").waitFor();
  await root.page.getByText("3 denied").waitFor();
  const chart = await root.page.getByRole("img").getAttribute("aria-label");
  equal(chart, "Decisions of the last hour: 12 allowed, 3 denied");
  const names = await block(root, "Programs").locator(".label").allTextContents();
  deepEqual(names, ["curl", "b><img\\x20src=x\\x20onerror=alert(1)>"]);
  deepEqual(await root.page.locator("main b b, main img").count(), 0);
  deepEqual(await block(root, "Destinations").locator(".label").allTextContents(), ["tcp 192.0.2.1:443"]);
  stage.decide("/usr/bin/curl", { times: 8 });
  await root.page.clock.fastForward(5_000);
  await root.page.getByText("20 allowed").waitFor();
  deepEqual(root.complaints, []);
});

test("a day and a week are there too", async () => {
  await using stage = await OverviewStage.open();
  stage.decide("/usr/bin/curl", { times: 5 });
  await using root = await Visitor.come(stage, "overview");
  for (const span of ["Week", "Day"]) {
    await root.page.getByRole("button", { name: span }).click();
    await root.page.getByRole("img", { name: `Decisions of the last ${span.toLowerCase()}: 5 allowed` })
      .waitFor();
  }
});

test("a destination stands by its name, with the address beside it, and leads to its decisions", async () => {
  const names = { "192.0.2.1": "www.example.org", "192.0.2.2": "www.example.org" };
  await using stage = await OverviewStage.open({ names });
  stage.decide("/usr/bin/curl", { times: 2 });
  stage.decide("/usr/bin/curl", { ip: "192.0.2.2", denied: true });
  await using root = await Visitor.come(stage, "overview");
  const destination = block(root, "Destinations").getByRole("button");
  await destination.getByText("tcp www.example.org:443").waitFor();
  deepEqual(await destination.locator(".label").allTextContents(), ["tcp www.example.org:443 192.0.2.2"]);
  deepEqual(await block(root, "Denials").locator(".label").allTextContents(), [
    "curl tcp www.example.org:443 192.0.2.2",
  ]);
  await destination.click();
  equal(await root.page.getByRole("searchbox").inputValue(), `to:"tcp www.example.org:443"`);
});

test("a click on a program leads to its decisions", async () => {
  await using stage = await OverviewStage.open();
  stage.decide("/usr/bin/curl");
  await using root = await Visitor.come(stage, "overview");
  await block(root, "Programs").getByRole("button").click();
  equal(await root.page.getByRole("searchbox").inputValue(), `program:"/usr/bin/curl"`);
});

test("counters by cause, tickets, and what is wrong with the configuration", async () => {
  const refused = `/etc/snet/snet.yaml:7:5: unknown key "filse"`;
  await using stage = await OverviewStage.open({ status: { refused } });
  await using root = await Visitor.come(stage, "overview");
  await root.page.getByRole("alert").getByText(refused).waitFor();
  const causes = await block(root, "By cause").locator("dl > div").allTextContents();
  deepEqual(causes, [
    "decided by a plugin4,711",
    "answered since a plugin failed57",
    "ended before the answer: signal12",
    "allowed by a ticket8,000",
    "denied by a ticket76",
  ]);
  await root.page.getByText("have answered 8,076 calls").waitFor();
});

/** A ticket for what curl of root does. */
const TICKET: TicketJson = {
  ...{
    event: "snet.connect",
    scope: "program",
    key: [],
    action: "allow",
    timeLeft: 90_000,
    hits: 1234,
    uid: 0,
  },
  ...{ exe: "/usr/bin/curl", family: 2, type: 1, protocol: 6, plugin: "rules" },
  rule: { number: 0, name: "web", where: "/etc/snet/rules.d/web.yaml:3:5" },
  remote: { family: 2, ip: "192.0.2.1", port: 443 },
};

test("tickets: who, what, which answer, for how long, how often and by which rule; one may drop them", async () => {
  await using stage = await OverviewStage.open();
  const other: TicketJson = {
    ...TICKET,
    scope: "task",
    pid: 70,
    exe: MARKUP,
    action: "deny",
    errnoName: "EPERM",
  };
  stage.tickets = [TICKET, { ...other, timeLeft: 5_000, hits: 1 }];
  await using root = await Visitor.come(stage, "overview");
  const lines = block(root, "Tickets").getByRole("listitem");
  await lines.nth(1).waitFor();
  const told = async (line: number) =>
    (await lines.nth(line).locator("> *").allTextContents()).map((text) => text.trim());
  deepEqual(await told(0), [
    ...["curl root", "connect tcp to 192.0.2.1:443", "allow", "1:30", "1,234×", "rules: web"],
  ]);
  equal((await told(1))[0], "b><img src=x onerror=alert(1)> root process 70");
  equal((await told(1))[2], "deny EPERM");
  // It goes on between two looks, and what is over is gone.
  await root.page.clock.fastForward(6_000);
  await lines.nth(1).waitFor({ state: "detached" });
  equal((await told(0))[3], "1:24");
  await using guest = await Visitor.come({ link: () => stage.link("read") }, "overview");
  await block(guest, "Tickets").getByRole("listitem").first().waitFor();
  equal(await guest.page.getByRole("button", { name: "Drop all" }).count(), 0);
  await root.page.getByRole("button", { name: "Drop all" }).click();
  await root.page.getByText("Dropped 2 tickets.").waitFor();
  await root.page.getByText("No tickets: the kernel asks about every call.").waitFor();
  equal(stage.tickets.length, 0);
  deepEqual(root.complaints, []);
});

test("tickets: of many the busiest are listed, and how many more there are", async () => {
  await using stage = await OverviewStage.open();
  stage.tickets = Array.from({ length: 62 }, () => TICKET);
  await using root = await Visitor.come(stage, "overview");
  await root.page.getByText("And 12 more that have answered less often.").waitFor();
  equal(await block(root, "Tickets").getByRole("listitem").count(), 50);
});

test("who is logged in, and who may log whom out", async () => {
  await using stage = await OverviewStage.open();
  await using root = await Visitor.come(stage, "overview");
  await using guest = await Visitor.come({ link: () => stage.link("read") }, "overview");
  await guest.page.getByText("this page").waitFor();
  const others = (visitor: Visitor) => block(visitor, "Logged in").getByRole("button", { name: "Log out" });
  equal(await others(guest).count(), 0);
  await root.page.clock.fastForward(15_000);
  await others(root).click();
  await others(root).waitFor({ state: "detached" });
  equal(stage.sessions, 1);
  await guest.page.clock.fastForward(15_000);
  await guest.page.getByText("Nobody is logged in here").waitFor();
});

for (const width of [1280, 390]) {
  test(`one logs out from wherever one is, by keys too (${width})`, async () => {
    await using stage = await OverviewStage.open();
    await using root = await Visitor.come(stage, "overview", { viewport: { width, height: 800 } });
    const logOut = root.page.locator("nav").getByRole("button", { name: "Log out" });
    for (const view of ["live", "questions", "rules", "plugins", "overview"]) {
      await root.go(view);
      await root.page.locator(`.view.${view}`).waitFor();
      const { x, width: room } = (await logOut.boundingBox())!;
      ok(x >= 0 && x + room <= width, `${view}: ${x} + ${room}`);
    }
    await logOut.focus();
    await root.page.keyboard.press("Enter");
    await root.page.getByText("Nobody is logged in here").waitFor();
    equal(stage.sessions, 0);
    // Nor is the key left, with which a cookie would open the page again.
    equal(await root.page.evaluate(() => localStorage.length), 0);
    await root.page.reload();
    await root.page.getByText("Nobody is logged in here").waitFor();
  });
}

test("where the daemon is away, one is not logged out, and is told so", async () => {
  await using stage = await OverviewStage.open();
  await using root = await Visitor.come(stage, "live");
  await root.page.route("**/v1/session", (route) => route.abort());
  await root.page.getByRole("button", { name: "Log out" }).click();
  await root.page.getByRole("alert").getByText("snet cannot be reached").waitFor();
  equal(stage.sessions, 1);
});

test("plugins: state, latencies, errors, options; no secret is in the page", async () => {
  await using stage = await OverviewStage.open();
  await using root = await Visitor.come(stage, "plugins");
  const card = (name: string) =>
    root.page.getByRole("listitem").filter({ has: root.page.getByRole("heading", { name }) });
  await card("ratelimit").getByText("works").waitFor();
  ok((await card("ratelimit").textContent())!.includes("1 µs · 11 µs"));
  await card("webhook").getByText("keeps failing, not asked").waitFor();
  await card("webhook").getByText("hooks.example.org answered 503").waitFor();
  await card("webhook").getByText("3 s, then deny; where it fails, pass").waitFor();
  await card("notify").getByText("observes").waitFor();
  await card("notify").getByText("Options").click();
  const set = await card("notify").locator(".options .set").allTextContents();
  ok(set.some((text) => /^rate7How many/.test(text)), set.join("\n"));
  ok(set.some((text) => /^commandset, not shown/.test(text)), set.join("\n"));
  await card("webhook").getByText("https://hooks.example.org/…").waitFor({ state: "attached" });
  ok(!(await root.page.content()).includes(SECRET));
  deepEqual(root.complaints, []);
});

test("where nothing is there, that is said", async () => {
  await using stage = await OverviewStage.open({ config: "default: deny\n", counts: [] });
  await using root = await Visitor.come(stage, "plugins");
  await root.page.getByText("There are no plugins.").waitFor();
  await root.go("overview");
  await root.page.getByText("Nothing was denied.").waitFor();
  await root.page.getByText("No plugin decides; the default answers everything.").waitFor();
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1280, 390]) {
    test(`nothing is wider than the screen, and axe finds nothing (${width}, ${colorScheme})`, async () => {
      await using stage = await OverviewStage.open();
      stage.decide("/usr/bin/curl", { times: 12 });
      stage.decide(`/opt/${"long-".repeat(60)}`, { denied: true });
      stage.tickets = [TICKET, { ...TICKET, exe: `/opt/${"long-".repeat(60)}` }];
      const viewport = { width, height: 800 };
      await using root = await Visitor.come(stage, "overview", { viewport, colorScheme });
      await root.page.getByText("12 allowed").waitFor();
      for (const view of ["overview", "plugins"]) {
        await root.go(view);
        await root.page.locator(`.view.${view} li`).first().waitFor();
        const link = root.page.getByRole("link", { name: view, exact: false }).first();
        const { x, width: room } = (await link.boundingBox())!;
        ok(x >= 0 && Math.floor(x + room) <= width, `${view} is at ${x}`);
        if (view === "plugins") await root.page.getByText("Options").first().click();
        deepEqual(await barriers(root.page), [], view);
        equal(
          await root.page.locator(".view").evaluate((view) => view.scrollWidth - view.clientWidth),
          0,
          view,
        );
      }
    });
  }
}
