/** Connecting to a generic netlink family with libnl (https://www.infradead.org/~tgr/libnl/). */

import { connect, setSocketOption } from "./libc.ts";
import { errnoName } from "./errno.ts";
import { library } from "./library.ts";

const PACKAGES = {
  "Debian, Ubuntu": "libnl-3-200 and libnl-genl-3-200",
  "Fedora, Alpine": "libnl3",
  "Arch": "libnl",
  "OpenWrt": "libnl-core and libnl-genl",
};

const libnl = library({
  files: ["libnl-3.so.200"],
  packages: PACKAGES,
  symbols: {
    nl_socket_alloc: { parameters: [], result: "pointer" /* struct nl_sock * */ },
    nl_socket_free: { parameters: ["pointer" /* struct nl_sock * */], result: "void" },
    nl_socket_get_fd: { parameters: ["pointer" /* const struct nl_sock * */], result: "i32" },
    nl_socket_get_local_port: { parameters: ["pointer" /* const struct nl_sock * */], result: "u32" },
    nl_socket_disable_auto_ack: { parameters: ["pointer" /* struct nl_sock * */], result: "void" },
    nl_socket_disable_seq_check: { parameters: ["pointer" /* struct nl_sock * */], result: "void" },
    nl_socket_set_buffer_size: {
      parameters: ["pointer", /* struct nl_sock * */ "i32", /* int rxbuf */ "i32" /* int txbuf */],
      result: "i32",
    },
    nl_geterror: { parameters: ["i32" /* int */], result: "pointer" /* const char * */ },
  },
});

const libnlGenl = library({
  files: ["libnl-genl-3.so.200"],
  packages: PACKAGES,
  symbols: {
    genl_connect: { parameters: ["pointer" /* struct nl_sock * */], result: "i32" },
    genl_ctrl_resolve: {
      parameters: ["pointer", /* struct nl_sock * */ "buffer" /* const char * */],
      result: "i32",
    },
  },
});

/** NLE_OBJ_NOTFOUND of netlink/errno.h. */
const NLE_OBJ_NOTFOUND = 12;

const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const NETLINK_NO_ENOBUFS = 5;
const NETLINK_EXT_ACK = 11;
const AF_NETLINK = 16;

/** The kernel's address, struct sockaddr_nl with port 0. */
export const KERNEL: Uint8Array<ArrayBuffer> = new Uint8Array(12);
new DataView(KERNEL.buffer).setUint16(0, AF_NETLINK, true);

/** What a connection needs. */
export interface ConnectionOptions {
  /** Name of the generic netlink family. */
  readonly family: string;
  /** Bytes of the socket's receive buffer; beyond net.core.rmem_max with CAP_NET_ADMIN. */
  readonly receiveBuffer: number;
}

/** A libnl socket that speaks to one generic netlink family. */
export class Connection {
  /** The socket's descriptor, for poll, recv and send. */
  readonly fd: number;
  /** Number under which the kernel has registered the family. */
  readonly family: number;
  /** The socket's netlink port id. */
  readonly port: number;
  #socket: Deno.PointerValue;

  private constructor(socket: Deno.PointerObject, family: number) {
    this.#socket = socket;
    this.family = family;
    this.fd = libnl().nl_socket_get_fd(socket);
    this.port = libnl().nl_socket_get_local_port(socket);
  }

  /**
   * Opens a socket, finds the family and sets the socket up.
   *
   * @throws Error if libnl is missing, or the kernel has no such family in this network namespace.
   */
  static open({ family, receiveBuffer }: ConnectionOptions): Connection {
    const socket = libnl().nl_socket_alloc();
    if (socket === null) throw new Error("Cannot open a netlink socket: no memory");
    try {
      check(libnlGenl().genl_connect(socket), "Cannot open a generic netlink socket");
      const connection = new Connection(socket, resolve(socket, family));
      connection.#configure(receiveBuffer);
      return connection;
    } catch (error) {
      libnl().nl_socket_free(socket);
      throw error;
    }
  }

  /** Closes the socket; harmless if repeated. */
  close(): void {
    if (this.#socket === null) return;
    libnl().nl_socket_free(this.#socket);
    this.#socket = null;
  }

  #configure(receiveBuffer: number): void {
    const socket = this.#socket;
    libnl().nl_socket_disable_seq_check(socket);
    libnl().nl_socket_disable_auto_ack(socket);
    check(
      libnl().nl_socket_set_buffer_size(socket, receiveBuffer, 0),
      "Cannot set the netlink receive buffer",
    );
    // Without CAP_NET_ADMIN the size stays within net.core.rmem_max, which is enough for a command or two.
    setSocketOption(this.fd, SOL_SOCKET, SO_RCVBUFFORCE, receiveBuffer);
    // A refusal comes back with its text and with the refused message, which tells the id: so no NETLINK_CAP_ACK.
    succeed(setSocketOption(this.fd, SOL_NETLINK, NETLINK_EXT_ACK, 1), "ask for extended ACKs");
    // A full socket would otherwise refuse every event until it is empty, not only until there is room.
    succeed(setSocketOption(this.fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, 1), "switch ENOBUFS off");
    // Connected to port 0, the socket takes messages from the kernel and nobody else.
    succeed(connect(this.fd, KERNEL), "connect to the kernel");
  }
}

function resolve(socket: Deno.PointerValue, family: string): number {
  const id = libnlGenl().genl_ctrl_resolve(socket, new TextEncoder().encode(`${family}\0`));
  if (id === -NLE_OBJ_NOTFOUND) throw new FamilyNotFoundError(family);
  return check(id, `Cannot resolve the netlink family "${family}"`);
}

/** The kernel has no netlink family of this name, at least not in this network namespace. */
export class FamilyNotFoundError extends Error {
  /** The error for the family of this name. */
  constructor(family: string) {
    super(
      `Cannot reach the kernel's part: no netlink family "${family}" ` +
        `(is CONFIG_SECURITY_SNET on, "snet" in lsm=, and this the initial network namespace? 'snet doctor' tells)`,
    );
    this.name = "FamilyNotFoundError";
  }
}

/** Throws what libnl says of a negative result. */
function check(value: number, what: string): number {
  if (value >= 0) return value;
  throw new Error(`${what}: ${nlError(value)}`);
}

function nlError(value: number): string {
  const text = libnl().nl_geterror(value);
  return text === null ? `libnl error ${-value}` : Deno.UnsafePointerView.getCString(text);
}

function succeed(value: number, what: string): void {
  if (value < 0) throw new Error(`Cannot ${what} on the netlink socket: ${errnoName(-value)}`);
}
