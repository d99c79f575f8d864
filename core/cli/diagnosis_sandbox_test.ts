import { deepEqual, match } from "node:assert/strict";
import { diagnoseSandbox } from "./diagnosis_sandbox.ts";

Deno.test("doctor: says how well plugins that are not trusted are confined", () => {
  const state = (lacks: string | undefined, landlock: number) => diagnoseSandbox({ lacks, landlock });
  deepEqual(state(undefined, 7), {
    name: "sandbox",
    state: "ok",
    found: "Landlock ABI 7: plugins that are not trusted run confined",
  });
  match(state(undefined, 4).found, /signals by seccomp alone/);
  deepEqual(state(undefined, 3).state, "limited");
  match(state(undefined, 3).found, /can reach any TCP port/);
  match(state(undefined, -38).found, /'trusted: true' only: this kernel has no Landlock/);
  match(state("no seccomp", 7).found, /'trusted: true' only: no seccomp/);
});
