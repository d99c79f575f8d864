import assert from "node:assert/strict";
import { bootSeconds, contextOf, systemContext } from "./context.ts";
import { NameTable } from "./names/table.ts";
import { event } from "./testing.ts";

const names = { keep: 1000, resolved: undefined, dnstap: [] };

Deno.test("names are those of the event's remote address, of whichever family", () => {
  const table = new NameTable({ lists: 4, ringWords: 256 });
  const now = bootSeconds();
  table.add(Uint8Array.of(192, 0, 2, 1), ["www.example"], now + 1000, now);
  table.add(Uint8Array.of(0x20, 1, 0x0d, 0xb8, ...Array(11).fill(0), 5), ["six.example"], now + 1000, now);
  const { names } = systemContext(table.buffer);
  const of = (remote: Parameters<typeof event>[0]) => names!(event(remote));
  assert.deepEqual(of({ remote: { ip: "192.0.2.1", port: 443 } }), [["www.example"]]);
  assert.deepEqual(of({ remote: { ip: "2001:db8::5", port: 443 } }), [["six.example"]]);
  assert.equal(of({ remote: { ip: "192.0.2.2", port: 443 } }), undefined);
  assert.equal(of({ remote: { path: "/run/x.sock" } }), undefined);
  assert.equal(of({ remote: undefined }), undefined);
});

Deno.test("a configuration without a source of names gives plugins none", () => {
  const context = systemContext(new NameTable({ lists: 4, ringWords: 256 }).buffer);
  assert.equal(contextOf({ names }, context), context);
  assert.equal("names" in contextOf({}, context), false);
  assert.equal(systemContext().names, undefined);
});
