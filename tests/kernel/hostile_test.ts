import { deepEqual, equal, ok } from "node:assert/strict";
import { run } from "./probe.ts";

/** What must come back for each message of probe/hostile.c: one errno. */
const EXPECTED: Readonly<Record<string, string>> = {
  "genl-header-cut": "EINVAL",
  // The kernel's netlink drops what claims to be longer than it is, before anybody could answer.
  "message-cut": "silent",
  "attribute-cut": "EINVAL",
  "attribute-length-2": "EINVAL",
  "leftover-bytes": "EINVAL",
  "attribute-unknown": "EINVAL",
  "attribute-not-of-verdict": "EINVAL",
  "u32-of-1-byte": "EINVAL",
  "u32-of-8-bytes": "EINVAL",
  "id-of-4-bytes": "EINVAL",
  "command-unknown": "EOPNOTSUPP",
  "command-event": "EOPNOTSUPP",
  "command-cancel": "EOPNOTSUPP",
  "tickets-without-dump": "EOPNOTSUPP",
  "verdict-empty": "EINVAL",
  "verdict-without-action": "EINVAL",
  "verdict-without-id": "EINVAL",
  "verdict-id-0": "ERANGE",
  "verdict-id-unknown": "ENOENT",
  "verdict-id-greatest": "ENOENT",
  "verdict-action-7": "ERANGE",
  "verdict-errno-0": "ERANGE",
  "verdict-errno-4096": "ERANGE",
  "verdict-remember-without-key": "EINVAL",
  "verdict-key-unknown": "EINVAL",
  "verdict-scope-9": "ERANGE",
  "hold-without-id": "EINVAL",
  "hold-without-time": "EINVAL",
  "hold-id-unknown": "ENOENT",
  "attach-again": "EALREADY",
  "attach-second": "EBUSY",
  "attach-version-99": "EPROTO",
  "attach-without-version": "EINVAL",
  "attach-subsystem-9": "EOPNOTSUPP",
  "attach-payload-5000": "ERANGE",
  "attach-name-long": "EINVAL",
  "attach-name-without-nul": "EINVAL",
  "configure-delay-0": "ERANGE",
  "configure-policy-2": "ERANGE",
  "configure-limit-0": "ERANGE",
  "configure-event-31": "ERANGE",
  "configure-events-unknown": "EOPNOTSUPP",
  "settings-subsystem-9": "EOPNOTSUPP",
  "configure-absent-unix": "EINVAL",
  "configure-good-and-bad": "EINVAL",
  "other-verdict": "ENOTCONN",
  "other-hold": "ENOTCONN",
  "other-detach": "ENOTCONN",
  "other-flush": "ENOTCONN",
  "other-configure": "ENOTCONN",
  "verdict-good": "0",
  "verdict-repeated": "ENOENT",
  "held": "0",
};

Deno.test("hostile: each bad message gets one errno and changes nothing, and the held call waits on", async () => {
  const answers: Record<string, string> = {};
  for (const line of await run("hostile")) {
    const [name = "", errno = "", ...text] = line.split(" ");
    ok(errno !== "changed", line);
    equal(name in answers, false, `a second answer: ${line}`);
    answers[name] = errno;
    // Errors of snet's own and of the kernel's policies say in words what is wrong.
    const spoken = !["0", "silent"].includes(errno) && !name.startsWith("command-") &&
      !["genl-header-cut", "tickets-without-dump"].includes(name);
    if (spoken && name !== "held") ok(text.join(" ") !== "-", `no extended-ACK text: ${line}`);
  }
  const names = new Set([...Object.keys(EXPECTED), ...Object.keys(answers)]);
  const wrong = [...names].filter((name) => answers[name] !== EXPECTED[name]);
  deepEqual(wrong.map((name) => `${name}: ${answers[name]}, not ${EXPECTED[name]}`), []);
});
