/** Ways around a filter, and what could make a judged call another one. */

import { deepEqual, equal } from "node:assert/strict";
import { ALLOW_ALL, PROBE, run, USERS } from "./program.ts";

async function lines(name: string, how: Parameters<typeof run>[1]): Promise<string[]> {
  const { stdout } = await run([`${PROBE}/abi`, name], how);
  return stdout.trimEnd().split("\n").map((line) => line.slice(name.length + 2));
}

for (const user of USERS) {
  Deno.test(`abi, as ${user}: network calls of the 32-bit ABI are refused, others pass`, async () => {
    deepEqual(await lines("32 bits", { user, snet: ALLOW_ALL }), [
      "getppid is right 1",
      "open 0",
      "write 4",
      "socket EPERM",
      "socketcall socket EPERM",
      "connect EPERM",
      "socketcall connect EPERM",
      "sendto EPERM",
      "listen EPERM",
      "accept4 EPERM",
      "shutdown EPERM",
      "io_uring_setup ENOSYS",
    ]);
  });

  Deno.test(`abi, as ${user}: x32 is not there`, async () => {
    deepEqual(await lines("x32", { user, snet: ALLOW_ALL }), [
      "getpid ENOSYS",
      "socket ENOSYS",
      "connect ENOSYS",
      "sendmsg ENOSYS",
    ]);
  });

  Deno.test(`abi, as ${user}: io_uring is not there, unless it is allowed`, async () => {
    deepEqual(await lines("io_uring", { user, snet: ALLOW_ALL }), [
      "setup ENOSYS",
      "enter ENOSYS",
      "register ENOSYS",
    ]);
    deepEqual(
      await lines("io_uring", { user, snet: [...ALLOW_ALL, "--io-uring", "allow"] }),
      await lines("io_uring", { user }),
    );
  });

  Deno.test(`abi, as ${user}: nobody types the answer to the own question`, async () => {
    deepEqual(await lines("typing", { user, snet: ALLOW_ALL }), [
      "TIOCSTI EPERM",
      "TIOCSTI, upper half EPERM",
      "TIOCLINUX EPERM",
      "TCGETS ENOTTY",
    ]);
  });

  Deno.test(`abi, as ${user}: nobody lays a route past the judged address`, async () => {
    // A source route needs a capability besides.
    deepEqual(await lines("routes", { user }), [
      user === "root" ? "IP_OPTIONS 0" : "IP_OPTIONS EPERM",
      "IP_TTL 0",
      "IPV6_RTHDR 0",
      "IPV6_RECVRTHDR 0",
    ]);
    deepEqual(await lines("routes", { user, snet: ALLOW_ALL }), [
      "IP_OPTIONS EPERM",
      "IP_TTL 0",
      "IPV6_RTHDR EPERM",
      "IPV6_RECVRTHDR 0",
    ]);
  });

  Deno.test(`abi, as ${user}: nothing carries TCP past Landlock`, async () => {
    deepEqual(await lines("carriers", { user, snet: ALLOW_ALL }), [
      "mptcp EPROTONOSUPPORT",
      "smc EPROTONOSUPPORT",
      "smc of its own EAFNOSUPPORT",
      "tcp 0",
    ]);
  });

  Deno.test(`abi, as ${user}: the executable cannot be forged`, async () => {
    deepEqual(await lines("executable", { user, snet: ALLOW_ALL }), [
      "PR_SET_MM_EXE_FILE EPERM",
      "PR_SET_NAME 0",
      "PR_GET_DUMPABLE 1",
    ]);
  });

  Deno.test(`abi, as ${user}: the program cannot look into snet, nor take its listener`, async () => {
    deepEqual(await lines("parent", { user, snet: ALLOW_ALL }), [
      "ptrace EPERM",
      "pidfd_getfd EPERM",
      "mem EACCES",
      "fd EACCES",
    ]);
  });
}

Deno.test("abi: the kernel has the 32-bit ABI, or the tests above show nothing", async () => {
  const [first, , , socket] = await lines("32 bits", {});
  equal(first, "getppid is right 1");
  equal(socket, "socket 0");
});
