import assert from "node:assert/strict";
import { Action } from "../ffi/mod.ts";
import { SeccompAttachment } from "./attachment_seccomp.ts";
import { parseConfig } from "./config.ts";
import type { News, SeccompSpec } from "./reactor_messages.ts";
import type { PreparedConfig } from "./setup.ts";
import type { ProgramSource } from "./source.ts";
import { MemorySource } from "./testing.ts";

class TestProgram extends MemorySource implements ProgramSource {
  readonly counts = { unreadable: 1 };
  readonly notices: string[] = [];
  ended = false;

  takeNotice(): string | undefined {
    return this.notices.shift();
  }
}

const spec: SeccompSpec = {
  ...{ kind: "seccomp", listener: 5, waitKillable: true, events: ["snet.connect"] },
  ...{ sendAll: false, payload: 0, delay: 30_000 },
};

const config: PreparedConfig = {
  ...parseConfig("snet.yaml", "default: allow\nevents: [snet.out]\n", {}),
  plugins: [],
};

Deno.test("the filter says what is held; what else is wanted is missing", () => {
  const attachment = new SeccompAttachment(new TestProgram(), spec);
  attachment.attach(config, [{ name: "asker", events: ["snet.listen"] }]);
  const { events, missing, fd } = attachment.attached;
  assert.deepEqual([events, missing, fd], [["snet.connect"], ["snet.listen", "snet.sendmsg"], 5]);
});

Deno.test("every call has the same delay, and is denied past it whatever the default says", () => {
  const attachment = new SeccompAttachment(new TestProgram(), spec);
  attachment.attach(config, []);
  assert.deepEqual(attachment.deadlineOf(), { delay: 30_000, policy: Action.Deny });
});

Deno.test("what has come up is told once", () => {
  const source = new TestProgram();
  const attachment = new SeccompAttachment(source, spec);
  const told: News[] = [];
  const tell = (news: News) => told.push(news);
  source.notices.push("one", "two");
  attachment.report(tell);
  source.ended = true;
  attachment.report(tell);
  attachment.report(tell);
  assert.deepEqual(told, [{ notice: "one" }, { notice: "two" }, { ended: true }]);
});
