import { deepEqual } from "node:assert/strict";
import { PATHS, type SessionRole } from "./api.ts";
import { controlApp, type Controlled } from "./app.ts";
import { RequestError } from "./request_error.ts";

function stage(hasPage = true) {
  const asked: unknown[] = [];
  const logins: ReturnType<NonNullable<Controlled["logins"]>> = {
    invite: ({ uid }, role) => {
      asked.push(["invite", uid, role]);
      if (role === "admin") throw new RequestError(403, "no");
      return { link: "l", until: "u", user: "n", role: role ?? "answer" };
    },
    list: ({ uid }) => {
      asked.push(["list", uid]);
      return { sessions: [] };
    },
    end: ({ uid }, id) => {
      asked.push(["end", uid, id]);
      return 1;
    },
  };
  const daemon = { observe: () => () => {}, questions: {}, ...(hasPage && { logins: () => logins }) };
  const app = controlApp(daemon as unknown as Controlled, 0);
  const ask = async (method: string, path: string, body?: string) => {
    const init = { method, ...(body !== undefined && { body }) };
    const response = await app.request(path, init, { peer: { uid: 1000 } });
    return [response.status, await response.json()];
  };
  return { ask, asked };
}

Deno.test("links: for whoever asks, of the role that is wanted", async () => {
  const { ask, asked } = stage();
  const link = (role: SessionRole) => ({ link: "l", until: "u", user: "n", role });
  deepEqual(await ask("POST", PATHS.webLinks), [200, link("answer")]);
  deepEqual(await ask("POST", PATHS.webLinks, "{}"), [200, link("answer")]);
  deepEqual(await ask("POST", PATHS.webLinks, '{"role":"read"}'), [200, link("read")]);
  deepEqual(await ask("POST", PATHS.webLinks, '{"role":"admin"}'), [403, { error: "no" }]);
  deepEqual(asked.slice(1), [["invite", 1000, undefined], ["invite", 1000, "read"], [
    "invite",
    1000,
    "admin",
  ]]);
});

Deno.test("links: what is no request for one is refused with what would be", async () => {
  const { ask, asked } = stage();
  for (
    const [body, error] of [
      ["x", "The body is no JSON"],
      ["[]", "The body is no object"],
      ["null", "The body is no object"],
      ['{"role":"root"}', "role: one of read, answer, admin is expected"],
      ['{"role":null}', "role: one of read, answer, admin is expected"],
      ['{"uid":0}', 'unknown key "uid"'],
      ['{"__proto__":{"role":"admin"}}', 'unknown key "__proto__"'],
    ] as const
  ) {
    deepEqual(await ask("POST", PATHS.webLinks, body), [400, { error }], body);
  }
  deepEqual(asked, []);
});

Deno.test("sessions: those of whoever asks are listed and ended, one or all", async () => {
  const { ask, asked } = stage();
  deepEqual(await ask("GET", PATHS.webSessions), [200, { sessions: [] }]);
  deepEqual(await ask("DELETE", PATHS.webSessions), [200, { ended: 1 }]);
  deepEqual(await ask("DELETE", `${PATHS.webSessions}/ab`), [200, { ended: 1 }]);
  deepEqual(asked, [["list", 1000], ["end", 1000, undefined], ["end", 1000, "ab"]]);
});

Deno.test("where no page can be served there are no links", async () => {
  deepEqual(await stage(false).ask("POST", PATHS.webLinks), [404, { error: "There is no page here" }]);
});
