// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: addresses, decoded as the socket's protocol reads them
 *
 * A sockaddr's own family does not tell how it will be read: UDP takes
 * AF_UNSPEC with an address for IPv4, an IPv6 socket sends to AF_INET, raw
 * IPv6 takes AF_UNSPEC for IPv6. What the protocol would refuse is shown by
 * its own family, since nothing comes of it. No reading goes past the length
 * that the program gave.
 */

#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/rxrpc.h>
#include <linux/string.h>
#include <linux/un.h>
#include <linux/vm_sockets.h>
#include <net/ipv6.h>

#include "address.h"
#include "snet.h"

/* net/smc/smc.h: an AF_SMC socket of protocol 1 carries IPv6, others IPv4. */
#define SMC_CARRIES_IPV6	1

#define UN_PATH_OFFSET		offsetof(struct sockaddr_un, sun_path)
#define LL_HARDWARE_OFFSET	offsetof(struct sockaddr_ll, sll_addr)
#define RXRPC_OFFSET		offsetof(struct sockaddr_rxrpc, transport)

/* Longest hardware address of a network device: MAX_ADDR_LEN. */
#define LL_HARDWARE_MOST	32

/**
 * snet_kind_carrier() - The family whose addresses a socket uses
 * @kind: The socket.
 *
 * Return: AF_INET or AF_INET6 for AF_SMC, which connects over TCP; AF_INET for
 * AF_RXRPC and AF_RDS, which anybody may send UDP and TCP with, IPv6 too; the
 * socket's own family otherwise.
 */
u16 snet_kind_carrier(const struct snet_kind *kind)
{
	switch (kind->family) {
	case AF_SMC:
		return kind->protocol == SMC_CARRIES_IPV6 ? AF_INET6 : AF_INET;
	case AF_RXRPC:
	case AF_RDS:
		return AF_INET;
	default:
		return kind->family;
	}
}

/**
 * snet_address_set_ipv4() - Set an IPv4 address
 * @to: Every byte is set.
 * @ipv4: The address.
 * @port: In host byte order.
 */
void snet_address_set_ipv4(struct snet_address *to, __be32 ipv4, u16 port)
{
	memset(to, 0, sizeof(*to));
	to->family = AF_INET;
	to->port = port;
	to->length = sizeof(ipv4);
	to->ipv4 = ipv4;
}

/* As __ipv6_addr_needs_scope_id(), which a kernel without IPv6 lacks. */
static bool needs_scope(const struct in6_addr *ipv6)
{
	const u8 scope = ipv6->s6_addr[1] & 0xf;

	if (ipv6->s6_addr[0] == 0xff)
		return scope == IPV6_ADDR_SCOPE_NODELOCAL ||
		       scope == IPV6_ADDR_SCOPE_LINKLOCAL;
	return ipv6->s6_addr[0] == 0xfe && (ipv6->s6_addr[1] & 0xc0) == 0x80;
}

/**
 * snet_address_set_ipv6() - Set an IPv6 address, or the IPv4 one mapped in it
 * @to: Every byte is set.
 * @ipv6: The address.
 * @port: In host byte order.
 * @scope_id: Interface index; kept only where the address needs one.
 *
 * Return: SNET_EVENT_FLAG_MAPPED for an IPv4-mapped address, 0 otherwise.
 */
u32 snet_address_set_ipv6(struct snet_address *to, const struct in6_addr *ipv6,
			  u16 port, u32 scope_id)
{
	if (ipv6_addr_v4mapped(ipv6)) {
		snet_address_set_ipv4(to, ipv6->s6_addr32[3], port);
		return SNET_EVENT_FLAG_MAPPED;
	}
	memset(to, 0, sizeof(*to));
	to->family = AF_INET6;
	to->port = port;
	to->length = sizeof(*ipv6);
	to->ipv6 = *ipv6;
	if (needs_scope(ipv6))
		to->scope_id = scope_id;
	return 0;
}

/* SIN6_LEN_RFC2133: without the scope id, which IPv6 sockets take as well. */
static size_t shortest(u16 family)
{
	switch (family) {
	case AF_INET:
		return sizeof(struct sockaddr_in);
	case AF_INET6:
		return SIN6_LEN_RFC2133;
	case AF_UNIX:
		return UN_PATH_OFFSET + 1;
	case AF_NETLINK:
		return sizeof(struct sockaddr_nl);
	case AF_PACKET:
		return LL_HARDWARE_OFFSET;
	case AF_VSOCK:
		return sizeof(struct sockaddr_vm);
	default:
		return sizeof(sa_family_t);
	}
}

