import { deepEqual, equal, notEqual } from "node:assert/strict";
import { event, type EventInit } from "../testing.ts";
import { questionOf } from "./question.ts";
import { SCOPES } from "./scope_words.ts";
import { ruleOf, scopeKey, scopesOf, scopeText } from "./scopes.ts";

const question = (init: EventInit) =>
  questionOf(event(init), undefined, { uid: -1, userName: String, verifiedExe: () => true });
const subject = (init: EventInit) => question(init).subject;

const LISTEN: EventInit = { name: "snet.listen", local: { ip: "0.0.0.0", port: 80 } };
const ACCEPT: EventInit = {
  name: "snet.post_accept",
  local: { ip: "192.0.2.2", port: 22 },
  remote: { ip: "192.0.2.9", port: 5 },
};

Deno.test("scope: what a call lacks, no answer is about", () => {
  deepEqual(scopesOf(subject({})), SCOPES);
  deepEqual(scopesOf(subject({ remote: { path: "/run/x" } })), ["program+address", "program", "address"]);
  deepEqual(scopesOf(subject({ task: { exe: undefined } })), ["address+port", "address", "port"]);
  deepEqual(scopesOf(subject({ name: "snet.socket", remote: undefined })), ["program"]);
  // Any free port is another one each time.
  deepEqual(scopesOf(subject({ name: "snet.bind", local: { ip: "0.0.0.0", port: 0 } })), ["program"]);
});

Deno.test("scope: each is said in words", () => {
  const texts = (init: EventInit) =>
    SCOPES.filter((scope) => scopesOf(subject(init)).includes(scope))
      .map((scope) => scopeText(question(init), scope, "alice"));
  deepEqual(texts({}), [
    "curl: reach 192.0.2.1:443 (tcp)",
    "curl: reach 192.0.2.1, any port (tcp)",
    "curl: reach port 443 of any address (tcp)",
    "curl: reach any address",
    "any program of alice: reach 192.0.2.1:443 (tcp)",
    "any program of alice: reach 192.0.2.1, any port (tcp)",
    "any program of alice: reach port 443 of any address (tcp)",
  ]);
  deepEqual(texts({ remote: { path: "/run/x" } })[0], "curl: reach unix:/run/x");
  deepEqual(texts(LISTEN).slice(0, 4), [
    "curl: listen on 0.0.0.0:80 (tcp)",
    "curl: listen on 0.0.0.0, any port (tcp)",
    "curl: listen on port 80 of any address (tcp)",
    "curl: listen anywhere, accept from anyone",
  ]);
  deepEqual(texts(ACCEPT).slice(0, 3), [
    "curl: accept from 192.0.2.9 on 192.0.2.2:22 (tcp)",
    "curl: accept from 192.0.2.9 on 192.0.2.2, any port (tcp)",
    "curl: accept from 192.0.2.9 on port 22 of any address (tcp)",
  ]);
});

Deno.test("scope: a key is the same for what an answer is about, and for nothing else", () => {
  const key = (init: EventInit, scope: typeof SCOPES[number]) => scopeKey(subject(init), scope);
  const port80 = { remote: { ip: "192.0.2.1", port: 80 } };
  const other = { remote: { ip: "192.0.2.9", port: 443 } };
  const udp = { socket: { type: 2, protocol: 17 } };
  equal(key(port80, "program+address"), key({}, "program+address"));
  notEqual(key(port80, "program+port"), key({}, "program+port"));
  equal(key(other, "program+port"), key({}, "program+port"));
  notEqual(key(other, "address"), key({}, "address"));
  equal(key({ task: { exe: "/bin/nc" } }, "address"), key({}, "address"));
  notEqual(key({ task: { exe: "/bin/nc" } }, "program"), key({}, "program"));
  // A file that was written over, or has another number, is another program.
  notEqual(key({ task: { exeCtime: 1n } }, "program"), key({}, "program"));
  notEqual(key({ task: { exeIno: 1n } }, "program"), key({}, "program"));
  notEqual(key(udp, "program+address"), key({}, "program+address"));
  notEqual(key(LISTEN, "program"), key({}, "program"));
  const linkLocal = (scopeId: number) => ({ remote: { ip: "fe80::1", port: 443, scopeId } });
  notEqual(key(linkLocal(2), "address"), key(linkLocal(3), "address"));
  equal(key({ remote: { path: "/run/x" } }, "program+port"), undefined);
  equal(key({ task: { exe: undefined } }, "program"), undefined);
});

Deno.test("scope: a rule says the same, for the user alone", () => {
  deepEqual(ruleOf(subject({}), "program+address+port", "allow", 1000), {
    ...{ action: "allow", events: ["snet.out"], exe: ["/usr/bin/curl"], user: [1000], proto: ["tcp"] },
    ...{ to: ["192.0.2.1"], port: [443] },
  });
  deepEqual(ruleOf(subject({}), "program", "deny", 1000), {
    ...{ action: "deny", events: ["snet.out"], exe: ["/usr/bin/curl"], user: [1000] },
  });
  deepEqual(ruleOf(subject({}), "port", "deny", 0), {
    ...{ action: "deny", events: ["snet.out"], user: [0], proto: ["tcp"], port: [443] },
  });
  deepEqual(ruleOf(subject(ACCEPT), "program+port", "allow", 7), {
    ...{ action: "allow", events: ["snet.post_accept"], exe: ["/usr/bin/curl"], user: [7], proto: ["tcp"] },
    ...{ from: ["192.0.2.9"], port: [22] },
  });
  deepEqual(ruleOf(subject({ remote: { path: "/run/x" } }), "program+address", "allow", 7), {
    ...{ action: "allow", events: ["snet.out"], exe: ["/usr/bin/curl"], user: [7], to: [{ path: "/run/x" }] },
  });
});
