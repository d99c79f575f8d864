/** Options of plugins, changed at the page by a form of their declarations. */

import { deepEqual, equal, ok } from "node:assert/strict";
import { barriers } from "./axe.ts";
import { Visitor } from "./browser.ts";
import { CONFIG, PluginsStage, SECRET } from "./plugins_stage.ts";
import { browserTests } from "./tests.ts";

const test = browserTests("plugins");

function card({ page }: Visitor, name: string) {
  return page.getByRole("listitem").filter({ has: page.getByRole("heading", { name, exact: true }) });
}

/** Opens the form of a plugin. */
async function open(visitor: Visitor, name: string) {
  const form = card(visitor, name).locator("form");
  await card(visitor, name).getByText("Options", { exact: false }).first().click();
  await form.getByRole("button", { name: "Save" }).waitFor();
  return form;
}

async function pass({ page }: Visitor): Promise<void> {
  await page.clock.fastForward(400);
}

test("a form has a field for each option, by its type, with its help and its default", async () => {
  await using stage = await PluginsStage.open();
  await using root = await Visitor.come(stage, "plugins");
  const form = await open(root, "own");
  const count = form.getByRole("spinbutton", { name: "count" });
  equal(await count.inputValue(), "5");
  deepEqual([await count.getAttribute("min"), await count.getAttribute("max")], ["1", "9"]);
  const pause = form.getByRole("textbox", { name: "pause" });
  deepEqual([await pause.inputValue(), await pause.getAttribute("placeholder")], ["", "10s"]);
  equal(await form.getByRole("switch", { name: "strict" }).isChecked(), false);
  equal(
    await form.getByRole("radiogroup", { name: "mode" }).getByRole("radio", { name: "soft" }).isChecked(),
    true,
  );
  equal(await form.getByRole("combobox", { name: "level" }).inputValue(), "a");
  equal(
    await form.getByRole("group", { name: "kinds" }).getByRole("checkbox", { name: "tcp" }).isChecked(),
    true,
  );
  equal(await form.getByRole("textbox", { name: "words" }).getAttribute("placeholder"), "none");
  const token = form.getByLabel("apiToken", { exact: true });
  deepEqual(
    [await token.getAttribute("type"), await token.inputValue(), await token.getAttribute("placeholder")],
    ["password", "", "set, not shown"],
  );
  // What may be a path is told, and not changed here.
  ok((await form.textContent())!.includes("they are changed in"));
  equal(await form.getByLabel("folder", { exact: true }).count(), 0);
  for (const key of ["from", "trusted", "exec", "grants"]) {
    equal(await form.getByText(key, { exact: true }).count(), 0);
  }
  ok(!(await root.page.content()).includes(SECRET));
  deepEqual(root.complaints, []);
});

test("a whole change: typed, checked while it is typed, saved with comments kept, and undone", async () => {
  await using stage = await PluginsStage.open();
  await using root = await Visitor.come(stage, "plugins");
  const form = await open(root, "own");
  const save = form.getByRole("button", { name: "Save" });
  equal(await save.isDisabled(), true);
  await form.getByRole("spinbutton", { name: "count" }).fill("12");
  await form.getByRole("textbox", { name: "pause" }).fill("10");
  await pass(root);
  await form.getByText("2 changed, 2 mistakes").waitFor();
  await form.getByText('expected a whole number from 1 to 9, not "12"').waitFor();
  await form.getByText('"10" is not a duration; write a number and its unit').waitFor();
  equal(await form.getByRole("spinbutton", { name: "count" }).getAttribute("aria-invalid"), "true");
  equal(await save.isDisabled(), true);
  await form.getByRole("spinbutton", { name: "count" }).fill("7");
  await form.getByRole("textbox", { name: "pause" }).fill("90s");
  await form.getByRole("switch", { name: "strict" }).click();
  await form.getByText("hard", { exact: true }).click();
  await form.getByRole("combobox", { name: "level" }).selectOption("d");
  await form.getByRole("checkbox", { name: "udp" }).click();
  await form.getByRole("textbox", { name: "words" }).fill("one\n  two: # words  \n\n");
  await pass(root);
  await form.getByText("7 changed, no mistakes").waitFor();
  // What is polled meanwhile takes nothing away.
  await root.page.clock.fastForward(5_000);
  equal(await form.getByRole("textbox", { name: "pause" }).inputValue(), "90s");
  await form.getByRole("textbox", { name: "pause" }).press("Enter");
  await root.page.getByText(/^Saved .*snet\.yaml; own does so from now on\.$/).waitFor();
  equal(
    stage.text,
    CONFIG.replace(
      "count: 5\n",
      'count: 7\n      pause: 90s\n      strict: true\n      mode: hard\n      level: d\n      kinds: [tcp, udp]\n      words: [one, "two: # words"]\n',
    ),
  );
  const { count, words, apiToken } = stage.options("own");
  deepEqual([count, words, apiToken], [7, ["one", "two: # words"], SECRET]);
  await form.getByText("as it is in force").waitFor();
  equal(await form.getByRole("spinbutton", { name: "count" }).inputValue(), "7");
  equal(await form.getByRole("textbox", { name: "words" }).inputValue(), "one\ntwo: # words");
  await root.page.getByRole("button", { name: "Undo the last change" }).click();
  await root.page.getByText(/is as it was before/).waitFor();
  equal(stage.text, CONFIG);
  equal(await form.getByRole("spinbutton", { name: "count" }).inputValue(), "5");
  deepEqual(root.complaints, []);
});

