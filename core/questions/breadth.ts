/** Why an answer or a rule that allows goes far: what people are told before they give it. */

import type { BroadReason } from "../control/api.ts";

/** What an answer or a rule says of programs. */
export interface ProgramNamed {
  /** A path, or a glob as rules have it. */
  readonly text: string;
  readonly glob: boolean;
}

/** Why what is allowed to these programs is broad; `owner` is whose programs they are, where there is one. */
export function broadPrograms(programs: readonly ProgramNamed[] | undefined, owner?: string): BroadReason[] {
  if (programs === undefined) {
    return [{ of: "program", text: `for any program${owner === undefined ? "" : ` of ${owner}`}` }];
  }
  return programs.flatMap((program) => reasonOf(program) ?? []);
}

function reasonOf({ text, glob }: ProgramNamed): BroadReason | undefined {
  const fixed = glob ? text.replace(/(?<!\\)[*?[{][^]*$/, "") : text;
  if (glob) {
    const folder = fixed.slice(0, fixed.lastIndexOf("/") + 1);
    // A name that is told apart, as in /usr/bin/php8.*, is one program; in no folder in particular it is anybody's.
    if (folder === "/" || folder === "") {
      return { of: "program", text: `for programs in any folder (${text})` };
    }
    const rest = text.slice(folder.length);
    if (SHARED_FOLDERS.has(folder) && /^\*+(?:\/\**)*$/.test(rest)) {
      return { of: "program", text: `for all programs in ${folder.slice(0, -1)}` };
    }
  }
  const name = fixed.slice(fixed.lastIndexOf("/") + 1).replace(/(?<=[a-z])[-\d.]+$/i, "");
  for (const [names, why] of STAND_INS) {
    if (names.has(name)) return { of: "stand-in", text: `${fixed.slice(fixed.lastIndexOf("/") + 1)} ${why}` };
  }
  if (!WRITABLE.test(text)) return undefined;
  return { of: "stand-in", text: `${text} is where users write: another program can take its place` };
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

/** Folders of programs of all kinds. */
const SHARED_FOLDERS = words(
  "/bin/ /sbin/ /lib/ /opt/ /usr/ /usr/bin/ /usr/sbin/ /usr/lib/ /usr/libexec/ /usr/local/ /usr/local/bin/ " +
    "/usr/local/sbin/ /snap/ /nix/ /nix/store/",
);

/** Where users may write by the hierarchy that systems keep to (hier(7)). */
const WRITABLE = /^\/(?:tmp|home|var\/tmp|dev\/shm|run\/user|media|mnt)\//;

/** Programs that stand for others, and how; versions at their ends are taken off. */
const STAND_INS: readonly (readonly [names: ReadonlySet<string>, why: string])[] = [
  [
    words(
      "sh bash dash ash zsh ksh mksh fish csh tcsh pwsh rbash python pypy perl ruby node nodejs deno bun php lua luajit " +
        "tclsh wish java R Rscript julia guile racket awk gawk mawk erl beam.smp mono dotnet gdb",
    ),
    "runs whatever script it is given",
  ],
  [
    words(
      "sudo su doas pkexec runuser env xargs nohup setsid setpriv nice ionice timeout time strace ltrace stdbuf unshare " +
        "nsenter chroot systemd-run bwrap flatpak parallel find tmux screen watch ld-linux-x86-64.so ld.so ld-linux.so",
    ),
    "starts whatever program it is told to",
  ],
  [
    words(
      "apt apt-get aptitude dpkg dnf yum rpm zypper pacman apk opkg emerge nix guix snap brew pip pipx uv npm npx yarn pnpm " +
        "cargo gem go composer conda",
    ),
    "runs what packages bring along",
  ],
  [words("busybox toybox"), "is many programs in one"],
];

/** Why it is broad where programs are allowed to go; `kind` is a word of rules for events. */
export function broadPlace(
  kind: string,
  { address, port }: { readonly address: boolean; readonly port: boolean },
): BroadReason[] {
  if (address || kind !== "snet.out" && kind !== "snet.in") return [];
  const isOut = kind === "snet.out";
  if (port) return [{ of: "place", text: isOut ? "to any address" : "at any address of this machine" }];
  return [{ of: "place", text: isOut ? "to any address and port" : "at any port, from anyone" }];
}
