/** The details of a real script's call, which `snet run --web` holds, in a real browser. */

import { deepEqual, equal, match } from "node:assert/strict";
import { complaintsOf, HeldProgram, WordServer } from "./held.ts";
import { browserTests } from "./tests.ts";

const test = browserTests("held");

test("details tell the script, its parents and whether it runs still", async () => {
  await using server = new WordServer();
  const script = await Deno.makeTempFile({ suffix: ".py" });
  await Deno.writeTextFile(
    script,
    "import socket, sys\nsocket.create_connection((sys.argv[1], int(sys.argv[2])))\nsys.stdin.readline()\n",
  );
  const { hostname, port } = new URL(server.url());
  // The page lives as long as the run does: longer than the script.
  const line = `/usr/bin/python3 -u ${script} ${hostname} ${port}; read word`;
  await using program = HeldProgram.run(["sh", "-c", line]);
  await using ada = await program.visit();
  await ada.page.getByRole("button", { name: "Allow" }).waitFor();
  await ada.settle();
  await ada.page.getByRole("button", { name: "Allow" }).click();
  await ada.go("live");
  await ada.page.getByRole("button", { name: "Lines" }).click();
  await ada.page.getByRole("listitem").filter({ hasText: `:${port}` }).first().click();
  const details = ada.page.getByRole("dialog");
  await details.getByText(script, { exact: false }).first().waitFor();
  const facts = async () =>
    Object.fromEntries(
      await details.locator(".facts > div").evaluateAll((lines) =>
        lines.map((line) => [...line.children].map((child) => child.textContent!.trim()))
      ),
    ) as Readonly<Record<string, string>>;
  const told = await facts();
  equal(told["script"], `${script} (by its own word)`);
  equal(told["command"], `/usr/bin/python3 -u ${script} ${hostname} ${port} (by its own word)`);
  match(told["process"]!, /^\d+$/);
  match(told["run by"]!, /^\S+\/(?:da|ba)?sh \d+/);
  await program.type("\n");
  await details.getByText("has ended").waitFor();
  equal((await facts())["script"], told["script"]);
  deepEqual(complaintsOf(ada), []);
  await program.type("\n");
  equal((await program.end()).code, 0);
  await Deno.remove(script);
});