test("what is typed while something is saved is still there, and is saved after it", async () => {
  await using stage = await PluginsStage.open();
  await using root = await Visitor.come(stage, "plugins");
  const form = await open(root, "own");
  const save = form.getByRole("button", { name: "Save" });
  const typed = Promise.withResolvers<void>();
  await root.page.route("**/v1/plugins/options", async (route) => {
    await typed.promise;
    await route.continue();
  });
  await form.getByRole("spinbutton", { name: "count" }).fill("7");
  await pass(root);
  await form.getByText("1 changed, no mistakes").waitFor();
  await save.click();
  await form.getByRole("textbox", { name: "pause" }).fill("90s");
  typed.resolve();
  await root.page.getByText(/^Saved /).waitFor();
  equal(await form.getByRole("textbox", { name: "pause" }).inputValue(), "90s");
  await pass(root);
  await form.getByText("1 changed, no mistakes").waitFor();
  await save.click();
  await form.getByText("as it is in force").waitFor();
  equal(stage.text, CONFIG.replace("count: 5\n", "count: 7\n      pause: 90s\n"));
  deepEqual(root.complaints, []);
});

test("what was asked before something was saved, and is answered later, is not shown as what is", async () => {
  await using stage = await PluginsStage.open();
  await using root = await Visitor.come(stage, "plugins");
  const form = await open(root, "own");
  const count = form.getByRole("spinbutton", { name: "count" });
  await count.fill("7");
  await pass(root);
  await form.getByText("1 changed, no mistakes").waitFor();
  // The answer of before waits on its way.
  const [read, goesOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await root.page.route("**/v1/plugins", async (route) => {
    const response = await route.fetch();
    read.resolve();
    await goesOn.promise;
    await route.fulfill({ response });
  }, { times: 1 });
  await root.page.clock.fastForward(5_000);
  await read.promise;
  await form.getByRole("button", { name: "Save" }).click();
  await root.page.getByText(/^Saved /).waitFor();
  equal(await count.inputValue(), "7");
  const late = root.page.waitForResponse("**/v1/plugins");
  goesOn.resolve();
  await (await late).finished();
  await root.page.evaluate(() => new Promise(requestAnimationFrame));
  equal(await count.inputValue(), "7");
});

test("what is no number yet stays in its field while it is typed", async () => {
  await using stage = await PluginsStage.open();
  await using root = await Visitor.come(stage, "plugins");
  const form = await open(root, "own");
  const count = form.getByRole("spinbutton", { name: "count" });
  await count.fill("");
  await count.pressSequentially("-");
  await pass(root);
  await form.getByText('not "no number"').waitFor();
  await count.pressSequentially("5");
  await pass(root);
  await form.getByText('not "-5"').waitFor();
  equal(await count.inputValue(), "-5");
});

test("an option goes back to its default, and what was typed can be dropped", async () => {
  await using stage = await PluginsStage.open();
  await using root = await Visitor.come(stage, "plugins");
  const form = await open(root, "ratelimit");
  const per = form.getByRole("textbox", { name: "per", exact: true });
  equal(await per.inputValue(), "10s");
  await form.getByRole("button", { name: "Default of per", exact: true }).click();
  deepEqual([await per.inputValue(), await per.getAttribute("placeholder")], ["", "1s"]);
  await form.getByRole("button", { name: "Revert" }).click();
  equal(await per.inputValue(), "10s");
  await form.getByText("as it is in force").waitFor();
  // One that must be given has none, and says so when it is emptied.
  equal(await form.getByRole("button", { name: "Default of rate" }).count(), 0);
  await form.getByRole("spinbutton", { name: "rate" }).fill("");
  await pass(root);
  await form.getByText('plugin "ratelimit" needs the option "rate"').waitFor();
  await form.getByRole("spinbutton", { name: "rate" }).fill("50");
  await form.getByRole("button", { name: "Default of per", exact: true }).click();
  await pass(root);
  await form.getByText("1 changed, no mistakes").waitFor();
  await form.getByRole("button", { name: "Save" }).click();
  await root.page.getByText(/^Saved /).waitFor();
  equal(stage.text, CONFIG.replace("rate: 50, per: 10s }", "rate: 50 }"));
});

test("a secret is replaced by typing another one; elsewhere it stays", async () => {
  await using stage = await PluginsStage.open();
  await using root = await Visitor.come(stage, "plugins");
  const form = await open(root, "own");
  await form.getByLabel("apiToken", { exact: true }).fill("another one");
  await pass(root);
  await form.getByText("1 changed, no mistakes").waitFor();
  await form.getByRole("button", { name: "Save" }).click();
  await root.page.getByText(/^Saved /).waitFor();
  equal(stage.text, CONFIG.replace(`apiToken: ${SECRET} #`, "apiToken: another one #"));
  equal(await form.getByLabel("apiToken", { exact: true }).inputValue(), "");
});

test("what somebody else writes meanwhile is told, and nothing that was typed is lost", async () => {
  await using stage = await PluginsStage.open();
  await using root = await Visitor.come(stage, "plugins");
  const form = await open(root, "ratelimit");
  const rate = form.getByRole("spinbutton", { name: "rate" });
  await rate.fill("60");
  await pass(root);
  await form.getByText("1 changed, no mistakes").waitFor();
  stage.text = stage.text.replace("# Mine.", "# Ours.");
  await form.getByRole("button", { name: "Save" }).click();
  await form.getByText("was changed meanwhile by somebody else").waitFor();
  ok(stage.text.startsWith("# Ours.") && stage.text.includes("rate: 50"));
  equal(await rate.inputValue(), "60");
  await form.getByRole("button", { name: "Keep what I typed" }).click();
  await pass(root);
  await form.getByText("1 changed, no mistakes").waitFor();
  await form.getByRole("button", { name: "Save" }).click();
  await root.page.getByText(/^Saved /).waitFor();
  ok(stage.text.startsWith("# Ours.") && stage.text.includes("rate: 60"));
});

test("what the daemon refuses to load is told, and what stood there stays", async () => {
  await using stage = await PluginsStage.open();
  await using root = await Visitor.come(stage, "plugins");
  const form = await open(root, "ratelimit");
  await form.getByRole("spinbutton", { name: "rate" }).fill("60");
  await pass(root);
  await form.getByText("1 changed, no mistakes").waitFor();
  stage.refusal = "the reactor does not answer";
  await form.getByRole("button", { name: "Save" }).click();
  await form.getByText("Not loaded, so nothing has changed: the reactor does not answer").waitFor();
  equal(stage.text, CONFIG);
  equal(await form.getByRole("spinbutton", { name: "rate" }).inputValue(), "60");
});

test("what is typed for one plugin outlives another view, and a change of another plugin", async () => {
  await using stage = await PluginsStage.open();
  await using root = await Visitor.come(stage, "plugins");
  const own = await open(root, "own");
  await own.getByRole("textbox", { name: "label" }).fill("mine");
  const limit = await open(root, "ratelimit");
  await limit.getByRole("spinbutton", { name: "rate" }).fill("61");
  await pass(root);
  await limit.getByText("1 changed, no mistakes").waitFor();
  await limit.getByRole("button", { name: "Save" }).click();
  await root.page.getByText(/^Saved /).waitFor();
  await root.go("overview");
  await root.go("plugins");
  await open(root, "own");
  equal(await own.getByRole("textbox", { name: "label" }).inputValue(), "mine");
  equal(await own.getByRole("button", { name: "Keep what I typed" }).count(), 0);
  await own.getByRole("textbox", { name: "label" }).press("Control+Enter");
  await root.page.getByText(/own does so/).waitFor();
  ok(stage.text.includes("label: mine") && stage.text.includes("rate: 61"));
});

for (const role of ["read", "answer"] as const) {
  test(`the role ${role} sees what is set, and has no form; what it sends is refused`, async () => {
    await using stage = await PluginsStage.open();
    await using guest = await Visitor.come({ link: () => stage.link(role) }, "plugins");
    await card(guest, "own").getByText("Options").click();
    await card(guest, "own").getByText("How many.").waitFor();
    equal(await guest.page.locator("form").count(), 0);
    const answers = await guest.page.evaluate(async () => {
      const key = localStorage.getItem("snet-key")!;
      const { file } = await (await fetch("/v1/plugins", { headers: { "x-snet-key": key } })).json();
      const ask = async (method: string, path: string, body: object) => {
        const headers = { "x-snet-key": key, "content-type": "application/json" };
        return (await fetch(path, { method, headers, body: JSON.stringify(body) })).status;
      };
      const wanted = { entry: 0, name: "ratelimit", tag: file?.tag ?? "", changes: { rate: 1 } };
      return [
        await ask("POST", "/v1/plugins/check", wanted),
        await ask("PUT", "/v1/plugins/options", wanted),
        await ask("POST", "/v1/plugins/undo", {}),
      ];
    });
    deepEqual(answers, [403, 403, 403]);
    equal(stage.text, CONFIG);
  });
}

test("a script in the page of an administrator reaches no more than the form", async () => {
  await using stage = await PluginsStage.open();
  await using root = await Visitor.come(stage, "plugins");
  const attacks = [
    [1, "own", { folder: "/etc/passwd" }],
    [1, "own", { from: "/tmp/evil.ts" }],
    [1, "own", { exec: ["/bin/sh"] }],
    [1, "own", { trusted: true }],
    [1, "own", { grants: { net: ["192.0.2.1:443"] } }],
    [2, "webhook", { url: "https://evil.example" }],
    [2, "webhook", { token: ["/etc/shadow"] }],
    [2, "webhook", { insecure: true }],
    [2, "webhook", { show: ["payload"] }],
    [2, "webhook", { spool: "/etc/cron.d" }],
    [0, "own", { count: 1 }],
    [0, "ratelimit", { "rate: 1 }\n  - own: { exec: [/bin/sh]": 1 }],
  ] as const satisfies readonly (readonly [number, string, object])[];
  const send = async (attacks: readonly (readonly [number, string, object])[]) => {
    const headers = { "x-snet-key": localStorage.getItem("snet-key")!, "content-type": "application/json" };
    const { file: { tag } } = await (await fetch("/v1/plugins", { headers })).json();
    return await Promise.all(attacks.map(async ([entry, name, changes]) => {
      const body = JSON.stringify({ entry, name, tag, changes });
      const answer = await fetch("/v1/plugins/options", { method: "PUT", headers, body });
      return [answer.status, await answer.text()] as const;
    }));
  };
  const answers = await root.page.evaluate(send, attacks);
  deepEqual(answers.map(([status]) => status), [...Array(10).fill(403), 409, 400]);
  ok(!JSON.stringify(answers).includes(SECRET));
  equal(stage.text, CONFIG);
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1280, 390]) {
    test(`nothing is wider than the screen, and axe finds nothing (${width}, ${colorScheme})`, async () => {
      await using stage = await PluginsStage.open();
      const viewport = { width, height: 800 };
      await using root = await Visitor.come(stage, "plugins", { viewport, colorScheme });
      for (const name of ["own", "ratelimit", "webhook"]) await open(root, name);
      const form = card(root, "own").locator("form");
      await form.getByRole("spinbutton", { name: "count" }).fill("12");
      await form.getByRole("textbox", { name: "words" }).fill(`${"long-".repeat(60)}\nb`);
      await pass(root);
      await form.getByText("1 mistake").waitFor();
      stage.text = stage.text.replace("# Mine.", "# Ours.");
      await root.page.clock.fastForward(5_000);
      await form.getByText("was changed meanwhile").waitFor();
      deepEqual(await barriers(root.page), []);
      const wide = await root.page.locator(".view").evaluate((view) =>
        [...view.querySelectorAll("*")].filter((part) =>
          part.getBoundingClientRect().right > view.clientWidth
        )
          .map((part) => part.outerHTML.slice(0, 80))
      );
      deepEqual(wide, []);
      equal(await root.page.locator(".view").evaluate((view) => view.scrollWidth - view.clientWidth), 0);
      // Every field and button of it is reached by keys, in the order in which it stands there.
      await form.getByRole("spinbutton", { name: "count" }).focus();
      for (let press = 0; press < 3; press++) await root.page.keyboard.press("Tab");
      equal(await root.page.evaluate(() => document.activeElement?.closest("form") !== null), true);
      deepEqual(root.complaints, []);
    });
  }
}
