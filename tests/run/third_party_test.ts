/** A plugin as somebody else would ship it, with dist/snet alone: no deno on the path, no network, nobody's home. */

import { deepEqual, equal, match } from "node:assert/strict";
import { NOBODY } from "./place.ts";
import { PLACE, SNET } from "./program.ts";

const SHIPPED = new URL("../third_party/quiet-hours/", import.meta.url).pathname;
const isRoot = Deno.uid() === 0;

/** Runs dist/snet in a folder, without an environment to speak of; where root runs this, as nobody and without a network. */
async function snet(folder: string, ...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const bare = ["env", "-i", "PATH=/nowhere", `HOME=${PLACE}/home`, "NO_COLOR=1", SNET, ...words];
  const alone = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", ...bare];
  const [program, ...args] = isRoot ? ["unshare", "--net", ...alone] : bare;
  const { code, stdout, stderr } = await new Deno.Command(program!, { args, cwd: folder, stdin: "null" })
    .output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** A copy of the plugin's folder that everybody may read and nobody else may change. */
async function shipped(): Promise<string> {
  const folder = await Deno.makeTempDir({ dir: PLACE });
  await Deno.chmod(folder, 0o755);
  for await (const { name } of Deno.readDir(SHIPPED)) {
    await Deno.copyFile(`${SHIPPED}${name}`, `${folder}/${name}`);
    await Deno.chmod(`${folder}/${name}`, 0o644);
  }
  return folder;
}

Deno.test("third party: its tests pass, and its check says what it is", async () => {
  const folder = await shipped();
  const tested = await snet(folder, "plugins", "test");
  equal(tested.code, 0, tested.out + tested.err);
  match(tested.out, /ok \| 3 passed \| 0 failed/);
  const checked = await snet(folder, "plugins", "check", "-c", "snet.yaml");
  deepEqual([checked.code, checked.err], [0, ""]);
  deepEqual(checked.out.trim().split("\n"), [
    "quiet-hours 1.0.0 (fast lane, trusted): Keeps some programs off the network between two times of the day.",
    "  events           snet.connect, snet.sendmsg",
    "  option programs  strings, required: Paths of the programs.",
    '  option begin     string, default "22:00": When the quiet hours begin, local time.',
    '  option end       string, default "07:00": When they end.',
    "",
    "No mistakes.",
  ]);
  const listed = await snet(folder, "plugins", "list", "-c", "snet.yaml", "--json");
  deepEqual(JSON.parse(listed.out), [{
    ...{ name: "quiet-hours", version: "1.0.0", lane: "fast", trust: "trusted" },
    program: `${folder}/quiet-hours.ts`,
  }]);
});

Deno.test("third party: mistakes of types and in the configuration are told with their places", async () => {
  const folder = await shipped();
  const text = await Deno.readTextFile(`${folder}/quiet-hours.ts`);
  await Deno.writeTextFile(`${folder}/quiet-hours.ts`, text.replace('["snet.out"]', '["snet.ot"]'));
  const checked = await snet(folder, "plugins", "check", "quiet-hours.ts");
  equal(checked.code, 1);
  match(checked.err, /unknown event "snet\.ot"; did you mean "snet\.out"\?/);
  match(checked.err, /TS2\d+ .*"snet\.ot"/);
  match(checked.err, /quiet-hours\.ts:11:8/);
  await Deno.writeTextFile(`${folder}/quiet-hours.ts`, text);
  await Deno.writeTextFile(
    `${folder}/snet.yaml`,
    "default: allow\nplugins:\n  - quiet-hours: { from: quiet-hours.ts, trusted: true, programs: [], ende: 8 }\n",
  );
  const configured = await snet(folder, "plugins", "check", "-c", "snet.yaml");
  equal(configured.code, 1);
  match(
    configured.err,
    /^snet\.yaml:3:71: unknown key "ende" for plugin "quiet-hours"; did you mean "end"\?$/m,
  );
});

Deno.test("third party: a plugin that 'snet plugins new' writes passes its own test and check", async () => {
  for (
    const [words, file] of [[[], "connect-budget.ts"], [["--lang", "python"], "connect-budget.py"]] as const
  ) {
    const folder = await Deno.makeTempDir({ dir: PLACE });
    if (isRoot) await Deno.chown(folder, NOBODY, NOBODY);
    const made = await snet(folder, "plugins", "new", "connect-budget", ...words);
    equal(made.code, 0, made.err);
    match(made.out, new RegExp(`^connect-budget/${file}$`, "m"));
    const own = `${folder}/connect-budget`;
    if (words.length === 0) {
      const tested = await snet(own, "plugins", "test");
      equal(tested.code, 0, tested.out + tested.err);
    }
    const checked = await snet(own, "plugins", "check", "-c", "snet.yaml");
    equal(checked.code, 0, checked.err);
    match(checked.out, /^connect-budget 0\.1\.0 /);
  }
});
