/** The entry of the roles where snet runs from its sources; dist/snet has them in core/main.ts. */

import { runRole } from "./role.ts";

await runRole(Deno.args.slice(1));
