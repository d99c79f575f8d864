import { deepEqual, rejects } from "node:assert/strict";
import type { PluginConfig } from "../config.ts";
import type { OptionChangesJson } from "./api.ts";
import { RequestError } from "./request_error.ts";
import { activeFiles, profilesOf, switchProfile } from "./rule_profiles.ts";

const FILES = [
  { path: "/a", text: "version: 1\n" },
  { path: "/b", text: "version: 1\nprofile: work\n" },
  { path: "/c", text: "version: 1\nprofile: [home, work]\n" },
];

function config(profile?: string, files = FILES): { plugins: PluginConfig[] } {
  const options = { files, ...(profile !== undefined && { profile }) };
  return { plugins: [{ name: "other", options: {}, where: "" }, { name: "rules", options, where: "" }] };
}

Deno.test("profiles: those that files are for, and the one that is active", () => {
  deepEqual(profilesOf(config()), { entry: 1, names: ["work", "home"] });
  deepEqual(profilesOf(config("home")), { entry: 1, names: ["work", "home"], active: "home" });
  deepEqual(profilesOf(config(undefined, FILES.slice(0, 1))), undefined);
});

Deno.test("profiles: rules are made in files that count", () => {
  const paths = (profile?: string) => activeFiles(config(profile)).map(({ path }) => path);
  deepEqual([paths(), paths("home"), paths("work")], [["/a"], ["/a", "/c"], ["/a", "/b", "/c"]]);
});

Deno.test("profiles: a switch is one option of one entry, and nothing where it is so already", async () => {
  const saved: OptionChangesJson[] = [];
  const options = {
    state: () => ({ file: { path: "/snet.yaml", tag: "t" } }),
    save: (changes: OptionChangesJson) => {
      saved.push(changes);
      return Promise.resolve({ path: "/snet.yaml", tag: "u" });
    },
  };
  deepEqual(await switchProfile(config("home"), options, "work"), {
    names: ["work", "home"],
    active: "work",
  });
  deepEqual(await switchProfile(config("home"), options, "home"), {
    names: ["work", "home"],
    active: "home",
  });
  deepEqual(await switchProfile(config("home"), options, null), { names: ["work", "home"] });
  deepEqual(saved, [
    { entry: 1, name: "rules", tag: "t", changes: { profile: "work" } },
    { entry: 1, name: "rules", tag: "t", changes: { profile: null } },
  ]);
  const is404 = (error: unknown) => error instanceof RequestError && error.status === 404;
  await rejects(switchProfile(config(), options, "x"), is404);
  await rejects(switchProfile({ plugins: [] }, options, null), is404);
});
