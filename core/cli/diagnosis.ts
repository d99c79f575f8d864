/** What `snet doctor` makes of a machine: one finding for each thing that snet needs, and what to do about it. */

/** What was found out about this machine. */
export interface Machine {
  /** As `uname -r` and `uname -m` say. */
  readonly kernel: string;
  readonly arch: string;
  /** Undefined where libnl could be opened, else why not. */
  readonly libnlError: string | undefined;
  /** The effective capabilities hold CAP_NET_ADMIN. */
  readonly netAdmin: boolean;
  /** In the first user namespace and the first network namespace; undefined where that cannot be told. */
  readonly initialUserNamespace: boolean | undefined;
  readonly initialNetworkNamespace: boolean | undefined;
  /** What the kernel says of its netlink family "snet". */
  readonly family: FamilyState;
  /** Names in /sys/kernel/security/lsm; undefined where that cannot be read. */
  readonly securityModules: readonly string[] | undefined;
  /** Files of /sys/module/snet/parameters; undefined where there are none. */
  readonly parameters: Readonly<Record<string, string>> | undefined;
  /** Where cgroup v2 is mounted. */
  readonly cgroup2: string | undefined;
}

/** The kernel's side of the protocol. */
export type FamilyState =
  | { readonly state: "absent" }
  /** Nothing could be asked, for the reason that stands with libnl. */
  | { readonly state: "unknown" }
  | {
    readonly state: "present";
    /** Why the kernel did not tell its settings; undefined where it did. */
    readonly refusal: string | undefined;
    readonly settings: KernelSettings | undefined;
  };

/** What the kernel tells of itself. */
export interface KernelSettings {
  readonly version: number;
  readonly features: readonly string[];
  /** The daemon that is attached. */
  readonly attached: { readonly name: string; readonly pid: number } | undefined;
}

/** One thing looked at. */
export interface Finding {
  readonly name: string;
  /** `missing`: the daemon cannot run without it. `limited`: it can, but something will not work. */
  readonly state: "ok" | "limited" | "missing";
  /** What was found. */
  readonly found: string;
  /** What to do about it, where it is not ok. */
  readonly advice?: string;
}

/** One finding for each thing that snet needs, those of the kernel first. */
export function diagnose(machine: Machine, protocolVersion: number): readonly Finding[] {
  const settings = machine.family.state === "present" ? machine.family.settings : undefined;
  return [
    kernel(machine),
    ...(settings === undefined
      ? []
      : [protocol(settings, protocolVersion), features(settings), attached(settings)]),
    parameters(machine),
    libnl(machine),
    privileges(machine),
    namespaces(machine),
    cgroups(machine),
  ].filter((finding) => finding !== undefined);
}

/** True where a daemon could start now, or runs already. */
export function isReady(findings: readonly Finding[]): boolean {
  return findings.every((finding) => finding.state !== "missing");
}

function kernel({ kernel, arch, family, securityModules, initialNetworkNamespace }: Machine): Finding {
  const name = "kernel";
  const which = `Linux ${kernel} ${arch}`;
  if (family.state === "present" && family.refusal === undefined) {
    return { name, state: "ok", found: `${which} with snet` };
  }
  if (family.state === "present") {
    return {
      name,
      state: "limited",
      found: `${which} with snet, which does not tell more (${family.refusal})`,
      advice: "ask as root: sudo snet doctor",
    };
  }
  if (family.state === "unknown") {
    return {
      name,
      state: "missing",
      found: `${which}; whether it has snet cannot be told without libnl`,
      advice: "install libnl (see below) and ask again",
    };
  }
  if (initialNetworkNamespace === false) {
    return {
      name,
      state: "missing",
      found: `${which}; the netlink family "snet" is never visible in this network namespace`,
      advice: "run snet in the first network namespace: nsenter --target 1 --net snet doctor",
    };
  }
  const started = securityModules?.includes("snet") === true;
  return {
    name,
    state: "missing",
    found: `${which} without snet (no netlink family "snet")`,
    advice: started
      ? "snet started but its protocol did not: look for lines that begin with 'snet:' in dmesg"
      : "boot a kernel with CONFIG_SECURITY_SNET=y and snet in CONFIG_LSM (or in the boot parameter lsm=); " +
        "'deno task kernel' in snet's source builds one to try",
  };
}