static u32 read_inet(struct snet_address *to, const void *sockaddr)
{
	struct sockaddr_in in;

	memcpy(&in, sockaddr, sizeof(in));
	snet_address_set_ipv4(to, in.sin_addr.s_addr, ntohs(in.sin_port));
	return 0;
}

static u32 read_inet6(struct snet_address *to, const void *sockaddr,
		      size_t length)
{
	struct sockaddr_in6 in6 = {};

	memcpy(&in6, sockaddr, min(length, sizeof(in6)));
	return snet_address_set_ipv6(to, &in6.sin6_addr, ntohs(in6.sin6_port),
				     in6.sin6_scope_id);
}

/* A path ends at a NUL or at the given length, whichever is first. */
static u32 read_unix(struct snet_address *to, const void *sockaddr,
		     size_t length)
{
	const char *path = sockaddr + UN_PATH_OFFSET;
	const size_t room = min_t(size_t, length - UN_PATH_OFFSET,
				  UNIX_PATH_MAX);

	if (!path[0]) {
		to->abstract = 1;
		to->length = room - 1;
		memcpy(to->bytes, path + 1, to->length);
		return 0;
	}
	to->length = strnlen(path, room);
	memcpy(to->bytes, path, to->length);
	return SNET_EVENT_FLAG_ADVISORY_PATH;
}

static u32 read_netlink(struct snet_address *to, const void *sockaddr)
{
	struct sockaddr_nl nl;

	memcpy(&nl, sockaddr, sizeof(nl));
	to->port_id = nl.nl_pid;
	to->groups = nl.nl_groups;
	return 0;
}

static u32 read_packet(struct snet_address *to, const void *sockaddr,
		       size_t length)
{
	struct sockaddr_ll ll = {};

	memcpy(&ll, sockaddr, min(length, sizeof(ll)));
	to->ifindex = ll.sll_ifindex;
	to->port = ntohs(ll.sll_protocol);
	to->length = min3((size_t)ll.sll_halen, length - LL_HARDWARE_OFFSET,
			  (size_t)LL_HARDWARE_MOST);
	memcpy(to->bytes, sockaddr + LL_HARDWARE_OFFSET, to->length);
	return 0;
}

static u32 read_vsock(struct snet_address *to, const void *sockaddr)
{
	struct sockaddr_vm vm;

	memcpy(&vm, sockaddr, sizeof(vm));
	to->cid = vm.svm_cid;
	to->vsock_port = vm.svm_port;
	return 0;
}

static u32 read_raw(struct snet_address *to, const void *sockaddr,
		    size_t length)
{
	to->length = min_t(size_t, length, sizeof(to->bytes));
	memcpy(to->bytes, sockaddr, to->length);
	return 0;
}

static u32 read_as(struct snet_address *to, u16 family, const void *sockaddr,
		   size_t length)
{
	/* The address beneath a service, of which rules know nothing. */
	if (family == AF_RXRPC && length >= RXRPC_OFFSET + sizeof(family)) {
		sockaddr += RXRPC_OFFSET;
		length -= RXRPC_OFFSET;
		memcpy(&family, sockaddr, sizeof(family));
	}
	to->family = family;
	if (length < shortest(family))
		return SNET_EVENT_FLAG_UNNAMED;
	switch (family) {
	case AF_INET:
		return read_inet(to, sockaddr);
	case AF_INET6:
		return read_inet6(to, sockaddr, length);
	case AF_UNIX:
		return read_unix(to, sockaddr, length);
	case AF_NETLINK:
		return read_netlink(to, sockaddr);
	case AF_PACKET:
		return read_packet(to, sockaddr, length);
	case AF_VSOCK:
		return read_vsock(to, sockaddr);
	default:
		return read_raw(to, sockaddr, length);
	}
}

/*
 * Raw and UDP sockets send to AF_UNSPEC as to AF_INET (net/ipv4/raw.c, udp.c,
 * net/l2tp/l2tp_ip.c), bind(2) takes it too, and that of raw sockets does not
 * look at the family at all.
 */
static u16 inet_family(const struct snet_kind *kind, enum snet_use use,
		       u16 family)
{
	if (family == AF_UNSPEC)
		return AF_INET;
	if (use == SNET_USE_BIND && kind->type == SOCK_RAW)
		return AF_INET;
	return family;
}

