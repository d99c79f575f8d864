import { deepEqual } from "node:assert/strict";
import { openSandbox } from "./mod.ts";
import { DEFAULT_LIMITS, NO_GRANTS } from "./spec.ts";

/** What a program finds itself limited to, as its declaration says. */
const LIMITED = `
import json, resource
names = ["CORE", "FSIZE", "DATA", "NOFILE", "MSGQUEUE"]
limits = {name: resource.getrlimit(getattr(resource, "RLIMIT_" + name)) for name in names}
print(json.dumps(dict(type="declaration", protocol=1, name="x", doc=json.dumps(limits), on=["*"], options={})), flush=True)
input()
`;

Deno.test("sandbox launch: limits are hard ones, and no crash starts what the kernel pipes cores to", async () => {
  const sandbox = await openSandbox({
    name: "limited",
    program: { exec: ["/usr/bin/python3", "-c", LIMITED] },
    grants: NO_GRANTS,
    limits: DEFAULT_LIMITS,
    log: () => {},
  });
  try {
    // A hard limit that is there already stays.
    const hard = /^Max core file size\s+\S+\s+(\S+)/m.exec(Deno.readTextFileSync("/proc/self/limits"))![1];
    const core = hard === "0" ? 0 : 1;
    const { memory, fileSize, openFiles } = DEFAULT_LIMITS;
    deepEqual(JSON.parse(sandbox.plugin.doc), {
      CORE: [core, core],
      FSIZE: [fileSize, fileSize],
      DATA: [memory, memory],
      NOFILE: [openFiles, openFiles],
      MSGQUEUE: [0, 0],
    });
  } finally {
    await sandbox.close();
  }
});
