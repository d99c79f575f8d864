import { equal } from "node:assert/strict";
import { event } from "../testing.ts";
import ownPage from "./own_page.ts";

const PAGE = { host: "127.3.2.1", port: 4321 };

Deno.test("own page: the program is kept from it, and from nothing else", () => {
  const { decide } = ownPage.setup(PAGE, {} as never);
  const answer = (ip: string, port: number) => decide!(event({ remote: { ip, port } }))?.action;
  equal(answer("127.3.2.1", 4321), "deny");
  equal(answer("127.3.2.1", 80), undefined);
  equal(answer("127.0.0.1", 4321), undefined);
  equal(decide!(event({ remote: undefined })), undefined);
});
