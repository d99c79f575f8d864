import { match } from "node:assert/strict";
import { ERRNO } from "../errno.ts";
import { seccompLacks } from "./install.ts";

const GETPID = 39;
const IOCTL = 16;
const SECCOMP = 317;
const PIDFD_GETFD = 438;

/** What a machine says on which a system call fails. */
async function without(nr: number, errno: number): Promise<string> {
  const fixture = new URL("lacking_fixture.ts", import.meta.url).pathname;
  const args = ["run", "-A", "--quiet", fixture, `${nr}`, `${errno}`];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test({
  name: "install: what a machine lacks is told in one line",
  ignore: seccompLacks() !== undefined,
  async fn() {
    match(await without(GETPID, ERRNO.EPERM), /^waitKillable: (true|false)\n$/);
    match(
      await without(SECCOMP, ERRNO.ENOSYS),
      /^seccomp is not available here \(ENOSYS\); is this a container .*\n$/,
    );
    match(
      await without(SECCOMP, ERRNO.EINVAL),
      /^this kernel \(.*\) has no seccomp user notification; Linux 5.9 .*\n$/,
    );
    match(
      await without(PIDFD_GETFD, ERRNO.ENOSYS),
      /^this kernel \(.*\) has no pidfd_getfd; Linux 5.9 .*\n$/,
    );
    match(
      await without(PIDFD_GETFD, ERRNO.EPERM),
      /^pidfd_getfd is not allowed here \(EPERM\); is this a container .*\n$/,
    );
    match(
      await without(IOCTL, ERRNO.EINVAL),
      /^SeccompError: this kernel \(.*\) has no SECCOMP_IOCTL_NOTIF_ADDFD; .*\n$/,
    );
  },
});
