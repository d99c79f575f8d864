/** Rules at the page: seen, edited with live checking, previewed, saved, moved, undone and made of a decision. */

import { deepEqual, equal } from "node:assert/strict";
import { parseConfig, readConfig } from "../../core/config.ts";
import type { Observation } from "../../core/control/api.ts";
import { controlApp, type Controlled } from "../../core/control/app.ts";
import { eventJson } from "../../core/control/json.ts";
import { FileChanges } from "../../core/control/file_changes.ts";
import { OptionDesk } from "../../core/control/option_desk.ts";
import { RuleDesk } from "../../core/control/rule_desk.ts";
import { setUpLanes } from "../../core/lanes.ts";
import { worldOfSelf } from "../../core/questions/may_answer.ts";
import { event } from "../../core/testing.ts";
import { PLUGINS } from "../../plugins/mod.ts";
import { checkRules, type RuleSources } from "../../plugins/rules/mod.ts";
import { openPage } from "../../web/page.ts";
import { Visitor } from "./browser.ts";
import { browserTests } from "./tests.ts";

const test = browserTests("rules");

const TEXT = "version: 1\nrules:\n  # First.\n  - deny: snet.out\n    port: 25\n  - allow: snet.out\n";

/** The parts that a test is about: two rules as a daemon has them, and somebody at the page. */
interface Stage {
  readonly folder: string;
  readonly path: string;
  readonly visitor: Visitor;
  /** A decision is made by a rule, from a line of its file on. */
  decide(line: number): void;
}

