/** The module `snet` for a plugin that runs in a process of its own: this program's, whatever folder the plugin lies in. */

import { registerHooks } from "node:module";
import * as snet from "../kit/mod.ts";

const KEY = Symbol.for("snet.module");

/** From now on `snet` can be imported. */
export function supplySnet(): void {
  Object.defineProperty(globalThis, KEY, { value: Object.freeze({ ...snet }) });
  const names = Object.keys(snet).join(", ");
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "snet"
        ? { url: "snet:snet", format: "module", shortCircuit: true }
        : next(specifier, context),
    load: (url, context, next) =>
      url === "snet:snet"
        ? {
          format: "module",
          source: `export const { ${names} } = globalThis[Symbol.for("${KEY.description}")];\n`,
          shortCircuit: true,
        }
        : next(url, context),
  });
}
