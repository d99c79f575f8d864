/** The webhook as the daemon runs it: from the text of snet.yaml to answers of the slow lane. */

import { deepEqual, equal, match } from "node:assert/strict";
import { parseConfig } from "../core/config.ts";
import { prepare, setUp } from "../core/setup.ts";
import { SlowLane } from "../core/slow_lane.ts";
import type { SlowAnswer } from "../core/slow_lane.ts";
import { event } from "../core/testing.ts";
import { messageOf } from "../core/event_message.ts";
import { Operand } from "../ffi/mod.ts";
import { PLUGINS } from "../plugins/mod.ts";
import { makeCertificates } from "../plugins/webhook/testing.ts";

const CONTEXT = { clock: Date.now, verifiedExe: () => true };

/** Asks a lane of this configuration once; `handler` is the server, and none listens without it. */
async function answerOf(
  options: string,
  handler?: () => Response,
): Promise<{ answer: SlowAnswer; failures: readonly string[] }> {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    handler ?? (() => new Response()),
  );
  const { port } = server.addr;
  if (handler === undefined) await server.shutdown();
  const url = `http://127.0.0.1:${port}/`;
  const text = `default: deny\nplugins: [{ webhook: { url: "${url}", retries: 0${options} } }]\n`;
  const { plugins } = prepare(PLUGINS, parseConfig("/etc/snet.yaml", text, PLUGINS), CONTEXT);
  const { promise, resolve } = Promise.withResolvers<SlowAnswer>();
  const failures: string[] = [];
  const lane = new SlowLane(setUp(PLUGINS, plugins, CONTEXT), {
    fallback: "deny",
    answer: resolve,
    onFailure: (_, message) => failures.push(message),
  });
  const message = messageOf(event({ id: 7n }));
  lane.ask({ id: 7n, message, read: 0, until: 0, asked: undefined }, performance.now() + 60_000);
  const answer = await promise;
  lane.close();
  if (handler !== undefined) await server.shutdown();
  return { answer, failures };
}

Deno.test("a server's verdict is the answer, and its ticket matches what has decided", async () => {
  const verdict = {
    action: "allow",
    why: "known",
    remember: "10m",
    scope: "program",
    match: ["exe", "remote"],
  };
  const { answer } = await answerOf("", () => Response.json(verdict));
  deepEqual(answer.verdict, { action: "allow", why: "known", scope: "program" });
  equal(answer.cause, "verdict");
  equal(answer.remember, 600_000);
  equal(answer.key, Operand.Exe | Operand.RemoteAddress | Operand.RemotePort);
});

Deno.test("where there is no server, whenFailed answers, and nothing is remembered", async () => {
  const { answer, failures } = await answerOf(", whenFailed: allow");
  deepEqual([answer.verdict.action, answer.cause, answer.remember], ["allow", "failed", 0]);
  match(failures[0]!, /^PostError: http:\/\/127\.0\.0\.1:\d+ cannot be reached: /);
});

Deno.test("without whenFailed the default answers for a server that makes no sense", async () => {
  const { answer, failures } = await answerOf("", () => new Response("<html>"));
  equal(answer.verdict.action, "deny");
  match(failures[0]!, /answered what is no verdict: "<html>" is no JSON; such as {"action":"allow"}$/);
});

Deno.test("the README's example of a configuration is right, with the files that it names", async () => {
  const folder = await Deno.makeTempDir();
  const secret = await new Deno.Command("openssl", { args: ["rand", "-base64", "32"] }).output();
  await Deno.writeFile(`${folder}/webhook.secret`, secret.stdout, { mode: 0o600 });
  await makeCertificates(folder);
  const readme = await Deno.readTextFile(new URL("../plugins/webhook/README.md", import.meta.url));
  const example = /^```yaml\n([^]*?)^```/m.exec(readme)![1]!.replaceAll("/etc/snet/", `${folder}/`);
  const { plugins } = parseConfig(`${folder}/snet.yaml`, example.replace("- rules: {}", ""), PLUGINS);
  const prepared = prepare(
    PLUGINS,
    { ...parseConfig("snet.yaml", "default: deny", PLUGINS), plugins },
    CONTEXT,
  );
  deepEqual(prepared.plugins.map(({ name }) => name), ["webhook", "webhook"]);
  await Deno.remove(folder, { recursive: true });
});
