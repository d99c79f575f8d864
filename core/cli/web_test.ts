import { deepEqual, equal, match, rejects } from "node:assert/strict";
import type { WebLink, WebSession } from "../control/api.ts";
import { Recorder } from "./recorder.ts";
import { link, linkWords, list, logOut, sessionLines } from "./web.ts";

const MADE: WebLink = {
  link: "http://127.0.0.1:8474/#login=abc",
  until: "2026-11-22T13:00:00.000Z",
  ...{ user: "ada", role: "answer" },
};
const SESSION: WebSession = {
  ...{ id: "0123456789ab", user: "ada", role: "answer", streams: 2 },
  since: "2026-11-22T12:00:00.000Z",
  used: "2026-11-22T12:30:00.000Z",
};

/** A daemon that answers with what is given by method and path, and what it was asked. */
async function daemon(answers: Readonly<Record<string, unknown>>) {
  const folder = await Deno.makeTempDir();
  const socket = `${folder}/snet.sock`;
  const asked: string[] = [];
  const server = Deno.serve({ path: socket, transport: "unix", onListen: () => {} }, async (request) => {
    const name = `${request.method} ${new URL(request.url).pathname}`;
    asked.push(`${name} ${await request.text()}`.trim());
    const answer = answers[name];
    return answer === undefined
      ? Response.json({ error: "no page is served" }, { status: 404 })
      : Response.json(answer);
  });
  return {
    socket,
    asked,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

Deno.test("web: the link alone stands on standard output", async () => {
  await using at = await daemon({ "POST /v1/web/links": MADE });
  const output = new Recorder();
  await link({ socket: at.socket }, output);
  await link({ socket: at.socket, role: "read", json: true }, output);
  deepEqual(output.lines, [MADE.link, ...JSON.stringify(MADE, null, 2).split("\n")]);
  deepEqual(output.errors, [
    "Open it within a minute; it works once. Whoever opens it is ada here and sees, and answers questions.",
  ]);
  deepEqual(at.asked, ["POST /v1/web/links {}", 'POST /v1/web/links {"role":"read"}']);
});

Deno.test("web: to a unix socket a way is told", () => {
  const [, way] = linkWords({ ...MADE, socket: "/run/snet/web.sock" });
  equal(way, "Before, on the machine of the browser: ssh -L 8474:/run/snet/web.sock HOST");
});

Deno.test("web: sessions stand in a table", async () => {
  deepEqual(sessionLines([SESSION]), [
    "ID            USER  ROLE    SINCE                USED                 STREAMS",
    "0123456789ab  ada   answer  2026-11-22 12:00:00  2026-11-22 12:30:00  2",
  ]);
  await using at = await daemon({ "GET /v1/web/sessions": { sessions: [] } });
  const output = new Recorder();
  await list({ socket: at.socket }, output);
  await list({ socket: at.socket, json: true }, output);
  deepEqual(output.lines, ["Nobody is logged in.", "[]"]);
});

Deno.test("web: sessions are ended, those that are named or all", async () => {
  await using at = await daemon({
    "DELETE /v1/web/sessions": { ended: 3 },
    "DELETE /v1/web/sessions/a": { ended: 1 },
    "DELETE /v1/web/sessions/b%2F..": { ended: 1 },
  });
  const output = new Recorder();
  await logOut([], { socket: at.socket }, output);
  await logOut(["a", "b/.."], { socket: at.socket }, output);
  await logOut(["a"], { socket: at.socket }, output);
  deepEqual(output.lines, ["Ended 3 sessions.", "Ended 2 sessions.", "Ended 1 session."]);
});

Deno.test("web: where there is no page the daemon says why", async () => {
  await using at = await daemon({});
  await rejects(link({ socket: at.socket }, new Recorder()), {
    message: "The daemon refused POST /v1/web/links: no page is served",
  });
  match(at.asked.join(), /^POST/);
});
