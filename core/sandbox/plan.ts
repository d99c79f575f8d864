/** From what a plugin is granted to what the kernel and Deno are told: all that its process may reach, and nothing else. */

import { isIP } from "node:net";
import { dirname, resolve } from "node:path";
import type { PathAccess } from "../../ffi/mod.ts";
import type { Grants, Limits, SandboxSpec } from "./spec.ts";

/** How a process is confined and what it becomes; can be handed to another process as JSON. */
export interface LaunchPlan {
  /** The daemon: the process ends with it. */
  readonly parent: number;
  readonly program: SandboxSpec["program"];
  /** For Landlock, besides the program itself. */
  readonly paths: readonly { readonly path: string; readonly access: PathAccess }[];
  readonly ports: readonly number[];
  readonly network: "none" | "tcp" | "names";
  /** Names of variables. */
  readonly environment: readonly string[];
  /** For Deno, which knows hosts. */
  readonly grants: Grants;
  readonly limits: Pick<Limits, "memory" | "cpu" | "openFiles" | "fileSize" | "processes">;
  /** The user that it becomes where snet is root. */
  readonly user: number;
  /** Goes on where the kernel has no Landlock. */
  readonly unconfined: boolean;
}

/** What any program needs that is linked dynamically. */
const LIBRARIES = ["/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib"];
/** Where systems keep their programs, which are readable for all. */
const PROGRAMS = ["/bin", "/sbin", "/usr"];
const READABLE = [
  "/etc/ld.so.cache",
  "/etc/localtime",
  "/usr/share/zoneinfo",
  "/dev/urandom",
  "/dev/random",
];
/** What looking up a name reads (resolv.conf(5), nsswitch.conf(5)). */
const RESOLVER = ["/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf"];
/** Certificates that programs trust. */
const CERTIFICATES = [
  "/etc/ssl/certs",
  "/etc/ssl/openssl.cnf",
  "/etc/pki/tls/certs",
  "/etc/pki/ca-trust/extracted",
];

/** The plan of a plugin. Throws an Error of one line for a grant that means nothing. */
export function planOf(
  { name, program, grants, limits, unconfined = false }: SandboxSpec,
  parent: number,
): LaunchPlan {
  const targets = grants.net.map(parseTarget);
  const network = targets.length === 0
    ? "none"
    : targets.every(({ host }) => isIP(host) !== 0)
    ? "tcp"
    : "names";
  const read = [
    ...READABLE,
    ...(network === "none" ? [] : CERTIFICATES),
    ...(network === "names" ? RESOLVER : []),
    ...grants.read,
  ];
  const execute = "module" in program ? LIBRARIES : [...LIBRARIES, ...PROGRAMS, program.exec[0]!];
  const folder = folderOf(program);
  return {
    parent,
    program,
    paths: [
      ...execute.map((path) => ({ path, access: "execute" as const })),
      ...fixed([...read, ...(folder === undefined ? [] : [folder])], grants).map((path) => ({
        path,
        access: "read" as const,
      })),
      ...fixed(["/dev/null", ...grants.write], grants).map((path) => ({ path, access: "write" as const })),
    ],
    ports: [...new Set(targets.map(({ port }) => port))],
    network,
    environment: grants.env,
    grants,
    limits: {
      memory: limits.memory,
      cpu: limits.cpu,
      openFiles: limits.openFiles,
      fileSize: limits.fileSize,
      processes: "module" in program ? 0 : limits.processes,
    },
    user: userOf(name),
    unconfined,
  };
}

/**
 * Those that are not below a folder that the plugin may write to: what is granted there goes with the folder, and at the next
 * start the plugin could have a symbolic link in its place, to wherever it likes.
 */
function fixed(paths: readonly string[], { write }: Grants): string[] {
  return paths.filter((path) => !write.some((folder) => resolve(path).startsWith(`${resolve(folder)}/`)));
}

/** A `host:port` of a grant; an IPv6 address stands in brackets. */
function parseTarget(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (
    host === undefined || !(port >= 1 && port <= 65_535) || (bracketed !== undefined && isIP(bracketed) !== 6)
  ) {
    throw new Error(
      `cannot grant net "${text}"; write host:port, such as 192.0.2.7:443 or [2001:db8::1]:443`,
    );
  }
  return { host, port };
}

/**
 * The folder that a plugin may read: that of its file, or that of the first word of a command which is a file outside of the
 * system's own folders (the script behind an interpreter).
 */
function folderOf(program: SandboxSpec["program"]): string | undefined {
  if ("module" in program) return dirname(program.module);
  const isOfSystem = (path: string) =>
    [...PROGRAMS, ...LIBRARIES].some((folder) => path.startsWith(`${folder}/`));
  const file = program.exec.find((word) => word.startsWith("/") && !isOfSystem(word) && isFile(word));
  return file === undefined ? undefined : dirname(file);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/**
 * Where user ids begin that nothing else uses: systemd's list of them calls 1879048192 to 2147483647 unused
 * (https://systemd.io/UIDS-GIDS).
 */
const FIRST_USER = 0x7000_0000;
const USERS = 0x0100_0000;

/** A user of the plugin's own, the same each time: two plugins cannot reach each other, nor what other users own. */
export function userOf(name: string): number {
  let hash = 0x811c_9dc5; // FNV-1a
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return FIRST_USER + (hash >>> 0) % USERS;
}
