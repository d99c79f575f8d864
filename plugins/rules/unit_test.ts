import assert from "node:assert/strict";
import { unitsOf } from "./unit.ts";

Deno.test("a process lies in its slices and the unit below them", () => {
  assert.deepEqual(unitsOf("/system.slice/cron.service"), ["system.slice", "cron.service"]);
  assert.deepEqual(unitsOf("/system.slice/nginx.service/worker"), ["system.slice", "nginx.service"]);
  assert.deepEqual(unitsOf("/init.scope"), ["init.scope"]);
  assert.deepEqual(unitsOf("/"), []);
});

Deno.test("what a user's manager calls its folders counts for nothing", () => {
  const path = "/user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service";
  assert.deepEqual(unitsOf(path), ["user.slice", "user-1000.slice", "user@1000.service"]);
});

Deno.test("names that systemd had to escape are read back", () => {
  assert.deepEqual(unitsOf("/system.slice/_cpu.service"), ["system.slice", "cpu.service"]);
});
