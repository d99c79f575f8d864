import assert from "node:assert/strict";
import type { HistoryJson } from "./api.ts";
import { controlApp, type Controlled } from "./app.ts";

const request = (daemon: Partial<Controlled>, path: string, uid: number | undefined = 1000) =>
  controlApp(daemon as Controlled, 500).request(path, {}, { peer: { uid } });

Deno.test("history: of the last hour unless another span is asked for", async () => {
  const history = (span: string) => ({ span } as HistoryJson);
  assert.deepEqual(await (await request({ history }, "/v1/history")).json(), { span: "hour" });
  assert.deepEqual(await (await request({ history }, "/v1/history?span=week")).json(), { span: "week" });
  const wrong = await request({ history }, "/v1/history?span=toString");
  assert.deepEqual([wrong.status, await wrong.json()], [400, {
    error: "span: one of hour, day, week is expected",
  }]);
  assert.equal((await request({}, "/v1/history")).status, 404);
});

Deno.test("plugins: values of options are for root and the daemon's own user", async () => {
  const told: boolean[] = [];
  const plugins = (withValues: boolean) => {
    told.push(withValues);
    return Promise.resolve({ plugins: [] });
  };
  for (const uid of [0, 500, 1000]) {
    assert.equal((await request({ plugins }, "/v1/plugins", uid)).status, 200);
  }
  assert.equal(
    (await controlApp({ plugins } as unknown as Controlled, 500).request("/v1/plugins", {}, {
      peer: { uid: undefined },
    })).status,
    200,
  );
  assert.deepEqual(told, [true, true, false, false]);
});
