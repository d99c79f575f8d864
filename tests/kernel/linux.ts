/** Numbers of Linux that the tests name. */

export const AF = { UNIX: 1, INET: 2, INET6: 10, NETLINK: 16, PACKET: 17 } as const;
export const SOCK = { STREAM: 1, DGRAM: 2, RAW: 3 } as const;
export const IPPROTO = { ICMP: 1, TCP: 6, UDP: 17 } as const;
export const ERRNO = { EPERM: 1, EACCES: 13, EHOSTUNREACH: 113, ECONNREFUSED: 111 } as const;

/** 127.0.0.1 as a number. */
export const LOOPBACK = 0x7f000001;
