import assert from "node:assert/strict";
import { userNames } from "./users.ts";

Deno.test("a uid has the name of its first line in passwd, or none", () => {
  const name = userNames(
    "root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/root:/bin/sh\n# comment\nbroken\nwww-data:x:33:33::/:\n",
  );
  assert.equal(name(0), "root");
  assert.equal(name(33), "www-data");
  assert.equal(name(1000), "1000");
});
