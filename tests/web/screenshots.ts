/** `deno task screenshots [FOLDER]`: each view at 1280 and 390 pixels, light and dark; below dist/screenshots if none is named. */

import { ensurePackages } from "../../kernel/setup.ts";
import { buildPage } from "../../web/build.ts";
import { closeBrowser, Visitor } from "./browser.ts";
import { OverviewStage } from "./overview_stage.ts";
import { type Decided, Stage } from "./stage.ts";

const FOLDER = Deno.args[0] ?? new URL("../../dist/screenshots", import.meta.url).pathname;
const SIZES = [[1280, 800], [390, 844]] as const;

const PROGRAMS = [
  "/usr/lib/firefox/firefox",
  "/usr/bin/curl",
  "/usr/lib/systemd/systemd-resolved",
  "/usr/bin/node",
  "/usr/bin/git",
  "/usr/bin/python3.11",
];

/** What a desktop does within a while; the same each time. */
function decisions(): Decided[] {
  return Array.from({ length: 900 }, (_, index): Decided => {
    const exe = PROGRAMS[(index * index + index) % 17 % PROGRAMS.length]!;
    return {
      exe,
      ip: `192.0.2.${1 + index % 13}`,
      port: [443, 443, 80, 53, 22][index % 5]!,
      action: index % 11 === 3 ? "deny" : "allow",
      why: index % 11 === 3 ? "no telemetry" : "the web",
      task: { cmdline: [exe, "--fetch", "https://example.org/"], ppid: 7 },
    };
  });
}

/** The last hour of that desktop. */
function fill(overview: OverviewStage): void {
  for (let slot = 359; slot >= 0; slot--) {
    const busy = Math.round(6 + 5 * Math.sin(slot / 20) + slot * slot % 7);
    for (let index = 0; index < busy; index++) {
      const exe = PROGRAMS[(index * index + slot) % 17 % PROGRAMS.length]!;
      const denied = (index + slot) % 11 === 3;
      overview.decide(exe, { denied, ip: `192.0.2.${1 + (index * slot) % 13}`, ago: slot * 10_000 });
    }
  }
}

await ensurePackages("browser");
await buildPage();
await Deno.mkdir(FOLDER, { recursive: true });
await using stage = await Stage.open();
stage.hold({ why: "an address that is new", time: 290_000 });
stage.hold({ ip: "2001:db8::1", pid: 101, why: "an address that is new", time: 240_000 });
stage.hold({ exe: "/usr/lib/firefox/firefox", ip: "192.0.2.53", port: 53, pid: 102, time: 25_000 });
for (const [width, height] of SIZES) {
  for (const colorScheme of ["light", "dark"] as const) {
    await using visitor = await Visitor.come(stage, "live", { viewport: { width, height }, colorScheme });
    const { page } = visitor;
    const save = (name: string) => page.screenshot({ path: `${FOLDER}/${name}-${width}-${colorScheme}.png` });
    stage.decide(...decisions());
    await page.getByRole("listitem").first().click();
    await page.getByRole("listitem").nth(2).waitFor();
    await save("live");
    await page.getByRole("listitem").nth(2).click();
    await page.getByText("web.yaml").first().waitFor();
    await save("details");
    await visitor.go("questions");
    await page.getByText("always").first().click();
    await save("questions");
  }
}
await using overview = await OverviewStage.open({ age: 3_300_000 });
fill(overview);
for (const [width, height] of SIZES) {
  for (const colorScheme of ["light", "dark"] as const) {
    await using visitor = await Visitor.come(overview, "overview", {
      viewport: { width, height },
      colorScheme,
    });
    const { page } = visitor;
    const save = (name: string) => page.screenshot({ path: `${FOLDER}/${name}-${width}-${colorScheme}.png` });
    await page.locator(".top li").first().waitFor();
    await save("overview");
    await visitor.go("plugins");
    await page.getByText("Options").first().click();
    await save("plugins");
  }
}
await closeBrowser();
