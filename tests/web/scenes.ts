/** Each view of the page in each of its states: for pictures, and for whoever asks whether everybody can use it. */

import type { Page } from "playwright-core";
import type { Visitor } from "./browser.ts";
import { DaemonStage } from "./daemon_stage.ts";
import { OverviewStage } from "./overview_stage.ts";
import { PluginsStage } from "./plugins_stage.ts";
import { type Decided, Stage } from "./stage.ts";

const RULES = `version: 1
rules:
  # Nobody sends mail from here.
  - name: no mail
    deny: snet.out
    port: [25, 465, 587]
  - name: names of hosts
    allow: snet.out
    exe: /usr/lib/systemd/systemd-resolved
    port: 53
  - name: the browser
    allow: snet.connect
    exe: /usr/lib/firefox/firefox
    port: [80, 443]
  - name: updates
    allow: snet.connect
    exe: [/usr/bin/apt, /usr/lib/apt/methods/https]
    to: [192.0.2.0/24, "2001:db8::/32"]
  - name: this machine
    allow: snet.out
    to: [127.0.0.0/8, "::1"]
  - ask: snet.out
`;
const HITS = [12, 4_711, 12_345, 37, 902, 208];

const PROGRAMS = [
  "/usr/lib/firefox/firefox",
  "/usr/bin/curl",
  "/usr/lib/systemd/systemd-resolved",
  "/usr/bin/node",
  "/usr/bin/git",
  "/usr/bin/python3.11",
];
/** Names of the first addresses. */
const HOSTS = [
  "example.org",
  "www.example.com",
  "mirror.example.net",
  "updates.example.org",
  "telemetry.example.com",
  "git.example.net",
  "cdn.example.org",
  "time.example.com",
];
/** As long as they come. */
const LONG = `/home/ada/.local/share/applications/${"some-vendor/".repeat(9)}updater-of-things`;

