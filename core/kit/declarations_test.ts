import assert from "node:assert/strict";
import { declarationsOfSources } from "../package/declarations.ts";
import * as snet from "./mod.ts";
import * as testing from "./testing.ts";

Deno.test("each value of a module is declared, with its types and without its code", () => {
  const declared = declarationsOfSources();
  for (const [module, values] of [["snet", snet], ["snet/testing", testing]] as const) {
    for (const name of Object.keys(values)) {
      assert.match(
        declared[module],
        new RegExp(`^export declare (function|const|class) ${name}\\b`, "m"),
        name,
      );
    }
    assert.doesNotMatch(declared[module], /^ +(return|throw|if) /m);
  }
  assert.match(declared["snet/testing"], /^import type \{.*\bSnetEvent\b.*\} from "snet";$/m);
});

Deno.test("the declarations are without mistakes, and hold a plugin to event names and verdicts", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const declared = declarationsOfSources();
    await Deno.writeTextFile(`${folder}/snet.d.ts`, declared["snet"]);
    await Deno.writeTextFile(`${folder}/testing.d.ts`, declared["snet/testing"]);
    const imports = { "snet": "./snet.d.ts", "snet/testing": "./testing.d.ts" };
    await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify({ imports }));
    await Deno.copyFile(new URL("types_test.ts", import.meta.url), `${folder}/types_test.ts`);
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "check",
        "--no-lock",
        "--config",
        `${folder}/deno.json`,
        `${folder}/snet.d.ts`,
        `${folder}/testing.d.ts`,
        `${folder}/types_test.ts`,
      ],
      env: { NO_COLOR: "1" },
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
