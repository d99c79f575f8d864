/**
 * The configuration of a server, /etc/snet/serve.yaml:
 *
 * ```yaml
 * version: 1
 * listen: 192.0.2.7:8765             # or unix:/run/snet/clients.sock; 127.0.0.1:8765 if absent
 * tls: { certificate: serve.pem, key: serve.key }
 * clients:
 *   web1: { secret: web1.secret }
 * default: deny                      # allow, deny, or pass: the client goes on by itself
 * plugins:
 *   - rules: { files: [rules.d/*.yaml] }
 * policy: { files: [policy.d/*.yaml] }  # decides on the clients while the server is away
 * control: { socket: /run/snet/serve.sock, group: snet }
 * ```
 *
 * The plugin list and `control` are read as those of the daemon are (core/config.ts).
 */

import { createHash } from "node:crypto";
import { type Config, ConfigReader, type PluginTable } from "../config.ts";
import { exposure, readText } from "../config_files.ts";
import { ALL_EVENTS } from "../events.ts";
import { isLoopback, type Listen, parseListen } from "../listen.ts";
import { certificatesOf, privateKeyOf } from "../pem.ts";
import type { SourceText } from "../plugin.ts";
import { checkSecret, parseSecret } from "../signature.ts";
import { YamlFile, type YamlNode } from "../yaml.ts";
import { type Policy, SERVE_LIMITS, SERVE_VERSION } from "./protocol.ts";

export { listenText } from "../listen.ts";

/** A daemon that may ask. */
export interface ClientConfig {
  readonly name: string;
  /** Keys of its signatures; several while one is replaced by another. */
  readonly secrets: readonly Uint8Array[];
  /** Questions that it may ask in a second, on average; twice as many at once. */
  readonly rate: number;
  /** Questions of it that may wait at once. */
  readonly waiting: number;
}

/** A configuration of a server. */
export interface ServeConfig {
  /** The plugins and what else a chain of them needs. */
  readonly chain: Config;
  readonly listen: Listen;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly clients: readonly ClientConfig[];
  /** What answers where no plugin does. */
  readonly default: "allow" | "deny" | "pass";
  /** What clients decide by while the server is away. */
  readonly policy: Policy | undefined;
}

/** Where a server listens unless it is told otherwise. */
const DEFAULT_LISTEN = { host: "127.0.0.1", port: 8765 };
/** Its control socket, beside that of a daemon on the same machine. */
const DEFAULT_SERVE_SOCKET = "/run/snet/serve.sock";

const DEFAULT_RATE = 1000;
const DEFAULT_WAITING = 1000;
const ANSWERS = ["allow", "deny", "pass"] as const;

/** Reads a configuration and the files that it names; throws a ConfigError with a line for each mistake. */
export function readServeConfig(path: string, plugins: PluginTable): ServeConfig {
  const config = parseServeConfig(path, readText(path), plugins);
  const warning = exposure(path);
  if (warning === undefined) return config;
  return { ...config, chain: { ...config.chain, warnings: [warning, ...config.chain.warnings] } };
}

/** As {@linkcode readServeConfig}, of a text; relative paths in it start from the folder of `path`. */
export function parseServeConfig(path: string, text: string, plugins: PluginTable): ServeConfig {
  const file = new YamlFile(path, text);
  const config = new ServeReader(file, new ConfigReader(file, plugins)).read();
  file.check();
  return config;
}

class ServeReader {
  constructor(readonly file: YamlFile, readonly parts: ConfigReader) {}

  read(): ServeConfig {
    const { file, parts } = this;
    const known = [
      "version",
      "listen",
      "tls",
      "insecure",
      "clients",
      "default",
      "plugins",
      "policy",
      "control",
    ];
    const fields = file.fields(file.root, known);
    const version = fields.get("version");
    if (version !== undefined && file.integer(version) !== 1) {
      file.problem(version, "this snet reads version 1");
    }
    const fallback = file.oneOf(fields.get("default"), ANSWERS);
    if (!fields.has("default")) {
      file.problem(
        file.root,
        `missing key "default": allow, deny or pass, the answer to what no plugin decides`,
      );
    }
    const listen = this.#listen(fields.get("listen"));
    const tls = this.#tls(fields.get("tls"));
    const insecure = file.boolean(fields.get("insecure")) ?? false;
    if (tls === undefined && !insecure && "host" in listen && !isLoopback(listen.host)) {
      file.problem(
        fields.get("listen") ?? file.root,
        `without TLS, whoever is on the way could read the questions; write "tls: { certificate: …, key: … }", ` +
          `listen on this machine alone, or say "insecure: true"`,
      );
    }
    const plugins = parts.plugins(fields.get("plugins"));
    const control = parts.control(fields.get("control"), DEFAULT_SERVE_SOCKET);
    const clients = this.#clients(fields.get("clients"));
    const policy = this.#policy(fields.get("policy"));
    return {
      chain: {
        path: file.path,
        default: fallback === "allow" ? "allow" : "deny",
        events: ALL_EVENTS,
        families: [],
        kernel: NO_KERNEL,
        plugins,
        control,
        folders: parts.folders,
        warnings: parts.warnings,
      },
      listen,
      tls,
      clients,
      default: fallback ?? "deny",
      policy,
    };
  }

