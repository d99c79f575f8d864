import { deepEqual, equal } from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import type { RuleMadeJson } from "../../control/api.ts";
import { QUIET } from "../key_reader.ts";
import { plain } from "../terminal.ts";
import type { WatchKey } from "./keys.ts";
import { draw } from "./screen.ts";
import { NOON, press, watchOf } from "./samples.ts";
import type { Watch } from "./state.ts";

const FORMER = "version: 1\nrules:\n  - { allow: snet.out }\n";
const RULE = "  - { deny: snet.out, exe: /usr/bin/curl, to: 192.0.2.1, port: 443 }";

function made(more: Partial<RuleMadeJson> = {}): RuleMadeJson {
  return {
    ...{ path: "/etc/snet/rules.d/a.yaml", tag: "t", former: FORMER, line: 3 },
    text: `version: 1\nrules:\n${RULE}\n  - { allow: snet.out }\n`,
    ...{ scope: "program+address+port", scopes: ["program+address+port", "program"] },
    ...more,
  };
}

/** The keys of a page that has stood there for a while. */
function later(watch: Watch, key: WatchKey, now = 10_000) {
  return watch.press(key, now, NOON);
}

function tell(watch: Watch, answer: RuleMadeJson | string): void {
  watch.making!.tell(watch.making!.wanted, answer, 0);
}

function screen(watch: Watch, columns = 80, rows = 20): string[] {
  return draw(watch, { columns, rows }, { paint: plain, hasBlocks: true }, NOON)
    .lines.map((line) => stripVTControlCharacters(line).trimEnd());
}

Deno.test("watch: a rule of a decision denies, as narrow as can be, and Enter saves what is seen", () => {
  const watch = watchOf({});
  const ask = { row: 1, action: "deny" };
  deepEqual(press(watch, "rule"), { kind: "make", wanted: ask });
  equal(later(watch, "enter"), undefined);
  const rule = made();
  tell(watch, rule);
  deepEqual(screen(watch), [
    " snet watch   1 decision, 1 program",
    " A rule for calls like curl[7]: connect tcp 192.0.2.1:443",
    " It was: allow by rules: web",
    "",
    " deny this program, to this address and port",
    " in /etc/snet/rules.d/a.yaml, line 3:",
    "",
    ` ${RULE}`,
    ...new Array(10).fill(""),
    "─".repeat(79),
    " Enter save  a allow instead  s scope 1 of 2  Esc leave",
  ]);
  // Typed ahead, it has seen nothing.
  equal(watch.press("enter", QUIET - 1, NOON), undefined);
  deepEqual(later(watch, "enter"), { kind: "save", made: rule });
  equal(later(watch, "enter"), undefined);
  watch.saved(rule, 0);
  equal(watch.page, "table");
  equal(watch.remark?.text, "saved in /etc/snet/rules.d/a.yaml; it decides from now on");
});

Deno.test("watch: another action and scope are asked for anew, and only the last answer counts", () => {
  const watch = watchOf({});
  press(watch, "rule");
  tell(watch, made());
  deepEqual(later(watch, "allow"), {
    kind: "make",
    wanted: { row: 1, action: "allow", scope: "program+address+port" },
  });
  const { wanted } = watch.making!;
  deepEqual(later(watch, "scope"), { kind: "make", wanted: { row: 1, action: "allow", scope: "program" } });
  watch.making!.tell(wanted, made(), 0);
  equal(watch.making!.made, undefined);
  equal(later(watch, "enter"), undefined);
});

Deno.test("watch: a broad rule wants a second Enter, and not at once", () => {
  const watch = watchOf({});
  press(watch, "rule");
  const broad = made({ scope: "program", broad: ["to any address and port"] });
  tell(watch, broad);
  equal(later(watch, "enter"), undefined);
  equal(screen(watch).at(-1), " Enter yes, save  a allow instead  s scope 1 of 2  Esc leave");
  equal(screen(watch).includes(" This is broad: to any address and port. Enter again writes it."), true);
  equal(later(watch, "enter"), undefined);
  deepEqual(later(watch, "enter", 20_000), { kind: "save", made: broad });
});

Deno.test("watch: who may not is told so, and what was not written, wherever one looks by then", () => {
  const watch = watchOf({});
  press(watch, "rule");
  tell(watch, "only root may");
  equal(screen(watch)[4], " only root may");
  equal(later(watch, "enter"), undefined);
  press(watch, "back");
  equal(watch.page, "table");
  press(watch, "rule");
  tell(watch, made());
  later(watch, "enter");
  const { making } = watch;
  watch.notSaved(making, "it was changed", 0);
  equal(screen(watch)[4], " it was changed");
  press(watch, "back");
  watch.notSaved(making, "it was changed", 0);
  equal(watch.remark?.text, "not saved: it was changed");
});

Deno.test("watch: a rule is made of what is shown in full, too, and of nothing where there is nothing", () => {
  const watch = watchOf({}, { program: "/usr/bin/ssh" });
  press(watch, "shape", "down", "details");
  deepEqual(press(watch, "rule"), { kind: "make", wanted: { row: 1, action: "deny" } });
  equal(press(watchOf(), "rule"), undefined);
});

Deno.test("watch: it can be read on a narrow screen", () => {
  const watch = watchOf({});
  press(watch, "rule");
  tell(watch, made());
  for (const line of screen(watch, 40, 24)) equal(line.length < 40, true, line);
});
