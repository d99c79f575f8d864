import { equal } from "node:assert/strict";
import { Status } from "./status.ts";

const status = new Status(
  "Name:\ta\\nUid:\t7\t7\nState:\tT (stopped)\nTgid:\t41\nUid:\t0\t65534\t0\t0\nSigPnd:\t0000000000000000\n" +
    "CapEff:\t000001ffffffffff\n",
);

Deno.test("a status gives numbers and masks by their names", () => {
  equal(status.number("Tgid"), 41);
  equal(status.number("Uid"), 0);
  equal(status.number("Uid", 1), 65534);
  equal(status.mask("CapEff"), 0x1ff_ffff_ffffn);
  equal(status.mask("SigPnd"), 0n);
});

Deno.test("a line that the kernel does not write is 0", () => {
  equal(status.number("CapAmb"), 0);
  equal(status.mask("CapAmb"), 0n);
});