/** What a desktop does within a while; the same each time. */
function decisions(): Decided[] {
  const now = Date.now();
  const many = Array.from({ length: 900 }, (_, index): Decided => {
    const exe = PROGRAMS[(index * index + index) % 17 % PROGRAMS.length]!;
    return {
      exe,
      ip: `192.0.2.${1 + index % 13}`,
      port: [443, 443, 80, 53, 22][index % 5]!,
      action: index % 11 === 3 ? "deny" : "allow",
      why: index % 11 === 3 ? "no telemetry" : "the web",
      task: { cmdline: [exe, "--fetch", "https://example.org/"], ppid: 7 },
      more: {
        // Over the last minute, more of them now and then.
        time: new Date(now - (900 - index) * 65 - 2_000 * Math.sin(index / 40)).toISOString(),
        names: index % 13 < 8 ? [HOSTS[index % 13]!] : [],
      },
    };
  });
  return [...many, { exe: LONG, ip: "2001:db8:85a3:1234:5678:8a2e:370:7334" }];
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

function ask(stage: Stage): void {
  stage.hold({ why: "an address that is new", time: 290_000 });
  stage.hold({ ip: "2001:db8:85a3:1234:5678:8a2e:370:7334", pid: 101, why: "an address that is new" });
  stage.hold({ exe: "/usr/lib/firefox/firefox", ip: "192.0.2.53", port: 53, pid: 102, time: 25_000 });
  stage.hold({ exe: LONG, pid: 103 });
}

/** What is to be seen: on a stage, in a view, when something was done. */
export interface Scene {
  readonly view: string;
  readonly stage: (use: (stage: Pick<Stage, "link">) => Promise<void>) => Promise<void>;
  readonly act?: (page: Page, visitor: Visitor) => Promise<void>;
  /** As somebody who has other colours, or wants nothing to move, sees it too. */
  readonly isSpecial?: boolean;
}

const busy: Scene["stage"] = async (use) => {
  await using stage = await Stage.open();
  ask(stage);
  const link = () => stage.link();
  await use({ link });
};

const quiet: Scene["stage"] = async (use) => {
  await using stage = await Stage.open();
  await use(stage);
};

const looksOnly: Scene["stage"] = async (use) => {
  await using stage = await Stage.open({ role: "read" });
  ask(stage);
  await use(stage);
};

const overview: Scene["stage"] = async (use) => {
  await using stage = await OverviewStage.open({ age: 3_300_000 });
  fill(stage);
  await use(stage);
};

const emptyOverview: Scene["stage"] = async (use) => {
  await using stage = await OverviewStage.open({ config: "default: deny\n", counts: [] });
  await use(stage);
};

/** The stage of the moment, for what a scene makes it do. */
let stage: Stage;

function onStage(open: () => Promise<Stage>, then: (stage: Stage) => void = () => {}): Scene["stage"] {
  return async (use) => {
    await using opened = await open();
    stage = opened;
    then(stage);
    await use(stage);
  };
}

const withRules: Scene["stage"] = async (use) => {
  await using stage = await DaemonStage.open({ rules: RULES, hits: HITS });
  await use(stage);
};

/** By the names of their pictures. */
export const SCENES: Readonly<Record<string, Scene>> = {
  live: {
    view: "live",
    stage: onStage(() => Stage.open(), ask),
    isSpecial: true,
    async act(page) {
      stage.decide(...decisions());
      await page.getByRole("listitem").first().click();
      await page.getByRole("listitem").nth(2).waitFor();
    },
  },
  lines: {
    view: "live",
    stage: onStage(() => Stage.open()),
    async act(page) {
      stage.decide(...decisions());
      await page.getByRole("button", { name: "Lines" }).click();
      await page.getByRole("listitem").nth(2).waitFor();
    },
  },
  details: {
    view: "live",
    stage: onStage(() => Stage.open(), ask),
    isSpecial: true,
    async act(page) {
      stage.decide(...decisions());
      await page.getByRole("listitem").first().click();
      await page.getByRole("listitem").nth(2).click();
      await page.getByText("web.yaml").first().waitFor();
    },
  },
  questions: {
    view: "questions",
    stage: busy,
    isSpecial: true,
    act: (page) => page.getByText("always").first().click(),
  },
  overview: {
    view: "overview",
    stage: overview,
    isSpecial: true,
    act: (page) => page.locator(".top li").first().waitFor(),
  },
  rules: {
    view: "rules",
    stage: withRules,
    isSpecial: true,
    act: (page) => page.getByText("the browser").first().waitFor(),
  },
  "rule-editor": {
    view: "rules",
    stage: withRules,
    isSpecial: true,
    async act(page) {
      await page.getByRole("button", { name: "Edit" }).click();
      await page.getByRole("textbox").fill(RULES.replace("port: 53", "prt: 53"));
      await page.getByText('unknown key "prt"').waitFor();
      await page.getByText("How rules are written").click();
    },
  },
  "rules-preview": {
    view: "rules",
    stage: withRules,
    async act(page) {
      await page.getByRole("button", { name: "Edit" }).click();
      await page.getByRole("textbox").fill(RULES.replace("port: 53", "port: 853"));
      await page.getByRole("button", { name: "What would change?" }).click();
      await page.locator(".preview").waitFor();
    },
  },
  "rules-empty": {
    view: "rules",
    stage: async (use) => {
      await using stage = await DaemonStage.open({ rules: "version: 1\nrules: []\n" });
      await use(stage);
    },
    act: (page) => page.getByText("No rules.").first().waitFor(),
  },
  plugins: {
    view: "plugins",
    stage: overview,
    isSpecial: true,
    act: (page) => page.getByText("Options").first().click(),
  },
  "live-empty": { view: "live", stage: quiet, act: (page) => page.getByText("Nothing yet.").waitFor() },
  "questions-empty": {
    view: "questions",
    stage: quiet,
    act: (page) => page.getByText("Nobody waits").waitFor(),
  },
  "overview-empty": {
    view: "overview",
    stage: emptyOverview,
    act: (page) => page.getByText("Nothing was denied.").waitFor(),
  },
  options: {
    view: "plugins",
    stage: async (use) => {
      await using stage = await PluginsStage.open();
      await use(stage);
    },
    isSpecial: true,
    async act(page, { page: { clock } }) {
      await page.locator("summary").nth(1).click();
      const form = page.getByRole("form", { name: "Options of own" });
      await form.getByRole("spinbutton", { name: "count" }).fill("12");
      await form.getByRole("switch", { name: "strict" }).click();
      await form.getByRole("textbox", { name: "words" }).fill("alpha\nbeta");
      await clock.fastForward(400);
      await form.getByText("1 mistake").waitFor();
    },
  },
  "plugins-empty": {
    view: "plugins",
    stage: emptyOverview,
    act: (page) => page.getByText("There are no plugins.").waitFor(),
  },
  "questions-read-only": {
    view: "questions",
    stage: looksOnly,
    act: (page) => page.getByText("This session may only look.").first().waitFor(),
  },
  "live-away": {
    view: "live",
    stage: onStage(() => Stage.open()),
    async act(page) {
      stage.decide(...decisions());
      await page.getByRole("listitem").first().waitFor();
      await stage.stop();
      await page.getByText("reconnecting…").waitFor();
    },
  },
  "overview-away": {
    view: "overview",
    stage: onStage(() => Stage.open()),
    async act(page) {
      await stage.stop();
      await page.getByText("reconnecting…").waitFor();
      await page.getByRole("alert").waitFor();
    },
  },
  "logged-out": {
    view: "live",
    stage: onStage(() => Stage.open()),
    async act(page, visitor) {
      stage.logOut();
      await visitor.settle();
      await page.getByText("The session has ended").waitFor();
    },
  },
  "log-in": {
    view: "live",
    stage: onStage(() => Stage.open()),
    async act(page, { context }) {
      await context.clearCookies();
      await page.reload();
      await page.getByText("Nobody is logged in here").waitFor();
    },
  },
};
