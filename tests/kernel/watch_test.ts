/** What the kernel asks and is answered, from the program that calls to the screen of `snet watch`. */

import { equal } from "node:assert/strict";
import { WatchStage } from "../terminal/watch_stage.ts";
import { Daemon } from "./daemon.ts";
import { start } from "./probe.ts";

const MAIN = new URL("../../core/main.ts", import.meta.url).pathname;

const rules = (rule: string) => `version: 1\nrules:\n  - { name: discard, ${rule}, port: 9 }\n`;

/** A program whose UDP connect to the discard port is asked about, and what it got. */
async function call(): Promise<string | undefined> {
  await using caller = start("call", "socket:inet:dgram", "connect:127.0.0.1:9");
  return (await caller.end()).lines.at(-1);
}

Deno.test("watch: a program's calls appear with what became of them, before and after a reload", async () => {
  await using daemon = await Daemon.start({
    rules: rules("deny: snet.out, errno: ECONNREFUSED"),
    default: "allow",
    entry: MAIN,
  });
  await using stage = new WatchStage({ socket: daemon.socket, columns: 110 });
  await stage.see("Nothing yet.");
  stage.type("/port:9\r");
  await stage.see("Search: port:9");
  equal(await call(), "connect ECONNREFUSED");
  await stage.see(/^>\+ call .* 0 +1 {2}deny ECONNREFUSED/m);
  await daemon.reload(rules("allow: snet.out"));
  equal(await call(), "connect 0");
  await stage.see(/^>\+ call .* 1 +1 {2}allow/m);
  stage.type("\rji");
  await stage.see(/^ {3}decided by rules: discard$/m);
  await stage.see(/^ {3}rule {7}.*\.yaml:3:5$/m);
  stage.type("qq");
  equal((await stage.status).code, 0);
});
