/** Rules at the page: seen, edited with live checking, previewed, saved, moved, undone and made of a decision. */

import { deepEqual, equal } from "node:assert/strict";
import { readConfig } from "../../core/config.ts";
import type { Observation } from "../../core/control/api.ts";
import { controlApp, type Controlled } from "../../core/control/app.ts";
import { eventJson } from "../../core/control/json.ts";
import { RuleDesk } from "../../core/control/rule_desk.ts";
import { setUpLanes } from "../../core/lanes.ts";
import { worldOfSelf } from "../../core/questions/may_answer.ts";
import { event } from "../../core/testing.ts";
import { PLUGINS } from "../../plugins/mod.ts";
import { checkRules, type RuleSources } from "../../plugins/rules/mod.ts";
import { openPage } from "../../web/page.ts";
import { closeBrowser, Visitor } from "./browser.ts";

const TEXT = "version: 1\nrules:\n  # First.\n  - deny: snet.out\n    port: 25\n  - allow: snet.out\n";

Deno.test("rules: a whole change, from the text to what is in force and back", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/rules.yaml`;
  await Deno.writeTextFile(path, TEXT);
  await Deno.writeTextFile(`${folder}/snet.yaml`, "default: deny\nplugins: [rules: { files: rules.yaml }]\n");
  const context = { clock: Date.now, verifiedExe: () => true, log: () => {} };
  const read = () => setUpLanes(PLUGINS, readConfig(`${folder}/snet.yaml`, PLUGINS), context);
  let lanes = read();
  const rules = new RuleDesk({
    lanes: () => lanes,
    context,
    loaded: () => 0,
    counts: () => Promise.resolve([{ place: 0, hits: Float64Array.of(3, 12_345) } as never]),
    check: (options) => Promise.resolve(checkRules(options as RuleSources & typeof options)),
    reload: () => Promise.resolve(void (lanes = read())),
    now: Date.now,
  });
  const observers = new Set<(observation: Observation) => void>();
  const control = controlApp(
    {
      rules,
      observe: (observer: (observation: Observation) => void) => {
        observers.add(observer);
        return () => observers.delete(observer);
      },
      questions: { list: () => ({ questions: [] }), observe: () => () => {} },
    } as unknown as Controlled,
    0,
  );
  {
    await using page = await openPage({
      config: { listen: { host: "127.0.0.1", port: 0 }, socket: undefined, names: [], tls: undefined },
      ...{ gid: undefined, control, world: worldOfSelf(), log: () => {} },
    });
    await using visitor = await Visitor.come(
      { link: () => page.logins.invite({ uid: 0 }, "admin").link },
      "rules",
    );
    const at = visitor.page;
    const button = (name: string | RegExp) => at.getByRole("button", { name });
    await at.getByText("12,345").waitFor();
    for (const observe of observers) {
      observe({
        ...{
          time: new Date().toISOString(),
          asked: true,
          action: "allow",
          why: "",
          cause: "verdict",
          held: 1,
        },
        event: eventJson(event({ remote: { ip: "192.0.2.7", port: 443 } })),
        ...{ plugin: "rules", rule: { number: 1, where: `${path}:6:5` } },
      });
    }
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
    await at.getByText(/^Moved; /).waitFor();
    const moved = "version: 1\nrules:\n  - allow: snet.out\n  # First.\n  - deny: snet.out\n    port: 443\n";
    equal(await Deno.readTextFile(path), moved);
    for (const text of [TEXT.replace("25", "443"), TEXT]) {
      await button("Undo the last change").click();
      await at.getByText(/is as it was before/).waitFor();
      equal(await Deno.readTextFile(path), text);
      await button("Edit").click();
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
    deepEqual(visitor.complaints, []);
  }
  await Deno.remove(folder, { recursive: true });
  await closeBrowser();
});
