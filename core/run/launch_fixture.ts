/**
 * For tests: runs a command whose calls on sockets are held, and lets each go on; the smallest `snet run` there is.
 *
 * `launch_fixture.ts OPTIONS COMMAND…`, where OPTIONS is JSON of {@linkcode FixtureOptions}.
 */

import { INTERCEPTED_EVENTS } from "../../ffi/mod.ts";
import { launch, LaunchError, ownArguments } from "./launch.ts";
import { supervise } from "./supervise.ts";

/** What the command line says before the command. */
export interface FixtureOptions {
  readonly wait?: boolean;
  /** Bar the command from TCP. */
  readonly landlock?: boolean;
  /** Leave the calls unanswered. */
  readonly silent?: boolean;
}

const { ioctl, poll } = Deno.dlopen("libc.so.6", {
  ioctl: { parameters: ["i32", "u32", "buffer"], result: "i32" },
  poll: { parameters: ["buffer", "u32", "i32"], result: "i32", nonblocking: true },
}).symbols;

const POLLIN = 1;
const NOTIF_RECV = 0xc0502100;
const NOTIF_SEND = 0xc0182101;
const FLAG_CONTINUE = 1;

/** Until nobody has the filter any more. */
async function letAllGoOn(listener: number): Promise<void> {
  const wanted = Uint32Array.of(listener, POLLIN);
  const notification = new Uint8Array(80);
  const response = new Uint32Array(6);
  for (;;) {
    await poll(wanted, 1, -1);
    if (((wanted[1]! >>> 16) & POLLIN) === 0) return;
    notification.fill(0);
    if (ioctl(listener, NOTIF_RECV, notification) < 0) continue;
    response.set([...new Uint32Array(notification.buffer, 0, 2), 0, 0, 0, FLAG_CONTINUE]);
    ioctl(listener, NOTIF_SEND, response);
  }
}

const say = (line: string) => console.error(`snet: ${line}`);
const options: FixtureOptions = JSON.parse(Deno.args[0]!);
try {
  const program = await launch({
    argv: ownArguments(Deno.args.length - 1),
    filter: { events: INTERCEPTED_EVENTS, sendAll: false, ioUring: "refuse" },
    landlock: options.landlock ?? false,
    say,
  });
  await program.go();
  if (!options.silent) void letAllGoOn(program.listener);
  const status = await supervise(program, { wait: options.wait ?? false, say });
  Deno.exit(status.repeat());
} catch (error) {
  if (!(error instanceof LaunchError)) throw error;
  say(error.message);
  Deno.exit(error.exitCode);
}
