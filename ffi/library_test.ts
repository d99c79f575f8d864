import { equal, throws } from "node:assert/strict";
import { library } from "./library.ts";
import { Connection, FamilyNotFoundError } from "./libnl.ts";

Deno.test("a missing library is named with the package to install", () => {
  const missing = library({
    files: ["libsnet-is-not-here.so.1", "libnor-this.so.2"],
    packages: { "Debian, Ubuntu": "libhere-1", "Alpine": "here" },
    symbols: {},
  });
  throws(missing, {
    message: "Cannot open libsnet-is-not-here.so.1: it is not installed; " +
      "install libhere-1 (Debian, Ubuntu), here (Alpine)",
  });
});

Deno.test("a library that lacks a function is not taken for a missing one", () => {
  const odd = library({
    files: ["libc.so.6"],
    packages: {},
    symbols: { no_such_function_of_snet: { parameters: [], result: "void" } },
  });
  throws(odd, /^Error: Cannot open libc\.so\.6: .*no_such_function_of_snet/);
});

Deno.test("a library is opened once, and by its second name if the first is missing", () => {
  const libc = library({
    files: ["libsnet-is-not-here.so.1", "libc.so.6"],
    packages: {},
    symbols: { getpid: { parameters: [], result: "i32" } },
  });
  equal(libc().getpid(), Deno.pid);
  equal(libc(), libc());
});

Deno.test("libnl connects and resolves the controller's family to its fixed number", () => {
  const connection = Connection.open({ family: "nlctrl", receiveBuffer: 1 << 16 });
  try {
    equal(connection.family, 16);
  } finally {
    connection.close();
    connection.close();
  }
});

Deno.test("a family that the kernel lacks is an error of its own", () => {
  throws(() => Connection.open({ family: "snet_lacks_it", receiveBuffer: 1 << 16 }), FamilyNotFoundError);
});
