import assert from "node:assert/strict";
import { geteuid } from "../../ffi/mod.ts";
import { checkFolder } from "./folder.ts";

Deno.test("the control socket's folder is root's or the daemon's own, and nobody else writes to it", async () => {
  const folder = await Deno.makeTempDir();
  const inner = `${folder}/inner`;
  Deno.mkdirSync(inner, { mode: 0o755 });
  checkFolder(inner, geteuid());
  const advice =
    ", so that the control socket could be replaced; choose a folder of root alone, such as /run/snet";
  for (const [path, mode] of [[inner, 0o777], [inner, 0o1777], [inner, 0o775], [folder, 0o777]] as const) {
    Deno.chmodSync(path, mode);
    assert.throws(() => checkFolder(inner, geteuid()), { message: `others may write to ${path}${advice}` });
    Deno.chmodSync(path, 0o755);
  }
  Deno.chmodSync(folder, 0o1777);
  checkFolder(inner, geteuid());
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a link to a folder is judged by where it leads", async () => {
  const folder = await Deno.makeTempDir();
  Deno.mkdirSync(`${folder}/open`);
  Deno.chmodSync(`${folder}/open`, 0o777);
  Deno.symlinkSync(`${folder}/open`, `${folder}/link`);
  assert.throws(() => checkFolder(`${folder}/link`, geteuid()), /others may write to .*\/open,/);
  await Deno.remove(folder, { recursive: true });
});
