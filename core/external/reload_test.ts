import assert from "node:assert/strict";
import { closeLinks } from "../setup.ts";
import { setUpLanes } from "../lanes.ts";
import type { Lanes } from "../lanes.ts";
import type { PluginContext } from "../plugin.ts";
import { event } from "../testing.ts";
import { ExternalPlugins } from "./mod.ts";

const context: PluginContext = { clock: () => 0, verifiedExe: () => true };

/** Says how often it was asked since it was set up, and a word. */
const counting = (word: string) =>
  `import { allow, definePlugin } from "snet";
let closed = 0;
export default definePlugin({
  name: "counting", doc: "For tests.", lane: "slow", on: ["snet.connect"], options: {},
  setup() {
    let asked = 0;
    return { decide: () => allow(\`${word} \${++asked}\`), counters: () => ({ closed }), close: () => void closed++ };
  },
});
`;

Deno.test("at a reload a plugin whose file has changed begins anew, and the others go on with what they know", async () => {
  const folder = await Deno.makeTempDir();
  const external = new ExternalPlugins({ builtIn: {}, log: () => {} });
  try {
    await Deno.writeTextFile(`${folder}/a.ts`, counting("one"));
    await Deno.writeTextFile(`${folder}/b.ts`, counting("one"));
    await Deno.writeTextFile(
      `${folder}/snet.yaml`,
      "default: deny\nplugins: [a: { from: a.ts, trusted: true }, b: { from: b.ts, trusted: true }]\n",
    );
    let lanes: Lanes | undefined;
    const reload = async () => {
      const { config, plugins } = await external.read(`${folder}/snet.yaml`);
      const former = lanes;
      lanes = setUpLanes(plugins, config, context, former);
      if (former !== undefined) closeLinks(former.links, lanes.links);
    };
    const asked = () =>
      lanes!.links.map(({ instance }) =>
        (instance.decide!(event(), undefined as never) as { why: string }).why
      );
    await reload();
    assert.deepEqual([asked(), asked()], [["one 1", "one 1"], ["one 2", "one 2"]]);
    const [, former] = lanes!.links;
    await Deno.writeTextFile(`${folder}/b.ts`, counting("two"));
    await reload();
    assert.deepEqual(asked(), ["one 3", "two 1"]);
    assert.deepEqual(former!.instance.counters!(), { closed: 1 });
    // A file with a mistake leaves all as it is.
    await Deno.writeTextFile(`${folder}/b.ts`, "export default ;\n");
    await assert.rejects(reload(), /plugin "b": SyntaxError/);
    assert.deepEqual(asked(), ["one 4", "two 2"]);
  } finally {
    await external[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
});
