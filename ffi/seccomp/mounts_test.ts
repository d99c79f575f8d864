import { equal } from "node:assert/strict";
import { openFolder } from "./procfs.ts";
import { close } from "../libc.ts";
import { hasMount, OwnMounts } from "./mounts.ts";

function firstIds(): number[] {
  return Deno.readTextFileSync("/proc/self/mountinfo").trim().split("\n").map((line) =>
    Number.parseInt(line)
  );
}

Deno.test("the mounts of the own namespace are known by their ids", () => {
  using mounts = new OwnMounts();
  const self = openFolder("/proc/self");
  const ids = firstIds();
  for (const id of ids) {
    equal(mounts.has(id), true);
    equal(hasMount(self, id), true);
  }
  const other = Math.max(...ids) + 1;
  equal(mounts.has(other), false);
  equal(hasMount(self, other), false);
  close(self);
});

Deno.test({ name: "a mount that comes or goes is known at once", ignore: Deno.uid() !== 0 }, async () => {
  const code = `
import { OwnMounts } from ${JSON.stringify(new URL("mounts.ts", import.meta.url).href)};
const run = (command, ...args) => new Deno.Command(command, { args }).outputSync();
const mounts = new OwnMounts();
const folder = Deno.makeTempDirSync();
run("mount", "-t", "tmpfs", "none", folder);
const id = Number(Deno.readTextFileSync("/proc/self/mountinfo").trim().split("\\n").at(-1).split(" ")[0]);
console.log(mounts.has(id));
run("umount", folder);
console.log(mounts.has(id));
Deno.removeSync(folder);`;
  const { stdout, stderr } = await new Deno.Command("unshare", {
    args: ["--mount", Deno.execPath(), "eval", "--no-check", code],
  }).output();
  equal(new TextDecoder().decode(stdout), "true\nfalse\n", new TextDecoder().decode(stderr));
});
