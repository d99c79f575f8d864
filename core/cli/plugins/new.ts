/** `snet plugins new`: the folder of a new plugin. */

import { dirname } from "node:path";
import { reasonOf } from "../../config_files.ts";
import { CommandError, ExitCode } from "../exit.ts";
import { type Output, printJson } from "../output.ts";
import { type Language, template } from "./template.ts";

/** Options of the command. */
export interface NewOptions {
  readonly lang: Language;
  readonly json?: boolean;
}

/** It names files and a plugin. */
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Writes a folder of that name below `into`. Throws a CommandError where there is something already. */
export async function create(
  name: string,
  options: NewOptions,
  builtIn: ReadonlySet<string>,
  output: Output,
  into = ".",
): Promise<void> {
  if (!NAME.test(name)) {
    throw new CommandError(
      `"${name}" cannot name a plugin; write one such as connect-budget`,
      ExitCode.usage,
    );
  }
  if (builtIn.has(name)) {
    throw new CommandError(`"${name}" is a built-in plugin; give yours another name`, ExitCode.usage);
  }
  const files = await template(name, options.lang);
  try {
    await Deno.mkdir(`${into}/${name}`);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new CommandError(`there is "${name}" already; nothing was written`);
    }
    throw new CommandError(`Cannot make the folder ${name}: ${reasonOf(error)}`);
  }
  try {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(`${into}/${name}/${path}`), { recursive: true });
      await Deno.writeTextFile(`${into}/${name}/${path}`, text, { createNew: true });
    }
  } catch (error) {
    // Half a plugin would be in the way of the next try.
    await Deno.remove(`${into}/${name}`, { recursive: true });
    throw new CommandError(`Cannot write the files of ${name}: ${reasonOf(error)}; nothing was left`);
  }
  const written = Object.keys(files).map((path) => `${name}/${path}`);
  if (options.json) return printJson(output, { name, files: written });
  for (const path of written) output.line(path);
  const test = options.lang === "ts" ? "snet plugins test" : "python3 -m unittest";
  output.line(`Next: cd ${name} && ${test} && snet plugins check -c snet.yaml`);
}
