/** A folder that every user can read, with all that the tests run in it: the checkout may be closed to them. */

import { compilePrograms, type Flags } from "../kernel/probes.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
/** Where the compiled programs of tests/run/probe lie; inside the test kernel it is /run/run-probe. */
export const RUN_PROBE_FOLDER = `${ROOT}.cache/run-probe`;

/** The user that tests run programs as, besides root. Nothing is theirs, and nobody looks them up. */
export const NOBODY = 65534;

const FLAGS: Flags = {
  static: ["-static"],
  // deno-fmt-ignore
  raw: ["-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector"],
};

/** Compiles every program of tests/run/probe that has changed; their names. */
export async function compileRunProbes(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(`${ROOT}tests/run/probe`)) {
    if (name.endsWith(".c")) names.push(name.slice(0, -".c".length));
  }
  const sources = names.map((name) => `${ROOT}tests/run/probe/${name}.c`);
  await compilePrograms(sources, RUN_PROBE_FOLDER, FLAGS);
  return names;
}

/** Makes it: `snet`, the compiled programs in `probe`, a `home` of the ordinary user's. Returns its path. */
export async function makePlace(): Promise<string> {
  const place = await Deno.makeTempDir({ prefix: "snet-run-" });
  await Deno.chmod(place, 0o755);
  await Deno.copyFile(`${ROOT}dist/snet`, `${place}/snet`);
  await Deno.chmod(`${place}/snet`, 0o755);
  await Deno.mkdir(`${place}/probe`);
  for (const name of await compileRunProbes()) {
    await Deno.copyFile(`${RUN_PROBE_FOLDER}/${name}`, `${place}/probe/${name}`);
    await Deno.chmod(`${place}/probe/${name}`, 0o755);
  }
  for (const folder of ["home", "rules"]) await Deno.mkdir(`${place}/${folder}`);
  await Deno.copyFile(`${ROOT}tests/run/probe/terminal.py`, `${place}/probe/terminal.py`);
  await Deno.chmod(`${place}/probe/terminal.py`, 0o644);
  await Deno.chown(`${place}/home`, NOBODY, NOBODY);
  return place;
}

export async function removePlace(place: string): Promise<void> {
  await Deno.remove(place, { recursive: true });
}
