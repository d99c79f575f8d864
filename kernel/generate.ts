/**
 * Writes what the kernel and user space share from the protocol's specification, kernel/snet.yaml:
 *
 *     deno task generate            writes the files
 *     deno task generate --check    changes nothing; fails and names the files that differ
 */

import { policyHeader, policySource } from "./generate/policy.ts";
import { readSpec, type Spec } from "./generate/spec.ts";
import { typescript } from "./generate/typescript.ts";
import { uapiHeader } from "./generate/uapi.ts";

const SPEC = "kernel/snet.yaml";

/** The files by their path in the project. */
export async function generate(spec: Spec): Promise<Map<string, string>> {
  return new Map([
    ["kernel/tree/include/uapi/linux/snet.h", uapiHeader(spec)],
    ["kernel/tree/security/snet/netlink_gen.h", policyHeader(spec)],
    ["kernel/tree/security/snet/netlink_gen.c", policySource(spec)],
    ["ffi/protocol.ts", await formatted(typescript(spec))],
  ]);
}

/** TypeScript as `deno fmt` wants it, so that the generated file passes the same check as all others. */
async function formatted(source: string): Promise<string> {
  const fmt = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext=ts", "--line-width=110", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = fmt.stdin.getWriter();
  await writer.write(new TextEncoder().encode(source));
  await writer.close();
  const { success, stdout, stderr } = await fmt.output();
  if (!success) {
    throw new Error(`deno fmt refused the generated TypeScript: ${new TextDecoder().decode(stderr)}`);
  }
  return new TextDecoder().decode(stdout);
}

async function textOf(url: URL): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function main(args: readonly string[]): Promise<number> {
  const check = args.includes("--check");
  const unknown = args.find((arg) => arg !== "--check");
  if (unknown !== undefined) {
    console.error(`deno task generate: unknown argument "${unknown}"; expected nothing or --check`);
    return 2;
  }
  const root = new URL("../", import.meta.url);
  const files = await generate(readSpec(SPEC, await Deno.readTextFile(new URL(SPEC, root))));
  let differ = 0;
  for (const [path, text] of files) {
    const url = new URL(path, root);
    if (await textOf(url) === text) continue;
    differ++;
    if (check) {
      console.error(`${path} differs from what ${SPEC} says; run 'deno task generate'`);
      continue;
    }
    await Deno.mkdir(new URL(".", url), { recursive: true });
    await Deno.writeTextFile(url, text);
    console.log(`wrote ${path}`);
  }
  return check && differ ? 1 : 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
