/** The module `snet` for a plugin that runs in a process of its own: this program's, whatever folder the plugin lies in. */

import { isBuiltin, registerHooks } from "node:module";
import { foreignText } from "../external/import_error.ts";
import * as snet from "../kit/mod.ts";

const KEY = Symbol.for("snet.module");

/** Names of packages; whatever is a path or another URL, permissions decide about. */
const PACKAGE = /^(npm:|jsr:|(?!\.{0,2}\/|[a-z]+:))/;

/** From now on `snet` can be imported. */
export function supplySnet(): void {
  Object.defineProperty(globalThis, KEY, { value: Object.freeze({ ...snet }) });
  const names = Object.keys(snet).join(", ");
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === "snet") return { url: "snet:snet", format: "module", shortCircuit: true };
      if (PACKAGE.test(specifier) && !isBuiltin(specifier)) throw new Error(foreignText(specifier, ["snet"]));
      return next(specifier, context);
    },
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
