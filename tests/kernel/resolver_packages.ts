/** unbound and systemd-resolved as Debian has them, unpacked: installed they would start, and take over /etc/resolv.conf. */

import { unpackPackages } from "../../kernel/setup.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Where they lie; inside the test kernel it is /run/resolvers. */
export const RESOLVER_FOLDER = `${ROOT}.cache/resolvers`;

/** The programs, and libraries that not every machine has. */
const PACKAGES = [
  "unbound",
  "libevent-2.1-7",
  "libnghttp2-14",
  "libprotobuf-c1",
  "libpython3.11",
  "systemd-resolved",
  "libsystemd-shared",
];

/** Unpacks them if they are not there. */
export async function unpackResolvers(): Promise<void> {
  await unpackPackages(PACKAGES, RESOLVER_FOLDER);
}
