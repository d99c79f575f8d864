import { deepStrictEqual as equal } from "node:assert";
import { parseKtap } from "./ktap.ts";

const LOG = `
KTAP version 1
1..2
    KTAP version 1
    # Subtest: snet_request
    # module: snet
    1..3
    ok 1 verdict_ends_once
    # timeout_ends_once: EXPECTATION FAILED at security/snet/request_test.c:40
    Expected ends == 1, but
    not ok 2 timeout_ends_once
        KTAP version 1
        # Subtest: limit
        ok 1 uid
        ok 2 cgroup # SKIP no control groups
    # limit: pass:1 fail:0 skip:1 total:2
    ok 3 limit
# snet_request: pass:2 fail:1 skip:0 total:3
not ok 1 snet_request
    KTAP version 1
    # Subtest: snet_ticket
    1..1
    ok 1 found
ok 2 snet_ticket
`;

Deno.test("each test and each parameter of a test is counted once", () => {
  equal(parseKtap(LOG).map(({ suite, name, result }) => [suite, name, result]), [
    ["snet_request", "verdict_ends_once", "passed"],
    ["snet_request", "timeout_ends_once", "failed"],
    ["snet_request limit", "uid", "passed"],
    ["snet_request limit", "cgroup", "skipped"],
    ["snet_ticket", "found", "passed"],
  ]);
});

Deno.test("a failed test carries what the kernel said about it", () => {
  equal(parseKtap(LOG)[1]!.said, [
    "# timeout_ends_once: EXPECTATION FAILED at security/snet/request_test.c:40",
    "Expected ends == 1, but",
  ]);
});

Deno.test("tests that a dying kernel did not reach fail", () => {
  const log = LOG.slice(0, LOG.indexOf("    not ok 2")) + "Kernel panic - not syncing: oops\n";
  const [, last] = parseKtap(log);
  equal([last!.suite, last!.name, last!.result], ["snet_request", "the other 2 of 3 tests", "failed"]);
});

Deno.test("a log without tests has none", () => {
  equal(parseKtap("Linux version 6.12\nkunit: disabled\n"), []);
});
