import { deepEqual } from "node:assert/strict";
import { add, NONE, readJunit } from "./counts.ts";

Deno.test("counts: a report of deno test gives passed and failed, and leaves out what was ignored", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${dir}/x_test.ts`,
      `Deno.test("a", () => {});
Deno.test("b", async (t) => { await t.step("c", () => {}); });
Deno.test("d", () => { throw new Error("no"); });
Deno.test.ignore("e", () => {});`,
    );
    await new Deno.Command(Deno.execPath(), {
      args: [
        "test",
        "--no-config",
        "--no-lock",
        "--no-check",
        `--junit-path=${dir}/x.xml`,
        `${dir}/x_test.ts`,
      ],
      stdout: "null",
      stderr: "null",
    }).output();
    const { passed, failed } = await readJunit(`${dir}/x.xml`);
    deepEqual({ passed, failed }, { passed: 3, failed: 1 });
    deepEqual(await readJunit(`${dir}/none.xml`), NONE);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("counts: add up", () => {
  deepEqual(add({ passed: 1, failed: 2 }, { passed: 3, failed: 4 }), { passed: 4, failed: 6 });
  deepEqual(add(), NONE);
});
