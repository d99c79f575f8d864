/** Options of plugins that are changed over the control API: the real daemon decides by them from then on. */

import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { ControlClient } from "../../core/cli/client.ts";
import {
  type OptionChangesJson,
  type OptionCheckJson,
  type OptionsSavedJson,
  PATHS,
  type PluginList,
} from "../../core/control/api.ts";
import { Daemon } from "./daemon.ts";

const MAIN = new URL("../../core/main.ts", import.meta.url).pathname;
const PORT = 8098;

Deno.test("options: a lower limit holds the next calls, until it is undone; snet.yaml keeps its comments", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: PORT, onListen: () => {} },
    () => new Response("word"),
  );
  try {
    await using daemon = await Daemon.start({
      rules: "version: 1\nrules: []\n",
      default: "allow",
      plugins: ["ratelimit: { rate: 1000, per: 1h, events: [snet.connect] } # for all"],
      entry: MAIN,
    });
    const path = `${daemon.socket.slice(0, daemon.socket.lastIndexOf("/"))}/snet.yaml`;
    const text = await Deno.readTextFile(path);
    using client = new ControlClient(daemon.socket);
    const wanted = async (changes: OptionChangesJson["changes"]): Promise<OptionChangesJson> => {
      const { plugins, file } = await client.get<PluginList>(PATHS.plugins);
      const entry = plugins.findIndex(({ name }) => name === "ratelimit");
      return { entry, name: "ratelimit", tag: file!.tag, changes };
    };
    const calls = async () => {
      const args = ["--silent", "--max-time", "30", `http://127.0.0.1:${PORT}/`];
      const run = () => new Deno.Command("/usr/bin/curl", { args, stdin: "null" }).output();
      return [(await run()).success, (await run()).success];
    };
    deepEqual(await calls(), [true, true]);
    const { errors } = await client.post<OptionCheckJson>(PATHS.pluginCheck, await wanted({ rate: 0 }));
    deepEqual(errors.map(({ option }) => option), ["rate"]);
    match(errors[0]!.message, /snet\.yaml:\d+:\d+: expected a whole number from 1/);
    await rejects(
      async () => client.put(PATHS.pluginOptions, await wanted({ rate: 0 })),
      /expected a whole number/,
    );
    equal(await Deno.readTextFile(path), text);
    const saved = await client.put<OptionsSavedJson>(
      PATHS.pluginOptions,
      await wanted({ rate: 1, per: "2h" }),
    );
    equal(saved.path, path);
    equal(await Deno.readTextFile(path), text.replace("rate: 1000, per: 1h", "rate: 1, per: 2h"));
    deepEqual(await calls(), [true, false]);
    await client.post(PATHS.pluginUndo);
    equal(await Deno.readTextFile(path), text);
    deepEqual(await calls(), [true, true]);
  } finally {
    await server.shutdown();
  }
});
