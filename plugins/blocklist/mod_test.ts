import assert from "node:assert/strict";
import type { PluginContext, SnetEvent, SourceText } from "../../core/mod.ts";
import { event } from "../../core/testing.ts";
import blocklist from "./mod.ts";

const DEFAULTS = {
  action: "deny",
  errno: "EPERM",
  incoming: false,
  subdomains: true,
  remember: undefined,
} as const;
type Changes = Partial<Omit<Parameters<NonNullable<typeof blocklist.prepare>>[0], "files">>;

const CONTEXT: PluginContext = { clock: () => 0, verifiedExe: () => true };

function filesOf(...texts: readonly string[]): SourceText[] {
  return texts.map((text, index) => ({ path: `/etc/snet/lists/${index}.txt`, text }));
}

function prepare(files: readonly SourceText[], options: Changes = {}, context = CONTEXT) {
  return blocklist.prepare!({ ...DEFAULTS, ...options, files }, context);
}

/** The plugin as the reactor sets it up: with what was handed over to its thread. */
function load(files: readonly SourceText[], options: Changes = {}, context = CONTEXT) {
  return blocklist.setup(structuredClone(prepare(files, options, context)), context);
}

const to = (ip: string) => event({ remote: { ip, port: 443 } });
/** A context in which a resolver has told names. */
const telling = (...chains: readonly (readonly string[])[]): PluginContext => ({
  ...CONTEXT,
  names: () => chains.length === 0 ? undefined : chains,
});

/** Whether it was noted that no ticket can hold what was decided about an event. */
function isVolatile(event: SnetEvent): boolean {
  const before = event.read;
  event.readVolatile();
  return event.read === before;
}

Deno.test("calls to what is listed are denied, with the list as the reason; of others the next plugin is asked", () => {
  const { decide, rules } = load(filesOf("10.0.0.0/8", "2001:db8::/32\n127.0.0.0/8"), {
    errno: "ECONNREFUSED",
  });
  const denied = { action: "deny", errno: 111 };
  assert.deepEqual(decide!(to("10.1.2.3")), { ...denied, why: "/etc/snet/lists/0.txt lists it", rule: 0 });
  assert.deepEqual(decide!(to("2001:db8::5")), { ...denied, why: "/etc/snet/lists/1.txt lists it", rule: 1 });
  assert.equal(decide!(to("192.0.2.1")), undefined);
  assert.equal(decide!(event({ remote: { path: "/run/x.sock" } })), undefined);
  assert.equal(decide!(event({ remote: undefined })), undefined);
  // Going to the address "any" is going to this machine.
  assert.deepEqual(decide!(to("0.0.0.0")), { ...denied, why: "/etc/snet/lists/1.txt lists it", rule: 1 });
  assert.deepEqual(rules, [
    { name: "0.txt", where: "/etc/snet/lists/0.txt:1:1" },
    { name: "1.txt", where: "/etc/snet/lists/1.txt:1:1" },
  ]);
});

Deno.test("an allow list allows what it holds, and remembers it if told to", () => {
  const { decide } = load(filesOf("192.0.2.0/24"), { action: "allow", remember: 5000 });
  const why = "/etc/snet/lists/0.txt lists it";
  assert.deepEqual(decide!(to("192.0.2.9")), { action: "allow", why, rule: 0, remember: 5000 });
  assert.equal(decide!(to("198.51.100.1")), undefined);
});

Deno.test("accepted connections are looked at only where the option says so", () => {
  assert.deepEqual(load(filesOf("10.0.0.0/8")).events, ["snet.connect", "snet.sendmsg"]);
  const { events, decide } = load(filesOf("10.0.0.0/8"), { incoming: true });
  assert.deepEqual(events, ["snet.connect", "snet.post_accept", "snet.sendmsg"]);
  const accepted = event({ name: "snet.post_accept", remote: { ip: "10.0.0.1", port: 5000 } });
  assert.equal(decide!(accepted)?.action, "deny");
});

Deno.test("only the remote address is read", () => {
  const { decide } = load(filesOf("10.0.0.0/8\nexample.com"));
  const [called, read] = [to("192.0.2.1"), to("192.0.2.1")];
  decide!(called);
  void read.remote?.ipv4;
  assert.equal(called.read, read.read);
});