  #listen(node: YamlNode | undefined): Listen {
    const text = this.file.string(node);
    if (text === undefined) return DEFAULT_LISTEN;
    const listen = parseListen(text, DEFAULT_LISTEN);
    if (listen !== undefined) return listen;
    this.file.problem(
      node!,
      `"${text}" is nothing to listen on; such as 192.0.2.7:8765, [2001:db8::7]:8765 or unix:/run/snet/clients.sock`,
    );
    return DEFAULT_LISTEN;
  }

  #tls(node: YamlNode | undefined): ServeConfig["tls"] {
    if (node === undefined) return undefined;
    const fields = this.file.fields(node, ["certificate", "key"], "in tls");
    for (const name of ["certificate", "key"]) {
      if (!fields.has(name)) this.file.problem(node, `missing key "${name}" in tls: a file in PEM`);
    }
    const cert = this.#text(fields.get("certificate"), (source) => certificatesOf("certificate", source));
    const key = this.#text(fields.get("key"), (source) => {
      checkSecret(source.path);
      return privateKeyOf(source);
    });
    return cert === undefined || key === undefined ? undefined : { cert, key };
  }

  /** What is made of the one file that a key names. */
  #text<T>(node: YamlNode | undefined, make: (source: SourceText) => T): T | undefined {
    const [source, ...others] = this.parts.files(node);
    if (source === undefined) return undefined;
    if (others.length > 0) this.file.problem(node!, `${others.length + 1} files; one is expected`);
    return this.#try(node!, () => make(source));
  }

  #clients(node: YamlNode | undefined): readonly ClientConfig[] {
    const { file } = this;
    const entries = node?.kind === "map" ? node.entries : [];
    if (entries.length === 0) {
      file.problem(node ?? file.root, `no clients; write "clients: { web1: { secret: web1.secret } }"`);
    }
    const clients = entries.flatMap(({ key, offset, value }): ClientConfig[] => {
      if (!/^[\w.-]{1,64}$/.test(key)) {
        file.problem(offset, `"${key}" is no name of a client: 1 to 64 letters, digits, ".", "-" and "_"`);
        return [];
      }
      const fields = file.fields(value, ["secret", "rate", "waiting"], `for client "${key}"`);
      const secret = fields.get("secret");
      const sources = this.parts.files(secret);
      if (secret === undefined) {
        file.problem(
          offset,
          `client "${key}" needs the key "secret": a file; "openssl rand -base64 32" makes one`,
        );
      } else if (sources.length === 0) {
        file.problem(secret, `client "${key}" has no secret: the file is not there`);
      }
      const secrets = sources.flatMap((source) =>
        this.#try(secret!, () => {
          checkSecret(source.path);
          return parseSecret(source);
        }) ?? []
      );
      return [{
        name: key,
        secrets,
        rate: file.integer(fields.get("rate"), { min: 1, max: 100_000 }) ?? DEFAULT_RATE,
        waiting: file.integer(fields.get("waiting"), { min: 1, max: 100_000 }) ?? DEFAULT_WAITING,
      }];
    });
    this.#checkOwnSecrets(node, clients);
    return clients;
  }

  /** Whoever had another's secret could ask, and answer, in its name. */
  #checkOwnSecrets(node: YamlNode | undefined, clients: readonly ClientConfig[]): void {
    const owners = new Map<string, string>();
    for (const { name, secrets } of clients) {
      for (const secret of secrets) {
        const owner = owners.get(secret.toHex());
        if (owner !== undefined && owner !== name) {
          this.file.problem(
            node!,
            `clients "${owner}" and "${name}" have the same secret; give each its own`,
          );
        }
        owners.set(secret.toHex(), name);
      }
    }
  }

  #policy(node: YamlNode | undefined): Policy | undefined {
    if (node === undefined) return undefined;
    const fields = this.file.fields(node, ["files", "lists"], "in policy");
    const texts = (key: string) =>
      this.parts.files(fields.get(key)).map(({ path, text }) => ({ path, text }));
    const policy = { files: texts("files"), lists: texts("lists") };
    const json = JSON.stringify(policy);
    // The envelope takes a little more.
    if (new TextEncoder().encode(json).length > SERVE_LIMITS.policy - 1024) {
      this.file.problem(node, `the files are longer than ${SERVE_LIMITS.policy / 1024 / 1024} MiB together`);
    }
    const name = createHash("sha256").update(json).digest("base64url");
    return { version: SERVE_VERSION, type: "snet.policy", policy: name, ...policy };
  }

  #try<T>(at: YamlNode, make: () => T): T | undefined {
    try {
      return make();
    } catch (error) {
      this.file.problem(at, (error as Error).message);
    }
  }
}

const NO_KERNEL: Config["kernel"] = {
  delay: undefined,
  policy: undefined,
  events: [],
  limits: { policy: undefined, total: undefined, uid: undefined, cgroup: undefined, tickets: undefined },
  absent: { policy: undefined, events: undefined, families: undefined },
  payload: 0,
  attachFlags: 0,
  debug: undefined,
};
