import assert from "node:assert/strict";
import { load } from "snet/testing";
import plugin from "./quiet-hours.ts";

/** Local time of some day. */
const at = (hours: number, minutes: number) => new Date(2026, 2, 10, hours, minutes).getTime();
const game = { task: { exe: "/usr/games/nethack" } };
const options = { programs: ["/usr/games/nethack"] };

Deno.test("between the two times the programs are refused, across midnight", () => {
  const { decide, clock } = load(plugin, options, { now: at(21, 59) });
  assert.equal(decide(game), undefined);
  for (const [hours, minutes] of [[22, 0], [23, 59], [0, 0], [6, 59]] as const) {
    clock.now = at(hours, minutes);
    assert.deepEqual(decide(game), { action: "deny", why: "quiet hours, 22:00 to 07:00", errno: 101 });
  }
  clock.now = at(7, 0);
  assert.equal(decide(game), undefined);
});

Deno.test("other programs are not its concern, and neither is what comes in", () => {
  const { decide } = load(plugin, options, { now: at(23, 0) });
  assert.equal(decide({ task: { exe: "/usr/bin/curl" } }), undefined);
  assert.equal(decide({ ...game, name: "snet.bind" }), undefined);
  assert.equal(decide({ ...game, name: "snet.sendmsg" })?.action, "deny");
});

Deno.test("what is no time of the day is refused with its entry", () => {
  assert.throws(
    () => load(plugin, { ...options, end: "25:00" }),
    /plugin "quiet-hours": "25:00" is no time of the day/,
  );
  assert.throws(
    () => load(plugin),
    /plugin "quiet-hours" needs the option "programs": Paths of the programs\./,
  );
});