/* rawv6_sendmsg() and l2tp_ip6_sendmsg() take AF_UNSPEC for AF_INET6. */
static u16 inet6_family(const struct snet_kind *kind, enum snet_use use,
			u16 family)
{
	if (family == AF_UNSPEC && use == SNET_USE_SEND &&
	    (kind->type == SOCK_RAW || kind->protocol == IPPROTO_L2TP))
		return AF_INET6;
	return family;
}

/* Neither packet_snd() nor tpacket_snd() looks at the family. */
static u16 packet_family(const struct snet_kind *kind, u16 family)
{
	return kind->type == SOCK_PACKET ? family : AF_PACKET;
}

static bool is_udp(const struct snet_kind *kind)
{
	return kind->type == SOCK_DGRAM && (kind->protocol == IPPROTO_UDP ||
					    kind->protocol == IPPROTO_UDPLITE);
}

/* connect(2) with AF_UNSPEC dissolves an association in these families. */
static bool disconnects(u16 carrier)
{
	return carrier == AF_INET || carrier == AF_INET6 ||
	       carrier == AF_UNIX || carrier == AF_NETLINK ||
	       carrier == AF_VSOCK;
}

/**
 * snet_address_decode() - Read a sockaddr as the socket's protocol will
 * @to: Every byte is set.
 * @kind: The socket.
 * @use: What the protocol is given the address for.
 * @sockaddr: The address in kernel memory, or NULL; need not be aligned.
 * @length: Bytes at @sockaddr.
 *
 * Return: Bits of &enum snet_event_flag. SNET_EVENT_FLAG_CONNECTED: the
 * protocol drops the address for the connected peer, which the caller fills
 * in. SNET_EVENT_FLAG_UNNAMED: there is no address, or too little of it.
 */
u32 snet_address_decode(struct snet_address *to, const struct snet_kind *kind,
			enum snet_use use, const void *sockaddr, int length)
{
	const u16 carrier = snet_kind_carrier(kind);
	sa_family_t family;

	memset(to, 0, sizeof(*to));
	to->family = carrier;
	if (!sockaddr || length < (int)sizeof(family))
		return SNET_EVENT_FLAG_UNNAMED;
	memcpy(&family, sockaddr, sizeof(family));
	if (family == AF_UNSPEC && use == SNET_USE_CONNECT &&
	    disconnects(carrier)) {
		to->family = AF_UNSPEC;
		return SNET_EVENT_FLAG_DISCONNECT;
	}
	/* udpv6_sendmsg(): the name is dropped for the connected peer. */
	if (family == AF_UNSPEC && use == SNET_USE_SEND &&
	    carrier == AF_INET6 && is_udp(kind))
		return SNET_EVENT_FLAG_CONNECTED;
	if (carrier == AF_INET)
		family = inet_family(kind, use, family);
	else if (carrier == AF_INET6)
		family = inet6_family(kind, use, family);
	else if (carrier == AF_PACKET)
		family = packet_family(kind, family);
	return read_as(to, family, sockaddr, length);
}

static bool can_be_own(__be32 ipv4)
{
	return ipv4 && !ipv4_is_multicast(ipv4) && !ipv4_is_lbcast(ipv4);
}

/**
 * snet_address_to_self() - Name what "any" means as a destination
 * @remote: A destination; changed if it is 0.0.0.0 or ::.
 * @local: The address that the socket is bound to.
 *
 * IPv4 routes 0.0.0.0 to the source address, or to loopback where there is
 * none (ip_route_output_key_hash_rcu()); IPv6 takes :: for loopback, that of
 * IPv4 where the socket is bound to a mapped address (tcp_v6_connect(),
 * __ip6_datagram_connect(), udpv6_sendmsg()).
 */
void snet_address_to_self(struct snet_address *remote,
			  const struct snet_address *local)
{
	const bool bound_to_ipv4 = local->family == AF_INET &&
				   can_be_own(local->ipv4);

	if (remote->family == AF_INET && remote->length && !remote->ipv4) {
		remote->ipv4 = bound_to_ipv4 ? local->ipv4 :
					       htonl(INADDR_LOOPBACK);
		return;
	}
	if (remote->family != AF_INET6 || !remote->length ||
	    !ipv6_addr_any(&remote->ipv6))
		return;
	if (bound_to_ipv4)
		snet_address_set_ipv4(remote, htonl(INADDR_LOOPBACK),
				      remote->port);
	else
		remote->ipv6 = (struct in6_addr)IN6ADDR_LOOPBACK_INIT;
}
