/** Real resolvers, as tests inside the test kernel start and stop them, and programs that ask them. */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { until, within } from "./until.ts";

const PLACE = "/run/resolvers";
const LIBRARIES = `${PLACE}/usr/lib/x86_64-linux-gnu`;

/** Users that the resolvers run as; /etc is the test kernel's own and forgotten at its end. */
export const USERS = { unbound: 4343, "systemd-resolve": 4242 } as const;

/** Of names below example.com and example.net, over an alias from one into the other. */
const ZONES: Readonly<Record<string, string>> = {
  "example.com": `$ORIGIN example.com.
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 192.0.2.53
www CNAME a.cdn.example.net.
plain A 192.0.2.10
`,
  "example.net": `$ORIGIN example.net.
$TTL 5
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 192.0.2.53
a.cdn CNAME b.cdn
b.cdn A 192.0.2.20
other A 192.0.2.30
`,
};

/** A network beside loopback, without which systemd-resolved asks nobody, and addresses of its own. Once for each boot. */
export async function makeNetwork(): Promise<void> {
  const passwd = await Deno.readTextFile("/etc/passwd");
  const group = await Deno.readTextFile("/etc/group");
  if (passwd.includes(`:${USERS.unbound}:`)) return;
  const users = Object.entries(USERS);
  await Deno.writeTextFile(
    "/etc/passwd",
    passwd + users.map(([name, id]) => `${name}:x:${id}:${id}::/:/bin/false\n`).join(""),
  );
  await Deno.writeTextFile("/etc/group", group + users.map(([name, id]) => `${name}:x:${id}:\n`).join(""));
  for (
    const words of [
      "link add names type dummy",
      "link set names up",
      "address add 198.51.100.2/24 dev names",
      "route add default via 198.51.100.1",
    ]
  ) await run("ip", ...words.split(" "));
}

/** Takes the network away again. */
export async function dropNetwork(): Promise<void> {
  await run("ip", "link", "delete", "names");
}

/** The output of a program that must succeed. */
export async function run(program: string, ...args: string[]): Promise<string> {
  const command = new Deno.Command(program, { args, stdin: "null" });
  const { success, stdout, stderr } = await within(`the end of ${program}`, command.output());
  if (!success) throw new Error(`${program} ${args.join(" ")} failed: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).trim();
}

/** A resolver that runs. Disposing of it stops it. */
export class Resolver implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  #said = "";

  private constructor(program: string, args: readonly string[], libraries: string) {
    this.#child = new Deno.Command(program, {
      args: [...args],
      env: { LD_LIBRARY_PATH: libraries },
      ...{ stdin: "null", stdout: "null", stderr: "piped" },
    }).spawn();
    this.#reading = this.#read();
  }

  /** unbound on 127.0.0.1, which writes dnstap to a socket if one is given. */
  static async unbound(dnstap?: string): Promise<Resolver> {
    const folder = await Deno.makeTempDir({ prefix: "unbound-" });
    await Deno.chmod(folder, 0o755);
    const zones = Object.entries(ZONES);
    for (const [zone, text] of zones) await Deno.writeTextFile(`${folder}/${zone}`, text);
    await Deno.writeTextFile(
      `${folder}/unbound.conf`,
      `server:
  interface: 127.0.0.1
  do-daemonize: no
  username: unbound
  chroot: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  module-config: "iterator"
${
        zones.map(([zone]) =>
          `auth-zone:\n  name: "${zone}"\n  zonefile: "${folder}/${zone}"\n  for-downstream: no\n  for-upstream: yes\n`
        ).join("")
      }${
        dnstap === undefined ? "" : `dnstap:
  dnstap-enable: yes
  dnstap-socket-path: "${dnstap}"
  dnstap-log-client-response-messages: yes
  dnstap-log-client-query-messages: yes
`
      }remote-control:
  control-enable: no
`,
    );
    const args = ["-c", `${folder}/unbound.conf`];
    const resolver = new Resolver(`${PLACE}/usr/sbin/unbound`, args, LIBRARIES);
    await resolver.#says("start of service");
    return resolver;
  }

  /** systemd-resolved on 127.0.0.53, which asks 127.0.0.1. */
  static async resolved(): Promise<Resolver> {
    const folder = "/run/systemd/resolve";
    await Deno.mkdir(folder, { recursive: true });
    await Deno.chown(folder, USERS["systemd-resolve"], USERS["systemd-resolve"]);
    await Deno.writeTextFile(
      "/etc/systemd/resolved.conf",
      "[Resolve]\nDNS=127.0.0.1\nDNSSEC=no\nLLMNR=no\nMulticastDNS=no\n",
    );
    const program = `${PLACE}/lib/systemd/systemd-resolved`;
    const resolver = new Resolver(program, [], `${LIBRARIES}/systemd:${LIBRARIES}`);
    await until("systemd-resolved's monitor", () => exists(`${folder}/io.systemd.Resolve.Monitor`));
    return resolver;
  }

  async #read(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) this.#said += text;
  }

  async #says(words: string): Promise<void> {
    let ended = false;
    this.#reading.then(() => ended = true);
    await until(`a resolver's "${words}"`, () => {
      if (ended) throw new Error(`the resolver ended: ${this.#said}`);
      return this.#said.includes(words);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // It has ended already.
    }
    await within("a resolver's end", this.#child.status);
    await this.#reading;
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

/** The IPv4 address that getaddrinfo(3) gives a program for a name, asking one name server. */
export async function lookUp(name: string, server: string): Promise<string> {
  await Deno.writeTextFile("/etc/resolv.conf", `nameserver ${server}\noptions attempts:3 timeout:2\n`);
  const program = "import socket, sys; print(socket.getaddrinfo(sys.argv[1], 9, socket.AF_INET)[0][4][0])";
  return await run("/usr/bin/python3", "-c", program, name);
}

/** A name server of a program's own, which says of every name that it has one address. */
export async function ownServer(listen: string, address: string): Promise<AsyncDisposable> {
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    // The question comes back with an answer: its name (a pointer to it), A, IN, a minute, four bytes.
    const answer = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split(".").map(Number)];
    // Header and question; what may follow (EDNS) is left out.
    const end = query.indexOf(0, 12) + 5;
    const reply = Uint8Array.from([...query.subarray(0, end), ...answer]);
    reply.set([0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0], 2);
    socket.send(reply, from.port, from.address);
  });
  socket.bind(53, listen);
  await once(socket, "listening");
  return {
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, "close");
    },
  };
}
