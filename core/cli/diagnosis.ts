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
  | { readonly state: "unknown"; readonly why: string }
  | {
    readonly state: "present";
    readonly version: number;
    readonly features: readonly string[];
    /** Names of the events that this kernel has; undefined where it did not say. */
    readonly attached: { readonly name: string; readonly pid: number } | undefined;
  };

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

/** The protocol version that this program speaks. */
export interface Spoken {
  readonly version: number;
}

/** One finding for each thing that snet needs, those of the kernel first. */
export function diagnose(machine: Machine, spoken: Spoken): readonly Finding[] {
  return [
    kernel(machine),
    protocol(machine, spoken),
    hooks(machine),
    attached(machine),
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
  if (family.state === "present") return { name, state: "ok", found: `${which} with snet` };
  if (family.state === "unknown") {
    return {
      name,
      state: "missing",
      found: `${which}; whether it has snet cannot be told: ${family.why}`,
      advice: "mend what stands below, then ask again",
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

function protocol({ family }: Machine, spoken: Spoken): Finding | undefined {
  if (family.state !== "present") return undefined;
  const name = "protocol";
  if (family.version === spoken.version) return { name, state: "ok", found: `version ${family.version}` };
  return {
    name,
    state: "missing",
    found: `the kernel speaks version ${family.version}, this program ${spoken.version}`,
    advice: family.version > spoken.version ? "install a newer snet" : "boot a newer kernel",
  };
}

function hooks({ family }: Machine): Finding | undefined {
  if (family.state !== "present") return undefined;
  const name = "features";
  const found = family.features.join(", ") || "none";
  if (family.features.includes("hooks")) return { name, state: "ok", found };
  return {
    name,
    state: "limited",
    found,
    advice: "snet.post_accept and snet.close never happen: the kernel lacks the hooks of kernel/patches",
  };
}

function attached({ family }: Machine): Finding | undefined {
  if (family.state !== "present") return undefined;
  const name = "daemon";
  if (family.attached === undefined) return { name, state: "ok", found: "none attached; one may start" };
  return { name, state: "ok", found: `"${family.attached.name}" (pid ${family.attached.pid}) is attached` };
}

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
  const found = Object.entries(parameters).map(([key, value]) => `snet.${key}=${value}`).join(" ");
  return { name, state: "ok", found };
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
