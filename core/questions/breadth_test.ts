import { deepEqual } from "node:assert/strict";
import { event, type EventInit } from "../testing.ts";
import { broadPlace, broadPrograms } from "./breadth.ts";
import { subjectOf } from "./question.ts";
import { broadReasonsOf, scopesOf } from "./scopes.ts";

const path = (text: string) => broadPrograms([{ text, glob: false }]).map(({ text }) => text);
const glob = (text: string) => broadPrograms([{ text, glob: true }]).map(({ text }) => text);
const broad = (init: EventInit) => {
  const subject = subjectOf(event(init));
  return scopesOf(subject).map((scope) => [
    scope,
    broadReasonsOf(subject, scope, "ada").map(({ of, text }) => `${of}: ${text}`).join(", "),
  ]);
};

Deno.test("broad: an answer is narrow where it is about one program at one address", () => {
  deepEqual(broad({}), [
    ["program+address+port", ""],
    ["program+address", ""],
    ["program+port", "place: to any address"],
    ["program", "place: to any address and port"],
    ["address+port", "program: for any program of ada"],
    ["address", "program: for any program of ada"],
    ["port", "program: for any program of ada, place: to any address"],
  ]);
});

Deno.test("broad: so it is of who may come in, and of no event but these", () => {
  const listen: EventInit = { name: "snet.listen", local: { ip: "0.0.0.0", port: 80 } };
  deepEqual(broad(listen).slice(2, 4), [
    ["program+port", "place: at any address of this machine"],
    ["program", "place: at any port, from anyone"],
  ]);
  deepEqual(broad({ name: "snet.socket", remote: undefined }), [["program", ""]]);
  deepEqual(broadPlace("door.opened", { address: false, port: false }), []);
});

Deno.test("broad: programs that do what others tell them, whatever their version", () => {
  const script = "runs whatever script it is given";
  deepEqual(path("/usr/bin/python3.13"), [`python3.13 ${script}`]);
  deepEqual(path("/bin/bash"), [`bash ${script}`]);
  deepEqual(path("/usr/local/bin/node"), [`node ${script}`]);
  deepEqual(path("/usr/bin/php8.2"), [`php8.2 ${script}`]);
  deepEqual(glob("/usr/bin/python3*"), [`python3 ${script}`]);
  deepEqual(path("/usr/bin/sudo"), ["sudo starts whatever program it is told to"]);
  deepEqual(path("/usr/bin/env"), ["env starts whatever program it is told to"]);
  deepEqual(path("/lib64/ld-linux-x86-64.so.2"), [
    "ld-linux-x86-64.so.2 starts whatever program it is told to",
  ]);
  deepEqual(path("/usr/bin/apt-get"), ["apt-get runs what packages bring along"]);
  deepEqual(path("/bin/busybox"), ["busybox is many programs in one"]);
  for (
    const own of ["/usr/bin/curl", "/usr/sbin/php-fpm8.2", "/usr/bin/shotwell", "/usr/lib/firefox/firefox"]
  ) {
    deepEqual(path(own), [], own);
  }
});

Deno.test("broad: programs that their users can replace", () => {
  const why = "is where users write: another program can take its place";
  for (const own of ["/tmp/x/curl", "/home/ada/.local/bin/tool", "/dev/shm/a", "/run/user/1000/app"]) {
    deepEqual(path(own), [`${own} ${why}`]);
  }
  deepEqual(glob("/home/*/bin/tool"), [`/home/*/bin/tool ${why}`]);
  deepEqual(path("/tmpfiles/curl"), []);
});

Deno.test("broad: globs that tell no program apart", () => {
  deepEqual(glob("**"), ["for programs in any folder (**)"]);
  deepEqual(glob("**/bin/{nc,ncat}"), ["for programs in any folder (**/bin/{nc,ncat})"]);
  deepEqual(glob("/*/bin/nc"), ["for programs in any folder (/*/bin/nc)"]);
  deepEqual(glob("/usr/bin/*"), ["for all programs in /usr/bin"]);
  deepEqual(glob("/opt/**"), ["for all programs in /opt"]);
  deepEqual(glob("/opt/google/**"), []);
  deepEqual(glob("/usr/lib/firefox/*"), []);
  deepEqual(glob("/usr/bin/curl*"), []);
});
