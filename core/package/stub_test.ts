import { deepEqual, equal, match } from "node:assert/strict";
import { pack } from "./build.ts";

/** Tells what a program sees of how it was started. */
const APP = `
const c = Deno.dlopen("libc.so.6", {
  getauxval: { parameters: ["u64"], result: "u64" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
}).symbols;
const AT_PAGESZ = 6n;
const path = new URL(import.meta.url).pathname;
console.log(JSON.stringify({
  args: Deno.args,
  execPath: Deno.execPath(),
  cache: Deno.env.get("DENO_DIR"),
  update: Deno.env.get("DENO_NO_UPDATE_CHECK"),
  memory: Deno.readLinkSync(path),
  given: Deno.readTextFileSync("/proc/self/environ").split("\\0").slice(0, -1),
  own: Object.keys(Deno.env.toObject()).filter((name) => /^(A|B|C|DENO_DIR|DENO_NO_UPDATE_CHECK)$/.test(name)).sort(),
  foreign: Object.keys(Deno.env.toObject()).filter((name) => /^(NODE_OPTIONS|DENO_SERVE_ADDRESS|DENO_X|OTEL_.*)$/.test(name)),
  page: Number(c.getauxval(AT_PAGESZ)),
  writable: c.open(new TextEncoder().encode(path + "\\0"), 1) >= 0 && (() => {
    try { Deno.writeTextFileSync(path, "x"); return true; } catch { return false; }
  })(),
}));`;

const hasGcc = await new Deno.Command("gcc", { args: ["--version"], stdout: "null" }).output().then(
  () => true,
  () => false,
);

Deno.test({
  name: "stub: a packed file runs its program with the user's words, from memory that nobody can write to",
  ignore: !hasGcc || Deno.build.arch !== "x86_64",
  async fn() {
    const dir = await Deno.makeTempDir({ prefix: "snet-stub-" });
    try {
      await Deno.writeTextFile(`${dir}/app.js`, APP);
      const file = `${dir}/packed`;
      await pack(`${dir}/app.js`, file);
      const start = async (env: Record<string, string>, ...args: string[]) => {
        const { stdout, stderr } = await new Deno.Command(file, { args, env, clearEnv: true }).output();
        const text = new TextDecoder().decode(stdout);
        return text ? JSON.parse(text) : new TextDecoder().decode(stderr);
      };

      const seen = await start({}, "--version", "a b", "");
      deepEqual(seen.args, ["--version", "a b", ""]);
      equal(seen.execPath, file);
      equal(seen.update, "1");
      equal(seen.page, 4096);
      equal(seen.writable, false);
      match(seen.cache, /snet/);

      // As a user who has no /var/cache/snet. A folder is kept by who can replace one above it.
      const uid = Deno.uid() === 0 ? 1234 : Deno.uid()!;
      await Deno.chmod(dir, 0o755);
      const caches: string[] = [];
      for (const mode of [0o1777, 0o777]) {
        const cache = `${dir}/${mode}`;
        await Deno.mkdir(`${cache}/above`, { recursive: true });
        await Deno.chmod(`${cache}/above`, 0o1777);
        await Deno.chmod(cache, mode);
        const env = { XDG_CACHE_HOME: `${cache}/above` };
        const { stdout } = await new Deno.Command(file, { env, clearEnv: true, uid, cwd: "/" }).output();
        const chosen: string = JSON.parse(new TextDecoder().decode(stdout)).cache;
        caches.push(chosen.startsWith(dir) ? "there" : "elsewhere");
      }
      deepEqual(caches, ["there", "elsewhere"]);

      // With the word of its own it is deno.
      await Deno.writeTextFile(
        `${dir}/plain.ts`,
        "const a: string = Deno.args.join(); console.log(JSON.stringify([a]));",
      );
      const plain = ["--as-deno", "run", "--no-config", "--no-remote", "--no-npm", "--allow-env"];
      deepEqual(await start({}, ...plain, `${dir}/plain.ts`, "a b", "--as-deno"), ["a b,--as-deno"]);
      deepEqual((await start({}, "--as-deno-not")).args, ["--as-deno-not"]);

      const told = await start({ DENO_DIR: `${dir}/cache`, OTHER: "x" });
      deepEqual([told.cache, told.update, told.page], [`${dir}/cache`, "1", 4096]);
      const all = await start({ DENO_DIR: `${dir}/cache`, DENO_NO_UPDATE_CHECK: "0" });
      deepEqual([all.cache, all.update, all.page], [`${dir}/cache`, "0", 4096]);

      await Deno.writeTextFile(`${dir}/first.cjs`, 'console.log("first");');
      const NODE_OPTIONS = `--require ${dir}/first.cjs`;
      const led = await start({
        NODE_OPTIONS,
        DENO_SERVE_ADDRESS: "tcp:127.0.0.1:1",
        OTEL_DENO: "true",
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
        DENO_DIR: `${dir}/cache`,
      });
      deepEqual([led.foreign, led.page], [[], 4096]);

      // What a program that it starts must get, nothing added and nothing left out, in the order given.
      const given = {
        A: "1",
        NODE_OPTIONS,
        B: "2",
        DENO_SERVE_ADDRESS: "tcp:127.0.0.1:1",
        DENO_X: "",
        C: "3",
      };
      const entries = Object.entries(given).map(([name, value]) => `${name}=${value}`).sort();
      for (const more of [{}, { DENO_DIR: `${dir}/cache` }]) {
        const env = { ...given, ...more };
        const told = await start(env);
        deepEqual(
          told.given.toSorted(),
          [...entries, ...Object.keys(more).map((name) => `${name}=${dir}/cache`)].sort(),
        );
        deepEqual(told.own, ["A", "B", "C", "DENO_DIR", "DENO_NO_UPDATE_CHECK"]);
        deepEqual([told.foreign, told.page], [[], 4096]);
      }

      const atStart = async (words: string) => {
        const args = ["-c", `${words}; exec "$1"`, "bash", file];
        const { stdout } = await new Deno.Command("bash", { args, clearEnv: true }).output();
        const { memory } = JSON.parse(new TextDecoder().decode(stdout));
        const [, openFiles, ignored] = /^\/memfd:snet\.js nofile=(\d+) ignored=(\d+) /.exec(memory) ?? [];
        // Whoever started the shell may have left signals of the C library ignored.
        return [openFiles, BigInt(ignored ?? -1) & 0x7fffffffn];
      };
      const SIGHUP = 0x1n;
      const SIGPIPE = 0x1000n;
      deepEqual(await atStart("ulimit -Sn 321"), ["321", 0n]);
      deepEqual(await atStart('ulimit -Sn 400; trap "" PIPE HUP'), ["400", SIGHUP | SIGPIPE]);

      const many = Array.from({ length: 20_000 }, (_, i) => `${i}`);
      deepEqual((await start({}, ...many)).args, many);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});
