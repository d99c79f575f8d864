/**
 * Installs the Debian packages that building and testing need, and only those that are missing.
 *
 * `deno task setup` installs all groups; `deno task setup kernel run` the named ones.
 *
 * @module
 */

/** Debian packages (bookworm) by what needs them. */
const GROUPS = {
  /** What `dist/snet` loads at run time. */
  run: ["libnl-3-200", "libnl-genl-3-200"],
  /** What building the test kernel needs. */
  kernel: [
    "linux-source-6.12",
    "gcc",
    "libc6-dev",
    "make",
    "flex",
    "bison",
    "bc",
    "perl",
    "patch",
    "xz-utils",
  ],
  /** What the compile test of the other versions and architectures needs. */
  compile: ["linux-source-6.1", "libelf-dev"],
  /** What `deno task kernel:lint` needs. */
  lint: ["sparse"],
  /** Programs that the tests run, and what builds the small C programs among them. */
  test: ["gcc", "libc6-dev", "curl", "python3", "netcat-openbsd", "iproute2", "procps", "util-linux"],
  /** Programs that the tests of `snet run` hold, and what builds the small C programs among them. */
  programs: [
    "gcc",
    "libc6-dev",
    "curl",
    "wget",
    "netcat-openbsd",
    "openssh-client",
    "git",
    "nodejs",
    "python3",
    "make",
    "procps",
    "util-linux",
  ],
  /** Where the page is tested and its screenshots are made, and a font without which they would be boxes. */
  browser: ["chromium", "fonts-dejavu-core"],
  /** What the tests on two processors need. */
  smp: ["qemu-system-x86", "libelf-dev"],
} as const;

/** A group of packages that a task asks for. */
export type PackageGroup = keyof typeof GROUPS;

/** The names of all groups. */
export const PACKAGE_GROUPS = Object.keys(GROUPS) as PackageGroup[];

/**
 * Installs what is missing of the named groups. Takes about 20 ms when nothing is.
 *
 * @throws Error naming the packages if this is not a Debian system or not run by root.
 */
export async function ensurePackages(...groups: PackageGroup[]): Promise<void> {
  const wanted = [...new Set(groups.flatMap((group) => [...GROUPS[group]] as string[]))];
  const missing = await missingPackages(wanted);
  if (missing.length === 0) return;

  const list = missing.join(" ");
  if (Deno.uid() !== 0) {
    throw new Error(
      `These packages are missing; install them as root: apt-get install --no-install-recommends ${list}`,
    );
  }
  console.error(`installing ${missing.length} packages: ${list}`);
  await updateOnce();
  await apt("install", "-y", "--no-install-recommends", ...missing);

  const still = await missingPackages(missing);
  if (still.length > 0) {
    throw new Error(`apt-get has finished, but these packages are still missing: ${still.join(" ")}`);
  }
}

/**
 * Unpacks packages below a folder and installs nothing: for programs that would start, and change the machine, if they were
 * installed. Takes no time where they are there already.
 *
 * @throws Error with the words of what failed.
 */
export async function unpackPackages(names: readonly string[], folder: string): Promise<void> {
  const done = `${folder}/.packages`;
  const wanted = `${names.join(" ")}\n`;
  if (await Deno.readTextFile(done).catch(() => "") === wanted) return;
  console.error(`unpacking ${names.length} packages: ${names.join(" ")}`);
  await updateOnce();
  await Deno.mkdir(`${folder}/packages`, { recursive: true });
  await run("apt-get", ["-q", "download", ...names], `${folder}/packages`);
  for await (const { name } of Deno.readDir(`${folder}/packages`)) {
    if (name.endsWith(".deb")) await run("dpkg-deb", ["--extract", `packages/${name}`, "."], folder);
  }
  await Deno.remove(`${folder}/packages`, { recursive: true });
  await Deno.writeTextFile(done, wanted);
}

async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args: [...args], cwd, stdout: "null" })
    .output();
  if (!success) {
    throw new Error(`${program} ${args.join(" ")} failed:\n${new TextDecoder().decode(stderr).trim()}`);
  }
}

async function missingPackages(names: readonly string[]): Promise<string[]> {
  const installed = new Set<string>();
  try {
    const { stdout } = await new Deno.Command("dpkg-query", {
      args: ["-W", "-f", "${db:Status-Status} ${Package}\n", ...names],
      stdout: "piped",
      stderr: "null",
    }).output();
    for (const line of new TextDecoder().decode(stdout).split("\n")) {
      const [status, name] = line.split(" ");
      if (status === "installed" && name) installed.add(name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(
      `This system has no dpkg, so packages cannot be installed. Debian 12 names what is needed: ${
        names.join(" ")
      }`,
    );
  }
  return names.filter((name) => !installed.has(name));
}

let updated = false;

/** The package lists of a fresh machine are empty or old; one update in a process is enough. */
async function updateOnce() {
  if (updated) return;
  await apt("update");
  updated = true;
}

/** Runs apt-get with its output on standard error, one line at a time, so that a long download shows its progress. */
async function apt(command: string, ...args: string[]) {
  const started = Date.now();
  const child = new Deno.Command("apt-get", {
    args: [
      "-q",
      "-o",
      "Dpkg::Use-Pty=0",
      "-o",
      "Acquire::Retries=3",
      "-o",
      "DPkg::Lock::Timeout=300",
      command,
      ...args,
    ],
    env: { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();

  const log: string[] = [];
  const follow = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      for (const line of text.split("\n")) {
        if (line.trim() === "") continue;
        log.push(line);
        if (/^(Get:|Setting up|Err:|E:)/.test(line)) console.error(`  ${line}`);
      }
    }
  };
  const [{ success }] = await Promise.all([child.status, follow(child.stdout), follow(child.stderr)]);
  if (!success) throw new Error(`apt-get ${command} failed:\n${log.slice(-15).join("\n")}`);
  console.error(`apt-get ${command}: ${((Date.now() - started) / 1000).toFixed(0)} s`);
}

if (import.meta.main) {
  const groups = Deno.args.length > 0 ? Deno.args : PACKAGE_GROUPS;
  const unknown = groups.find((group) => !(group in GROUPS));
  if (unknown !== undefined) {
    console.error(`setup: unknown group "${unknown}"; there are ${PACKAGE_GROUPS.join(", ")}`);
    Deno.exit(2);
  }
  try {
    await ensurePackages(...groups as PackageGroup[]);
    console.log(`setup: everything for ${groups.join(", ")} is installed`);
  } catch (error) {
    console.error(`setup: ${(error as Error).message}`);
    Deno.exit(1);
  }
}
