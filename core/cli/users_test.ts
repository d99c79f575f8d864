import assert from "node:assert/strict";
import { groupNumber, userNames, userNumber } from "./users.ts";

Deno.test("a uid has the name of its first line in passwd, or none", () => {
  const name = userNames(
    "root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/root:/bin/sh\n# comment\nbroken\nwww-data:x:33:33::/:\n",
  );
  assert.equal(name(0), "root");
  assert.equal(name(33), "www-data");
  assert.equal(name(1000), "1000");
});

Deno.test("users and groups have a number by name, or are one", () => {
  assert.deepEqual([userNumber("root"), userNumber("1000"), groupNumber("root"), groupNumber("7")], [
    0,
    1000,
    0,
    7,
  ]);
  assert.throws(() => userNumber("ro"), {
    message: `unknown user "ro"; write a name of /etc/passwd or a uid`,
  });
  assert.throws(() => groupNumber(""), { message: `unknown group ""; write a name of /etc/group or a gid` });
});