Deno.test("one listed answer is enough to deny, but all answers must be listed to allow", () => {
  const files = filesOf("ads.example\n||example.com^\n@@||good.example.com^");
  const actionOf = (names: readonly string[] | undefined, action: "allow" | "deny") =>
    load(files, { action }, telling(...(names ?? []).map((name) => [name]))).decide!(to("192.0.2.1"))?.action;
  assert.equal(actionOf(["cdn.example", "x.ads.example"], "deny"), "deny");
  assert.equal(actionOf(["cdn.example", "good.example.com"], "deny"), undefined);
  assert.equal(actionOf(["cdn.example", "x.ads.example"], "allow"), undefined);
  assert.equal(actionOf(["www.example.com", "x.ads.example"], "allow"), "allow");
  assert.equal(actionOf(["www.example.com", "good.example.com"], "allow"), undefined);
  for (const action of ["allow", "deny"] as const) {
    assert.equal(actionOf([], action), undefined);
    assert.equal(actionOf(undefined, action), undefined);
  }
});

Deno.test("of an answer with aliases one listed name is enough, unless one is excepted", () => {
  const files = filesOf("ads.example\n||example.com^\n@@||good.example.com^");
  const actionOf = (action: "allow" | "deny", ...chains: readonly (readonly string[])[]) =>
    load(files, { action }, telling(...chains)).decide!(to("192.0.2.1"))?.action;
  for (const action of ["allow", "deny"] as const) {
    assert.equal(actionOf(action, ["www.example.com", "cdn.example"]), action);
    assert.equal(actionOf(action, ["shop.example", "x.ads.example"]), action);
    assert.equal(actionOf(action, ["good.example.com", "x.ads.example"]), undefined);
    assert.equal(actionOf(action, ["www.example.com", "good.example.com"]), undefined);
  }
  const [listed, other] = [["www.example.com", "cdn.example"], ["other.example", "cdn.example"]];
  assert.equal(actionOf("allow", listed, other), undefined);
  assert.equal(actionOf("deny", other, listed), "deny");
});

Deno.test("no ticket holds what was decided by names; an address needs none", () => {
  const { decide } = load(filesOf("ads.example\n10.0.0.0/8"), {}, telling());
  const [unnamed, listed] = [to("192.0.2.1"), to("10.0.0.1")];
  decide!(unnamed);
  decide!(listed);
  assert.equal(isVolatile(unnamed), true);
  assert.equal(isVolatile(listed), false);
});

Deno.test("where nothing tells names, domain entries cannot match, and the log says so", () => {
  const lines: string[] = [];
  const context: PluginContext = { ...CONTEXT, log: (level, line) => void lines.push(`${level}: ${line}`) };
  const { decide } = load(filesOf("ads.example\n0.0.0.0 host.example\n10.0.0.0/8\n?"), {}, context);
  assert.equal(decide!(to("192.0.2.1")), undefined);
  assert.equal(decide!(to("10.0.0.1"))?.action, "deny");
  assert.deepEqual(lines, [
    'warning: /etc/snet/lists/0.txt:4:1: "?": this is no address, network or domain',
    "warning: blocklist: 2 domain entries cannot match: nothing tells snet the names behind addresses, and it does not " +
    'guess them; "names" in snet.yaml says which resolver may tell them',
  ]);
});

Deno.test("bad options and files are refused with their place", () => {
  assert.throws(() => load(filesOf("10.0.0.0/8"), { errno: "ECONREFUSED" }), /did you mean "ECONNREFUSED"/);
  assert.throws(
    () => load(filesOf("<html>")),
    /^ConfigError: \/etc\/snet\/lists\/0.txt:1:1: this is no list/,
  );
});

Deno.test("while other lists are read and after they are loaded, the former go on answering by themselves", () => {
  const former = load(filesOf("10.0.0.0/8"), {}, telling(["ads.example"]));
  const answers = () => ["10.0.0.1", "192.0.2.1"].map((ip) => former.decide!(to(ip))?.action);
  assert.deepEqual(answers(), ["deny", undefined]);
  const prepared = prepare(filesOf("192.0.2.0/24\nads.example"), {}, telling(["ads.example"]));
  assert.deepEqual(answers(), ["deny", undefined]);
  const next = blocklist.setup(structuredClone(prepared), telling(["ads.example"]));
  assert.deepEqual(answers(), ["deny", undefined]);
  assert.deepEqual(["10.0.0.1", "192.0.2.1"].map((ip) => next.decide!(to(ip))?.rule), [0, 0]);
  // A list that is refused changes nothing either.
  assert.throws(() => prepare(filesOf("<html>")));
  assert.deepEqual(answers(), ["deny", undefined]);
});

Deno.test("the reactor is handed shared memory, and no view that would be copied", () => {
  const prepared = prepare(filesOf("10.0.0.0/8\n2001:db8::/32\nads.example"), {}, telling([]));
  const kinds = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (value instanceof SharedArrayBuffer) return void kinds.add("SharedArrayBuffer");
    assert(Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype, String(value));
    Object.values(value).forEach(visit);
  };
  visit(prepared);
  assert.deepEqual([...kinds], ["SharedArrayBuffer"]);
});
