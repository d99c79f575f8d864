/** The entry of a module's runtime in dist/snet, where it is a program of its own: small, so that it starts quickly. */

import { runModule } from "./module.ts";

await runModule(JSON.parse(Deno.args[0]!));
