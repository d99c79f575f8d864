import { deepEqual, equal } from "node:assert/strict";
import type { OptionJson } from "../../core/control/api.ts";
import { changeOf, isSet, OptionEdit, textOf, typedOf } from "./options.ts";

const option = (type: OptionJson["type"], more: Partial<OptionJson> = {}): OptionJson => ({
  ...{ name: "x", doc: "", type },
  ...more,
});

Deno.test("options: a field holds what is set, and nothing where the default holds or it is not told", () => {
  equal(typedOf(option("integer", { value: 7, default: 5 })), "7");
  equal(typedOf(option("integer", { value: 5, default: 5 })), "");
  equal(typedOf(option("duration", { value: 90_000 })), "90s");
  equal(typedOf(option("strings", { value: ["a", "b"] })), "a\nb");
  equal(typedOf(option("string", { isWithheld: true })), "");
  equal(typedOf(option("string", { value: "https://a/…", isPartial: true })), "");
  equal(typedOf(option("boolean", { default: true })), true);
  equal(typedOf(option("choice", { default: "a" })), "a");
  deepEqual(typedOf(option("choices", { value: ["x"], default: ["y"] })), ["x"]);
  equal(isSet(option("integer", { value: 5, default: 5 })), false);
});

Deno.test("options: times are written as the configuration reads them", () => {
  const times = [0, 1, 500, 1500, 10_000, 90_000, 600_000, 3_600_000, 90_000_000, 86_400_000];
  deepEqual(
    times.map((time) => textOf(time, "duration")),
    ["0ms", "1ms", "500ms", "1500ms", "10s", "90s", "10m", "1h", "25h", "1d"],
  );
});

Deno.test("options: what is typed is sent as the daemon takes it; what is no number is left to its words", () => {
  equal(changeOf(option("integer"), " 7 "), 7);
  equal(changeOf(option("integer"), "-7"), -7);
  for (const text of ["7.5", "1e3", "0x10", "many", "99999999999999999999"]) {
    equal(changeOf(option("integer"), text), text);
  }
  for (const type of ["integer", "duration", "string", "strings"] as const) {
    equal(changeOf(option(type), ""), null);
    equal(changeOf(option(type), null), null);
  }
  equal(changeOf(option("duration"), " 10s"), "10s");
  equal(changeOf(option("string"), " a "), " a ");
  deepEqual(changeOf(option("strings"), " a b \n\n#c\r\n"), ["a b", "#c"]);
  deepEqual(changeOf(option("choices"), []), []);
  equal(changeOf(option("boolean"), false), false);
});

Deno.test("options: what is as it was is no change, and a default is one where something is set", () => {
  const edit = new OptionEdit(0, "p");
  const set = option("integer", { value: 7, default: 5 });
  edit.change(set, "8", "t");
  deepEqual([edit.isDirty, edit.of(set), edit.errors.value], [true, "8", undefined]);
  edit.change(set, "7", "u");
  deepEqual([edit.isDirty, edit.of(set), edit.errors.value], [false, "7", []]);
  edit.change(set, null, "v");
  deepEqual([edit.isDirty, edit.of(set), edit.tag.value], [true, null, "v"]);
  edit.change(option("integer", { name: "y", value: 5, default: 5 }), null, "w");
  deepEqual([edit.drafts.value.size, edit.tag.value], [1, "v"]);
  edit.revert();
  equal(edit.isDirty, false);
});
