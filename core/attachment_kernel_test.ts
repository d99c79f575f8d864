import assert from "node:assert/strict";
import type { Settings } from "../ffi/mod.ts";
import { KernelAttachment } from "./attachment_kernel.ts";
import { parseConfig } from "./config.ts";
import type { PreparedConfig } from "./setup.ts";
import { MemorySource } from "./testing.ts";

function config(text: string): PreparedConfig {
  return { ...parseConfig("snet.yaml", text, {}), plugins: [] };
}

const asker = { name: "asker", events: ["snet.shutdown"] as const };
const general = config("default: deny\nevents: [snet.connect]\nkernel: { delay: 4s }\n");

Deno.test("the kernel is asked about what the configuration and every link want, in either lane", () => {
  const attachment = new KernelAttachment(new MemorySource(), undefined);
  attachment.attach(general, [asker]);
  assert.deepEqual(attachment.attached.events, ["snet.connect", "snet.shutdown"]);
  assert.equal(attachment.deadlineOf("snet.connect").delay, 4000);
});

Deno.test("nothing is asked about for those who take only what others ask about", () => {
  const attachment = new KernelAttachment(new MemorySource(), undefined);
  const people = { name: "ask", events: ["snet.shutdown", "snet.socket"] as const, asks: true };
  attachment.attach(general, [{ ...people, undecided: ["snet.socket"] }]);
  assert.deepEqual(attachment.attached.events, ["snet.socket", "snet.connect"]);
});

Deno.test("another configuration drops the tickets of the former", () => {
  const attachment = new KernelAttachment(new MemorySource(), undefined);
  attachment.attach(general, []);
  attachment.load(config("default: deny\nkernel: { delay: 9s }\n"), []);
  assert.equal(attachment.generation, 2);
  assert.equal(attachment.deadlineOf("snet.connect").delay, 9000);
});

Deno.test("what the kernel refuses leaves it at the former configuration", () => {
  const source = new class extends MemorySource {
    override configure(settings: Settings): void {
      super.configure(settings);
      if (settings.delay === 9000) throw new Error("refused");
    }
  }();
  const attachment = new KernelAttachment(source, undefined);
  attachment.attach(general, []);
  const refused = config("default: deny\nevents: [snet.bind]\nkernel: { delay: 9s }\n");
  assert.throws(() => attachment.load(refused, []), { message: "refused" });
  assert.deepEqual(source.configured.map(({ delay }) => delay), [4000, 9000, 4000]);
  assert.deepEqual(attachment.attached.events, ["snet.connect"]);
  assert.equal(attachment.deadlineOf("snet.connect").delay, 4000);
  assert.equal(attachment.generation, 1);
});
