/**
 * snet for programs: attach to the kernel, receive an event for each held call, answer.
 *
 * Names and numbers of the protocol come from `protocol.ts`, which is generated and documents each of them.
 * System calls return the negative errno where they fail; commands throw {@linkcode NetlinkError}.
 *
 * ```ts ignore
 * import { Action, eventMask, PollSet, SnetSocket } from "./mod.ts";
 *
 * using socket = SnetSocket.open();
 * socket.attach({ name: "example", events: eventMask("snet.connect") });
 * const poll = new PollSet([{ fd: socket.fd }]);
 * while (poll.wait(-1) >= 0) {
 *   socket.receive((event) => {
 *     console.log(event.name, event.task.exe, event.remote?.ip, event.remote?.port);
 *     socket.answer(event.id, Action.Allow);
 *   });
 *   socket.send();
 * }
 * ```
 *
 * @module
 */

export * from "./protocol.ts";
export { type AddressCopy, AddressView } from "./address.ts";
export { MessageWriter, readAttributes, writeAttributes } from "./codec.ts";
export { callKey } from "./call_key.ts";
export { CallThread } from "./call_thread.ts";
export type { Transport } from "./command.ts";
export { ERRNO, type ErrnoName, errnoName, errnoNumber } from "./errno.ts";
export { NetlinkError } from "./errors.ts";
export { EventFd, wakeEvent } from "./eventfd.ts";
export {
  type EventCopy,
  EventMessage,
  type ParentProcess,
  type SocketCopy,
  SocketView,
  type TaskCopy,
  TaskView,
} from "./event.ts";
export { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "./ip.ts";
export { landlockAbi, tcpRuleset } from "./landlock.ts";
export {
  Clock,
  clockGettime,
  close,
  connect,
  type FileStatus,
  fstat,
  geteuid,
  kill,
  Open,
  openat2,
  Poll,
  PollSet,
  Resolve,
  send,
  setSocketOption,
  socket,
  SocketType,
  umask,
} from "./libc.ts";
export { FamilyNotFoundError } from "./libnl.ts";
export { peerCredentials, peerGroups, peerProcess } from "./peer.ts";
export {
  attributeSize,
  becomeSubreaper,
  becomeUndumpable,
  blockedSignals,
  type ChildReport,
  ignoreSignal,
  leaveSignalsToOthers,
  nextChild,
  openProcess,
  raiseDefault,
  Signal,
  signalBit,
  signalProcess,
  unblockSignals,
} from "./process.ts";
export {
  type DomainRules,
  domainRuleset,
  type DomainStrength,
  domainStrength,
  type PathAccess,
} from "./sandbox/domain.ts";
export { renounceExemption } from "./sandbox/exemption.ts";
export { noExecuteFilter, pluginFilter, type PluginFilterOptions } from "./sandbox/filter.ts";
export {
  becomeUser,
  dieWith,
  dropCapabilities,
  enterDomain,
  Execution,
  filterCalls,
  type Image,
  limitSelf,
  lowerPriority,
  mayExecute,
  memoryFile,
  noNewPrivileges,
  openExecutable,
  openMemoryStatus,
  ownData,
  ownSession,
  ResourceLimit,
} from "./sandbox/self.ts";
export { type FilterOptions, INTERCEPTED_EVENTS, seccompFilter } from "./seccomp/filter.ts";
export { confine, type Confined, SeccompError, seccompLacks } from "./seccomp/install.ts";
export { carrierOf } from "./seccomp/sockaddr.ts";
export { SeccompSource } from "./seccomp/source.ts";
export { spawn, type SpawnOptions } from "./spawn.ts";
export { utf8, utf8Bytes } from "./strings.ts";
export {
  processGroup,
  signalsByKeys,
  singleKeys,
  Terminal,
  type TerminalSettings,
  type TerminalSize,
} from "./terminal.ts";
export {
  type AttachOptions,
  type CancelHandler,
  type EventHandler,
  eventMask,
  type RefusalHandler,
  type Settings,
  SnetSocket,
  type SnetSocketOptions,
  wakeReceiver,
} from "./netlink.ts";
