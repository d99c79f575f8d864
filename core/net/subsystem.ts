/**
 * The family of network calls, as the snet kernel and `snet run` tell of them. Its events have a codec made for them
 * (ffi/event.ts), its operands an index (plugins/rules); what they are called, what they mean, what a ticket holds of them
 * and how they are shown is declared here.
 */

import { EVENT_DOCS } from "../../ffi/mod.ts";
import { defineSubsystem } from "../subsystem.ts";
import { showCall } from "./show.ts";

const WITH_REMOTE = ["connect", "post_accept", "sendmsg", "recvmsg", "shutdown", "close"] as const;
const WITH_LOCAL = [...WITH_REMOTE, "bind", "listen", "accept"] as const;
const TO_OR_FROM = ["to", "from"];

/** Calls on sockets. */
export const network = defineSubsystem({
  name: "snet",
  doc: "Calls on sockets.",
  events: {
    socket: { doc: EVENT_DOCS["snet.socket"], wish: "open a socket" },
    bind: { doc: EVENT_DOCS["snet.bind"], wish: "bind to an address" },
    connect: { doc: EVENT_DOCS["snet.connect"], wish: "connect" },
    listen: { doc: EVENT_DOCS["snet.listen"], wish: "listen" },
    accept: { doc: EVENT_DOCS["snet.accept"], wish: "wait for connections" },
    post_accept: { doc: EVENT_DOCS["snet.post_accept"], wish: "accept a connection" },
    sendmsg: { doc: EVENT_DOCS["snet.sendmsg"], wish: "send" },
    recvmsg: { doc: EVENT_DOCS["snet.recvmsg"], wish: "receive" },
    shutdown: { doc: EVENT_DOCS["snet.shutdown"], wish: "shut down a connection" },
    close: { doc: EVENT_DOCS["snet.close"], told: true },
  },
  aliases: {
    out: {
      doc: "What leaves: connect, fast open, and a send with an address.",
      events: ["connect", "sendmsg"],
    },
    in: { doc: "What lets others in.", events: ["bind", "listen", "post_accept"] },
  },
  attributes: {
    "socket.family": {
      type: "integer",
      doc: "Address family of the socket (AF_x).",
      ticket: "always",
      rule: "family",
      read: ({ socket }) => socket.family,
    },
    "socket.type": {
      type: "integer",
      doc: "Type of the socket (SOCK_x).",
      ticket: "always",
      rule: "type",
      read: ({ socket }) => socket.type,
    },
    "socket.protocol": {
      type: "integer",
      doc: "Protocol (IPPROTO_x, or the family's own numbers).",
      ticket: "always",
      rule: "proto",
      read: ({ socket }) => socket.protocol,
    },
    "socket.cookie": {
      type: "u64",
      doc: "The socket itself (SO_COOKIE).",
      ticket: "cookie",
      rule: false,
      read: ({ socket }) => socket.cookie,
    },
    "local.ip": {
      type: "address",
      doc: "Local IP address: bound, or asked for by bind.",
      events: WITH_LOCAL,
      ticket: "local-address",
      rule: TO_OR_FROM,
      read: ({ local }) => local?.ip,
    },
    "local.port": {
      type: "integer",
      doc: "Local port.",
      events: WITH_LOCAL,
      ticket: "local-port",
      rule: "port",
      read: ({ local }) => local?.port,
    },
    "local.path": {
      type: "path",
      doc: "Local path of an AF_UNIX socket.",
      events: WITH_LOCAL,
      ticket: "local-address",
      rule: TO_OR_FROM,
      read: ({ local }) => local?.path,
    },
    "local.abstract": {
      type: "string",
      doc: "Local name of an abstract AF_UNIX socket, without its NUL.",
      events: WITH_LOCAL,
      ticket: "local-address",
      rule: TO_OR_FROM,
      read: ({ local }) => local?.abstract,
    },
    "remote.ip": {
      type: "address",
      doc: "Remote IP address as the protocol will use it.",
      events: WITH_REMOTE,
      ticket: "remote-address",
      rule: TO_OR_FROM,
      read: ({ remote }) => remote?.ip,
    },
    "remote.port": {
      type: "integer",
      doc: "Remote port.",
      events: WITH_REMOTE,
      ticket: "remote-port",
      rule: "port",
      read: ({ remote }) => remote?.port,
    },
    "remote.path": {
      type: "path",
      doc: "Path of the AF_UNIX socket at the other end.",
      events: WITH_REMOTE,
      ticket: "remote-address",
      rule: TO_OR_FROM,
      read: ({ remote }) => remote?.path,
    },
    "remote.abstract": {
      type: "string",
      doc: "Name of the abstract AF_UNIX socket at the other end, without its NUL.",
      events: WITH_REMOTE,
      ticket: "remote-address",
      rule: TO_OR_FROM,
      read: ({ remote }) => remote?.abstract,
    },
    backlog: {
      type: "integer",
      doc: "Connections that may wait.",
      events: ["listen"],
      ticket: "flags",
      rule: false,
      read: ({ backlog }) => backlog,
    },
    how: {
      type: "integer",
      doc: "0 read, 1 write, 2 both.",
      events: ["shutdown"],
      ticket: "flags",
      rule: false,
      read: ({ how }) => how,
    },
    messageFlags: {
      type: "integer",
      doc: "MSG_x of a send or receive.",
      events: ["sendmsg", "recvmsg"],
      ticket: "flags",
      rule: false,
      read: ({ messageFlags }) => messageFlags,
    },
    length: {
      type: "u64",
      doc: "Bytes to be sent, or room to receive.",
      events: ["sendmsg", "recvmsg"],
      ticket: "volatile",
      rule: false,
      read: ({ length }) => length,
    },
    payload: {
      type: "bytes",
      doc: "First bytes to be sent, where `kernel.payload` asks for them.",
      events: ["sendmsg"],
      ticket: "volatile",
      rule: "payload",
      read: ({ payload }) => payload,
    },
  },
  show: showCall,
});
