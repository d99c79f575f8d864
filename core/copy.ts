/** A plain copy of an event, for whoever keeps it longer than the call in which it was given. */

import type { Address, SnetEvent } from "./event.ts";

/** Copies every part of `event`; the copy is frozen and reading it is not noted. */
export function copyOf(event: SnetEvent): SnetEvent {
  const { task, socket } = event;
  const copy: SnetEvent = {
    id: event.id,
    name: event.name,
    flags: event.flags,
    time: event.time,
    timeLeft: event.timeLeft,
    task: Object.freeze({
      pid: task.pid,
      tid: task.tid,
      ppid: task.ppid,
      startTime: task.startTime,
      uid: task.uid,
      gid: task.gid,
      loginuid: task.loginuid,
      comm: task.comm,
      exe: task.exe,
      exeUnlinked: task.exeUnlinked,
      exeDev: task.exeDev,
      exeIno: task.exeIno,
      exeGeneration: task.exeGeneration,
      exeCtime: task.exeCtime,
      exeMntns: task.exeMntns,
      cgroup: task.cgroup,
      netns: task.netns,
      mntns: task.mntns,
      cmdline: task.cmdline,
      parents: task.parents,
    }),
    socket: Object.freeze({
      family: socket.family,
      type: socket.type,
      protocol: socket.protocol,
      cookie: socket.cookie,
    }),
    local: copyOfAddress(event.local),
    remote: copyOfAddress(event.remote),
    backlog: event.backlog,
    how: event.how,
    messageFlags: event.messageFlags,
    length: event.length,
    payload: event.payload?.slice(),
    ...(event.attributes !== undefined && { attributes: Object.freeze({ ...event.attributes }) }),
    read: 0,
    readVolatile() {},
    copy: () => copy,
  };
  return Object.freeze(copy);
}

function copyOfAddress(address: Address | undefined): Address | undefined {
  if (address === undefined) return undefined;
  return Object.freeze({
    family: address.family,
    ipv4: address.ipv4,
    ipv6: address.ipv6?.slice(),
    ip: address.ip,
    port: address.port,
    scopeId: address.scopeId,
    path: address.path,
    abstract: address.abstract,
    portId: address.portId,
    groups: address.groups,
    ifindex: address.ifindex,
    protocol: address.protocol,
    hardware: address.hardware?.slice(),
    cid: address.cid,
    vsockPort: address.vsockPort,
    raw: address.raw?.slice(),
  });
}
