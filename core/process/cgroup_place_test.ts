import { deepEqual } from "node:assert/strict";
import { placeOf } from "./cgroup_place.ts";

const ID = "0123456789abcdef".repeat(4);
const POD = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

Deno.test("cgroup place: units of the machine, of a session, and of a user's own manager", () => {
  const places = [
    ["/system.slice/ssh.service", { unit: "ssh.service", slice: "system.slice" }],
    ["/system.slice/system-getty.slice/getty@tty1.service", {
      ...{ unit: "getty@tty1.service", slice: "system-getty.slice" },
    }],
    ["/user.slice/user-1000.slice/session-3.scope", { unit: "session-3.scope", slice: "user-1000.slice" }],
    ["/user.slice/user-1000.slice/user@1000.service/app.slice/ssh.service", {
      ...{ unit: "user@1000.service", userUnit: "ssh.service", slice: "user-1000.slice" },
    }],
    ["/user.slice/user-1000.slice/user@1000.service/app.slice/app-a\\x2db.scope/x", {
      ...{ unit: "user@1000.service", userUnit: "app-a-b.scope", slice: "user-1000.slice" },
    }],
    ["/init.scope", { unit: "init.scope" }],
    ["/", {}],
    ["/made/by/hand", {}],
  ] as const;
  for (const [path, place] of places) deepEqual(placeOf(path), { path, ...place }, path);
});

Deno.test("cgroup place: containers, however their runtimes name them", () => {
  const containers = [
    [`/system.slice/docker-${ID}.scope`, { runtime: "docker", id: ID }],
    [`/docker/${ID}`, { runtime: "docker", id: ID }],
    [`/machine.slice/libpod-${ID}.scope/container`, { runtime: "podman", id: ID }],
    [`/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope`, {
      ...{ runtime: "podman", id: ID, isClaimed: true },
    }],
    [`/user.slice/user-1000.slice/user@1000.service/docker/${ID}`, {
      ...{ runtime: "docker", id: ID, isClaimed: true },
    }],
    [`/libpod_parent/libpod-${ID}`, { runtime: "podman", id: ID }],
    [
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${
        POD.replaceAll("-", "_")
      }.slice/cri-containerd-${ID}.scope`,
      { runtime: "containerd", id: ID, pod: POD },
    ],
    [`/kubepods/burstable/pod${POD}/${ID}`, { runtime: "kubernetes", id: ID, pod: POD }],
    [`/kubepods.slice/kubepods-pod${POD.replaceAll("-", "_")}.slice/crio-${ID}.scope/container`, {
      ...{ runtime: "cri-o", id: ID, pod: POD },
    }],
    ["/lxc.payload.web1/system.slice/nginx.service", { runtime: "lxc", id: "web1" }],
    ["/lxc/web1", { runtime: "lxc", id: "web1" }],
    ["/machine.slice/systemd-nspawn@web1.service/payload", { runtime: "nspawn", id: "web1" }],
    ["/machine.slice/machine-web1.scope", { runtime: "nspawn", id: "web1" }],
  ] as const;
  for (const [path, container] of containers) deepEqual(placeOf(path).container, container, path);
  for (const path of ["/docker", "/system.slice/docker.service", "/docker/notes", `/x/${ID}`, "/lxc"]) {
    deepEqual(placeOf(path).container, undefined, path);
  }
});

Deno.test("attack: a container, or a service, calls what it makes by names of root's", () => {
  const places = [
    ["/lxc.payload.web1/system.slice/ssh.service", { container: { runtime: "lxc", id: "web1" } }],
    [`/docker/${ID}/system.slice/ssh.service`, { container: { runtime: "docker", id: ID } }],
    [`/docker/${ID}/kubepods.slice/docker-${"0".repeat(64)}.scope`, {
      container: { runtime: "docker", id: ID },
    }],
    [`/docker/${ID}/pod${POD}`, { container: { runtime: "docker", id: ID } }],
    [`/system.slice/web.service/docker-${ID}.scope`, {
      ...{ unit: "web.service", slice: "system.slice" },
      container: { runtime: "docker", id: ID, isClaimed: true },
    }],
    [`/user.slice/user-1000.slice/session-3.scope/lxc/web1`, {
      ...{ unit: "session-3.scope", slice: "user-1000.slice" },
      container: { runtime: "lxc", id: "web1", isClaimed: true },
    }],
  ] as const;
  for (const [path, place] of places) deepEqual(placeOf(path), { path, ...place }, path);
});