/** Files of rules by their names, one of which is `rules.yaml`; what a browser is to be like. */
async function withRules(
  files: Readonly<Record<string, string>>,
  run: (stage: Stage) => Promise<void>,
  options: Parameters<typeof Visitor.come>[2] = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/rules.yaml`;
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
  await Deno.writeTextFile(
    `${folder}/snet.conf`,
    `default: deny\nplugins: [rules: { files: ["*.yaml"] }]\n`,
  );
  const context = { clock: Date.now, verifiedExe: () => true, log: () => {} };
  const read = () => setUpLanes(PLUGINS, readConfig(`${folder}/snet.conf`, PLUGINS), context);
  let lanes = read();
  const reload = () => Promise.resolve(void (lanes = read()));
  const changes = new FileChanges({ reload, now: Date.now });
  const draft = (text: string) =>
    Promise.resolve().then(() => parseConfig(`${folder}/snet.conf`, text, PLUGINS));
  const desk = new OptionDesk({ lanes: () => lanes, draft, changes });
  const rules = new RuleDesk({
    lanes: () => lanes,
    context,
    loaded: () => 0,
    counts: () => Promise.resolve([{ place: 0, hits: Float64Array.of(3, 12_345) } as never]),
    check: (options) => Promise.resolve(checkRules(options as RuleSources & typeof options)),
    ...{ reload, now: Date.now, changes },
  });
  const observers = new Set<(observation: Observation) => void>();
  const control = controlApp(
    {
      rules,
      options: desk,
      tickets: () => ({ tickets: [] }),
      observe: (observer: (observation: Observation) => void) => {
        observers.add(observer);
        return () => observers.delete(observer);
      },
      questions: { list: () => ({ questions: [] }), observe: () => () => {} },
    } as unknown as Controlled,
    0,
  );
  const decide = (line: number) => {
    const decided = { asked: true, action: "allow", why: "", cause: "verdict", held: 1 } as const;
    for (const observe of observers) {
      observe({
        ...{ time: new Date().toISOString(), ...decided },
        event: eventJson(event({ remote: { ip: "192.0.2.7", port: 443 } })),
        ...{ plugin: "rules", rule: { number: 1, where: `${path}:${line}:5` } },
      });
    }
  };
  {
    await using page = await openPage({
      config: { listen: { host: "127.0.0.1", port: 0 }, socket: undefined, names: [], tls: undefined },
      ...{ gid: undefined, control, world: worldOfSelf(), log: () => {} },
    });
    await using visitor = await Visitor.come(
      { link: () => page.logins.invite({ uid: 0 }, "admin").link },
      "rules",
      options,
    );
    await run({ folder, path, visitor, decide });
    deepEqual(visitor.complaints, []);
  }
  await Deno.remove(folder, { recursive: true });
}

test("a whole change, from the text to what is in force and back", () =>
  withRules({ "rules.yaml": TEXT }, async ({ path, visitor, decide }) => {
    const at = visitor.page;
    const button = (name: string | RegExp) => at.getByRole("button", { name });
    await at.getByText("12,345").waitFor();
    decide(6);
    await button("Edit").click();
    const field = at.getByRole("textbox");
    await field.fill(TEXT.replace("port", "prt"));
    await at.getByText('unknown key "prt" in a rule').waitFor();
    equal(await button("Save").isDisabled(), true);
    await field.fill(TEXT.replace("port: 25", "port: 443"));
    await at.getByText("2 rules, no mistakes").waitFor();
    await button("What would change?").click();
    await at.getByText("1 of the last 1 decisions").waitFor();
    await button("Save").click();
    await at.getByText(/^Saved /).waitFor();
    equal(await Deno.readTextFile(path), TEXT.replace("25", "443"));
    await button("Move line 6 up").click();
    await at.getByText(/^Moved to place 1 of 2; /).waitFor();
    const moved = "version: 1\nrules:\n  - allow: snet.out\n  # First.\n  - deny: snet.out\n    port: 443\n";
    equal(await Deno.readTextFile(path), moved);
    for (const text of [TEXT.replace("25", "443"), TEXT]) {
      await button("Undo the last change").click();
      await at.getByText(/is as it was before/).waitFor();
      equal(await Deno.readTextFile(path), text);
      await button("Edit").click();
      await button("Close").waitFor();
      // It would take the place of what is typed.
      equal(await button("Undo the last change").count(), 0);
      await button("Close").click();
    }
    await visitor.go("live");
    await at.locator(".line.program").first().click();
    await at.locator(".line.target").first().click();
    await button("Make a rule to deny").click();
    await at.getByText("The rule in line 6 would deny").waitFor();
    await at.getByRole("combobox").selectOption("program");
    await button("Save").click();
    await at.getByText(/^Saved /).waitFor();
    equal(
      (await Deno.readTextFile(path)).split("\n")[5],
      "  - { deny: snet.out, exe: /usr/bin/curl, user: 1000 }",
    );
  }));

test("what is typed while a file is saved is still there, and is saved after it", () =>
  withRules({ "rules.yaml": TEXT }, async ({ path, visitor: { page } }) => {
    await page.getByRole("button", { name: "Edit" }).click();
    const field = page.getByRole("textbox");
    const typed = Promise.withResolvers<void>();
    await page.route("**/v1/rules/file", async (route) => {
      await typed.promise;
      await route.continue();
    });
    await field.fill(TEXT.replace("25", "80"));
    await page.getByText("2 rules, no mistakes").waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await field.fill(TEXT.replace("25", "443"));
    typed.resolve();
    await page.getByText(/^Saved /).waitFor();
    equal(await Deno.readTextFile(path), TEXT.replace("25", "80"));
    equal(await field.inputValue(), TEXT.replace("25", "443"));
    await page.getByText("2 rules, no mistakes").waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await field.waitFor({ state: "detached" });
    equal(await Deno.readTextFile(path), TEXT.replace("25", "443"));
  }));

test("a list that was asked for before a rule was moved, and comes later, is not shown", () =>
  withRules({ "rules.yaml": TEXT }, async ({ visitor: { page } }) => {
    const texts = () => page.locator("ol > li pre").allTextContents();
    const [, allow] = await page.getByText("allow: snet.out").waitFor().then(texts);
    const [read, goesOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await page.route("**/v1/rules", async (route) => {
      const response = await route.fetch();
      read.resolve();
      await goesOn.promise;
      await route.fulfill({ response });
    }, { times: 1 });
    await page.clock.fastForward(5_000);
    await read.promise;
    await page.getByRole("button", { name: "Move line 6 up" }).click();
    await page.getByText(/^Moved to place 1 of 2; /).waitFor();
    await page.getByRole("button", { name: "Open line 3 of" }).waitFor();
    equal((await texts())[0], allow);
    const late = page.waitForResponse("**/v1/rules");
    goesOn.resolve();
    await (await late).finished();
    await page.evaluate(() => new Promise(requestAnimationFrame));
    equal((await texts())[0], allow);
  }));

/** Three rules: of what reaches port 443, the second decides. */
const THREE =
  "version: 1\nrules:\n  - deny: snet.out\n    port: 25\n  # Own.\n  - allow: snet.out\n  - { deny: snet.out, port: 443 }\n";
const DRAGGED =
  "version: 1\nrules:\n  - deny: snet.out\n    port: 25\n  - { deny: snet.out, port: 443 }\n  # Own.\n  - allow: snet.out\n";

/** The middle of the handle of the rule in a line. */
async function gripOf({ page }: Visitor, line: number) {
  const grip = page.getByRole("button", { name: `Drag line ${line},` }).first();
  const { x, y, width, height } = (await grip.boundingBox())!;
  return { x: x + width / 2, y: y + height / 2 };
}

test("one that is dragged is asked where it is let go of, and what that changes is told", () =>
  withRules({ "rules.yaml": THREE, "more.yaml": "version: 1\nrules: []\n" }, async (stage) => {
    const { path, visitor, decide } = stage;
    const { page } = visitor;
    await page.getByText("12,345").waitFor();
    decide(6);
    const from = await gripOf(visitor, 7);
    const to = await gripOf(visitor, 6);
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y - 8, { steps: 3 });
    await page.getByText("Place 2 of 3").waitFor();
    equal(await page.locator("li.drop-above").count(), 1);
    await page.keyboard.press("Escape");
    await page.getByText("the first that matches decides").waitFor();
    await page.mouse.up();
    equal(await Deno.readTextFile(path), THREE);
    // Another file's are no place for it.
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    const other = (await page.getByRole("article", { name: /more.yaml/ }).boundingBox())!;
    await page.mouse.move(other.x + 50, other.y + 20, { steps: 3 });
    await page.getByText(`It moves within ${path} only`).waitFor();
    await page.mouse.up();
    await page.getByText("the first that matches decides").waitFor();
    equal(await Deno.readTextFile(path), THREE);
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y - 8, { steps: 3 });
    await page.mouse.up();
    await page.getByText("Moved to place 2 of 3;").waitFor();
    equal(await Deno.readTextFile(path), DRAGGED);
    await page.getByText("1 of the last 1 decisions").waitFor();
    await page.getByText("allow → deny EPERM").first().waitFor();
    await page.getByRole("button", { name: "Undo the last change" }).click();
    await page.getByText(/is as it was before/).waitFor();
    equal(await Deno.readTextFile(path), THREE);
  }));

test("they move by keys, and the keys go with them", () =>
  withRules({ "rules.yaml": THREE }, async ({ path, visitor: { page } }) => {
    await page.getByRole("button", { name: "Drag line 7," }).focus();
    await page.keyboard.press("Alt+ArrowUp");
    await page.getByText("Moved to place 2 of 3;").waitFor();
    equal(await Deno.readTextFile(path), DRAGGED);
    await page.waitForFunction(() => document.activeElement?.ariaLabel?.startsWith("Drag line 5,"));
    await page.keyboard.press("Alt+ArrowDown");
    await page.getByText("Moved to place 3 of 3;").waitFor();
    equal(await Deno.readTextFile(path), THREE);
    await page.getByRole("button", { name: "Move line 6 up" }).click();
    await page.getByText("Moved to place 1 of 3;").waitFor();
    // It cannot go up any more.
    await page.waitForFunction(() => document.activeElement?.classList.contains("grip"));
  }));

test("a finger drags them too, and does not scroll meanwhile", () =>
  withRules({ "rules.yaml": THREE }, async ({ path, visitor }) => {
    const { page, context } = visitor;
    const [from, to] = [await gripOf(visitor, 7), await gripOf(visitor, 6)];
    const touch = await context.newCDPSession(page);
    const send = (type: string, points: { x: number; y: number }[]) =>
      touch.send("Input.dispatchTouchEvent", { type: type as "touchStart", touchPoints: points });
    await send("touchStart", [from]);
    await send("touchMove", [{ x: from.x, y: (from.y + to.y) / 2 }]);
    await send("touchMove", [{ x: to.x, y: (await page.locator("li").nth(1).boundingBox())!.y + 3 }]);
    // There is no room for it to be seen.
    await page.getByText("Place 2 of 3").waitFor({ state: "attached" });
    await send("touchEnd", []);
    await page.getByText("Moved to place 2 of 3;").waitFor();
    equal(await Deno.readTextFile(path), DRAGGED);
  }, { hasTouch: true, viewport: { width: 390, height: 844 } }));

test("the list scrolls while one is dragged near its edge", () => {
  const many = Array.from({ length: 60 }, (_, place) => `  - { deny: snet.out, port: ${place + 1} }\n`);
  return withRules({ "rules.yaml": `version: 1\nrules:\n${many.join("")}` }, async (stage) => {
    const { visitor, path } = stage;
    const { page } = visitor;
    const from = await gripOf(visitor, 3);
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(from.x, 795, { steps: 3 });
    await page.getByText("Place 60 of 60").waitFor();
    await page.mouse.up();
    await page.getByText("Moved to place 60 of 60;").waitFor();
    const [, , ...lines] = (await Deno.readTextFile(path)).trimEnd().split("\n");
    equal(`${lines.at(-1)}\n`, many[0]);
  });
});

test("a new file is made where it is read, and opened", () =>
  withRules({ "rules.yaml": TEXT }, async ({ folder, path, visitor: { page, complaints } }) => {
    await page.getByRole("button", { name: "New file" }).click();
    const name = page.getByRole("textbox", { name: /^Name of the file/ });
    await name.fill("rules");
    await page.getByRole("button", { name: "Make" }).click();
    await page.getByText(`${path} is there already`).waitFor();
    // The browser says so too.
    equal(complaints.splice(0).length, 1);
    await name.fill("50-own");
    await name.press("Enter");
    const field = page.getByRole("textbox", { name: `Text of ${folder}/50-own.yaml` });
    await page.getByText("2 rules, no mistakes").waitFor();
    await field.fill("version: 1\nrules:\n  - deny: snet.out\n");
    await page.getByText("3 rules, no mistakes").waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText(/^Saved /).waitFor();
    equal(await Deno.readTextFile(`${folder}/50-own.yaml`), "version: 1\nrules:\n  - deny: snet.out\n");
  }));

test("a profile is made active, and the sets are told of with their uses", () => {
  const work =
    "version: 1\nprofile: work\nsets:\n  web: [80, 443]\nrules:\n  - { deny: snet.out, port: $web }\n";
  return withRules({ "rules.yaml": TEXT, "work.yaml": work }, async ({ folder, visitor: { page } }) => {
    const file = page.getByRole("article", { name: `${folder}/work.yaml` });
    await file.getByText("not active: profile work").waitFor();
    await page.getByRole("group", { name: "Profile" }).getByText("work").click();
    await page.getByText("The profile work is active now.").waitFor();
    await file.getByText("profile work", { exact: true }).waitFor();
    await file.getByText("$web").waitFor();
    equal(
      await Deno.readTextFile(`${folder}/snet.conf`),
      'default: deny\nplugins: [rules: { files: ["*.yaml"], profile: work }]\n',
    );
    await page.getByRole("article", { name: "Sets" }).getByText("80, 443").waitFor();
    await page.getByRole("article", { name: "Sets" }).getByText("1 rule").waitFor();
    await page.getByRole("group", { name: "Profile" }).getByText("none").click();
    await page.getByText("No profile is active now.").waitFor();
    await page.getByRole("button", { name: "Open the set web, line 4" }).click();
    await page.getByRole("textbox", { name: `Text of ${folder}/work.yaml` }).waitFor();
  });
});
