import { deepStrictEqual, equal } from "node:assert/strict";
import { event } from "../testing.ts";
import { eventJson } from "./json.ts";

Deno.test("an event of a user-space source has arguments and parents in JSON", () => {
  const cmdline = ["curl", ""];
  const parents = [{ pid: 12, exe: "/usr/bin/make" }, { pid: 11, exe: undefined }];
  const { task } = eventJson(event({ task: { cmdline, parents } }));
  deepStrictEqual(task.cmdline, ["curl", ""]);
  equal(JSON.stringify(task.parents), '[{"pid":12,"exe":"/usr/bin/make"},{"pid":11}]');
});

Deno.test("an event of the kernel has neither", () => {
  const { task } = eventJson(event());
  equal("cmdline" in task || "parents" in task, false);
});