function protocol({ version }: KernelSettings, spoken: number): Finding {
  const name = "protocol";
  if (version === spoken) return { name, state: "ok", found: `version ${version}` };
  return {
    name,
    state: "missing",
    found: `the kernel speaks version ${version}, this program ${spoken}`,
    advice: version > spoken ? "install a newer snet" : "boot a newer kernel",
  };
}

function features({ features }: KernelSettings): Finding {
  const name = "features";
  const found = features.join(", ") || "none";
  if (features.includes("hooks")) return { name, state: "ok", found };
  return {
    name,
    state: "limited",
    found,
    advice: "snet.post_accept and snet.close never happen: the kernel lacks the hooks of kernel/patches",
  };
}

function attached({ attached }: KernelSettings): Finding {
  const found = attached === undefined
    ? "none is attached; one may start"
    : `"${attached.name}" (pid ${attached.pid}) is attached; a second one would be refused`;
  return { name: "daemon", state: "ok", found };
}

/** What the kernel does while it knows no better: boot parameters. */
function parameters({ family, parameters }: Machine): Finding | undefined {
  if (family.state !== "present") return undefined;
  const name = "parameters";
  if (parameters === undefined) {
    return {
      name,
      state: "limited",
      found: "/sys/module/snet/parameters cannot be read",
      advice: "mount sysfs on /sys to see them",
    };
  }
  const found = Object.entries(parameters).map(([key, value]) => `snet.${key}=${value}${meaning(key, value)}`)
    .join(", ");
  return { name, state: "ok", found };
}

function meaning(parameter: string, value: string): string {
  if (parameter === "verdict_delay") return "s";
  return parameter === "verdict_policy" || parameter === "absent"
    ? ` (${value === "0" ? "allow" : "deny"})`
    : "";
}

function libnl({ libnlError }: Machine): Finding {
  const name = "libnl";
  if (libnlError === undefined) return { name, state: "ok", found: "libnl-3 and libnl-genl-3" };
  return {
    name,
    state: "missing",
    found: libnlError,
    advice:
      "install it: apt install libnl-3-200 libnl-genl-3-200 (Debian, Ubuntu), dnf install libnl3 (Fedora)",
  };
}

function privileges({ netAdmin }: Machine): Finding {
  const name = "privileges";
  if (netAdmin) return { name, state: "ok", found: "CAP_NET_ADMIN" };
  return {
    name,
    state: "missing",
    found: "no CAP_NET_ADMIN",
    advice: "run as root: sudo snet doctor",
  };
}

function namespaces({ initialUserNamespace, initialNetworkNamespace }: Machine): Finding {
  const name = "namespaces";
  if (initialUserNamespace === false) {
    return {
      name,
      state: "missing",
      found: "in a user namespace (a container?), where CAP_NET_ADMIN does not reach the kernel's snet",
      advice: "run snet on the host itself",
    };
  }
  if (initialNetworkNamespace === false) {
    return {
      name,
      state: "missing",
      found: "in a network namespace of its own",
      advice: "run snet on the host itself: nsenter --target 1 --net snet doctor",
    };
  }
  return { name, state: "ok", found: "those of the host" };
}

function cgroups({ cgroup2 }: Machine): Finding {
  const name = "cgroup v2";
  if (cgroup2 !== undefined) return { name, state: "ok", found: cgroup2 };
  return {
    name,
    state: "limited",
    found: "not mounted",
    advice: "rules with cgroup or unit do not match: mount -t cgroup2 cgroup2 /sys/fs/cgroup",
  };
}
