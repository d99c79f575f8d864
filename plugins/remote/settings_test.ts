import { deepEqual, equal, throws } from "node:assert/strict";
import { parsePolicyPath, parseServer } from "./settings.ts";

const SECRET = [{ path: "/etc/snet/remote.secret", text: `${"x".repeat(32)}\n` }];

function serverOf(given: Partial<Parameters<typeof parseServer>[0]> = {}, exposed = false) {
  return parseServer({
    ...{
      url: "https://policy.example:8765",
      socket: undefined,
      client: "web1",
      secret: SECRET,
      ca: undefined,
    },
    ...{ insecure: false, policy: undefined },
    ...given,
  }, () => exposed);
}

Deno.test("a server is an origin, a client's name and its secret", () => {
  const { url, client, secrets, http } = serverOf({ url: "https://policy.example:8765/" });
  deepEqual([url, client, http], ["https://policy.example:8765", "web1", "1.1"]);
  deepEqual(secrets, [new TextEncoder().encode("x".repeat(32))]);
});

Deno.test("what cannot be meant is refused in one line", () => {
  const wrong: readonly (readonly [Parameters<typeof serverOf>[0], RegExp])[] = [
    [{ url: "policy.example" }, /is no address of a server; such as https:\/\/policy\.example:8765$/],
    [{ url: "https://policy.example/snet" }, /has a path, which "snet serve" has not; leave it out$/],
    [{ url: "http://policy.example" }, /is neither https nor on this machine/],
    [{ client: "a b" }, /client "a b" is no name of a client/],
    [{ secret: [] }, /option "secret" names no file that is there/],
    [{ secret: [{ path: "s", text: "short" }] }, /the secret in s has 5 bytes/],
    [{ socket: "run/x" }, /socket "run\/x" is no absolute path/],
    [{ ca: [{ path: "ca.pem", text: "" }] }, /ca\.pem \(option "ca"\) holds no certificate/],
  ];
  for (const [given, message] of wrong) throws(() => serverOf(given), message);
  throws(() => serverOf({}, true), /everybody may read \/etc\/snet\/remote\.secret/);
  throws(
    () => parsePolicyPath("remote.policy"),
    /is no absolute path, such as \/var\/lib\/snet\/remote\.policy/,
  );
  equal(parsePolicyPath("/x"), "/x");
});
