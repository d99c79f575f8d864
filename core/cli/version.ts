/** `snet version`. */

import config from "../../deno.json" with { type: "json" };
import { FAMILY_VERSION } from "../../ffi/mod.ts";
import { type Output, printJson } from "./output.ts";

/** Version of snet, as deno.json says. */
export const VERSION: string = config.version;

/** Prints the versions of snet, its protocol and its runtime. */
export function version(options: { readonly json?: boolean }, output: Output): void {
  const versions = {
    snet: VERSION,
    protocol: FAMILY_VERSION,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    target: Deno.build.target,
  };
  if (options.json) return printJson(output, versions);
  output.line(`snet ${VERSION}`);
  output.line(`kernel protocol ${FAMILY_VERSION}; deno ${versions.deno}; ${versions.target}`);
}
