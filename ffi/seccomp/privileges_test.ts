import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { Child, type ChildOptions } from "./child.ts";
import { Descriptors } from "./own_call.ts";
import { asCaller, asOwner } from "./privileges.ts";
import { TaskTable } from "./task.ts";

const isRoot = Deno.uid() === 0;
const NOBODY = 65534;
const NET_BIND_SERVICE = 1n << 10n;

/** Capabilities in effect of the thread that runs this. */
function effective(): bigint {
  const status = Deno.readTextFileSync("/proc/thread-self/status");
  return BigInt(`0x${/^CapEff:\t(\w+)$/m.exec(status)![1]}`);
}

/** What is in effect while something is done for a caller that was started like this. */
async function effectiveFor(options: ChildOptions): Promise<bigint> {
  using table = new TaskTable();
  await using child = await Child.start(options);
  const task = table.of(child.pid);
  ok(task);
  return asCaller(task, effective);
}

Deno.test("a caller with the same capabilities is served with all of them", async () => {
  equal(await effectiveFor({}), effective());
});

Deno.test({ name: "a caller without capabilities is served without any", ignore: !isRoot }, async () => {
  const own = effective();
  equal(await effectiveFor({ uid: NOBODY, gid: NOBODY }), 0n);
  equal(effective(), own);
});

Deno.test(
  { name: "a caller that lacks one capability is served without that", ignore: !isRoot },
  async () => {
    const by = ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"];
    equal(await effectiveFor({ by }), effective() & ~NET_BIND_SERVICE);
  },
);

Deno.test({ name: "root of another user namespace is served as having none", ignore: !isRoot }, async () => {
  equal(await effectiveFor({ by: ["unshare", "--user", "--map-root-user"] }), 0n);
});

Deno.test({ name: "capabilities come back also where the action throws", ignore: !isRoot }, async () => {
  using table = new TaskTable();
  await using child = await Child.start({ uid: NOBODY, gid: NOBODY });
  const task = table.of(child.pid);
  ok(task);
  const own = effective();
  throws(() =>
    asCaller(task, () => {
      equal(effective(), 0n);
      throw new Error("failed");
    }), /^Error: failed$/);
  equal(effective(), own);
});

Deno.test({ name: "what is made for a caller is its own", ignore: !isRoot }, async () => {
  using table = new TaskTable();
  await using child = await Child.start({ uid: NOBODY, gid: NOBODY });
  const task = table.of(child.pid);
  ok(task);
  // Of a new socket, as of any file that this thread makes.
  const owner = () => {
    using open = new Descriptors();
    const { uid, gid } = Deno.statSync(`/proc/thread-self/fd/${open.socket(1, 1)}`);
    return [uid, gid];
  };
  deepEqual(asOwner(task, owner), [NOBODY, NOBODY]);
  deepEqual(owner(), [0, 0]);
  throws(() =>
    asOwner(task, () => {
      throw new Error("failed");
    }), /^Error: failed$/);
  deepEqual(owner(), [0, 0]);
});
