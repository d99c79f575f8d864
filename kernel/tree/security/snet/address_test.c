// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: tests of addresses
 */

#include <kunit/test.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/inet.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/rxrpc.h>
#include <linux/un.h>
#include <linux/vm_sockets.h>
#include <net/ipv6.h>

#include "address.h"
#include "snet.h"

static const struct snet_kind tcp4 = { AF_INET, SOCK_STREAM, IPPROTO_TCP };
static const struct snet_kind udp4 = { AF_INET, SOCK_DGRAM, IPPROTO_UDP };
static const struct snet_kind raw4 = { AF_INET, SOCK_RAW, IPPROTO_ICMP };
static const struct snet_kind tcp6 = { AF_INET6, SOCK_STREAM, IPPROTO_TCP };
static const struct snet_kind udp6 = { AF_INET6, SOCK_DGRAM, IPPROTO_UDP };
static const struct snet_kind raw6 = { AF_INET6, SOCK_RAW, IPPROTO_ICMPV6 };
static const struct snet_kind smc6 = { AF_SMC, SOCK_STREAM, 1 };
static const struct snet_kind unix_stream = { AF_UNIX, SOCK_STREAM, 0 };
static const struct snet_kind unix_dgram = { AF_UNIX, SOCK_DGRAM, 0 };
static const struct snet_kind netlink = { AF_NETLINK, SOCK_RAW, 0 };
static const struct snet_kind packet = { AF_PACKET, SOCK_RAW, 0 };
static const struct snet_kind vsock = { AF_VSOCK, SOCK_STREAM, 0 };
static const struct snet_kind can = { AF_CAN, SOCK_RAW, 1 };

/* Every byte differs from zero before, so that a stale one is seen. */
static struct snet_address decoded;

static u32 decode(const struct snet_kind *kind, enum snet_use use,
		  const void *sockaddr, int length)
{
	memset(&decoded, 0xa5, sizeof(decoded));
	return snet_address_decode(&decoded, kind, use, sockaddr, length);
}

static struct sockaddr_in in_of(u16 family, const char *ip, u16 port)
{
	return (struct sockaddr_in){
		.sin_family = family,
		.sin_addr.s_addr = in_aton(ip),
		.sin_port = htons(port),
	};
}

static struct sockaddr_in6 in6_of(u16 family, const char *ip, u16 port,
				  u32 scope_id)
{
	struct sockaddr_in6 in6 = {
		.sin6_family = family,
		.sin6_port = htons(port),
		.sin6_scope_id = scope_id,
	};

	in6_pton(ip, -1, in6.sin6_addr.s6_addr, -1, NULL);
	return in6;
}

static void expect_inet(struct kunit *test, const char *ip, u16 port)
{
	struct snet_address expected = {
		.family = AF_INET,
		.port = port,
		.length = 4,
		.ipv4 = in_aton(ip),
	};

	KUNIT_EXPECT_EQ(test, memcmp(&decoded, &expected, sizeof(decoded)), 0);
}

static void expect_inet6(struct kunit *test, const char *ip, u16 port,
			 u32 scope_id)
{
	struct snet_address expected = {
		.family = AF_INET6,
		.port = port,
		.length = 16,
		.scope_id = scope_id,
	};

	in6_pton(ip, -1, expected.ipv6.s6_addr, -1, NULL);
	KUNIT_EXPECT_EQ(test, memcmp(&decoded, &expected, sizeof(decoded)), 0);
}

static void expect_nothing(struct kunit *test, u16 family)
{
	struct snet_address expected = { .family = family };

	KUNIT_EXPECT_EQ(test, memcmp(&decoded, &expected, sizeof(decoded)), 0);
}

static void inet_address_and_port_are_read(struct kunit *test)
{
	struct sockaddr_in in = in_of(AF_INET, "192.0.2.7", 443);

	KUNIT_EXPECT_EQ(test, decode(&tcp4, SNET_USE_CONNECT, &in, sizeof(in)),
			0);
	expect_inet(test, "192.0.2.7", 443);
}

static void unspec_is_ipv4_for_udp_and_raw_sends(struct kunit *test)
{
	struct sockaddr_in in = in_of(AF_UNSPEC, "192.0.2.7", 53);

	KUNIT_EXPECT_EQ(test, decode(&udp4, SNET_USE_SEND, &in, sizeof(in)),
			0);
	expect_inet(test, "192.0.2.7", 53);
	KUNIT_EXPECT_EQ(test, decode(&raw4, SNET_USE_SEND, &in, sizeof(in)),
			0);
	expect_inet(test, "192.0.2.7", 53);
}

static void unspec_is_ipv4_for_bind(struct kunit *test)
{
	struct sockaddr_in in = in_of(AF_UNSPEC, "0.0.0.0", 53);

	KUNIT_EXPECT_EQ(test, decode(&tcp4, SNET_USE_BIND, &in, sizeof(in)),
			0);
	expect_inet(test, "0.0.0.0", 53);
}

static void bind_of_raw_ipv4_ignores_the_family(struct kunit *test)
{
	struct sockaddr_in in = in_of(AF_CAN, "192.0.2.7", 0);

	KUNIT_EXPECT_EQ(test, decode(&raw4, SNET_USE_BIND, &in, sizeof(in)),
			0);
	expect_inet(test, "192.0.2.7", 0);
}

static void unspec_dissolves_a_connection(struct kunit *test)
{
	const struct snet_kind *const kinds[] = {
		&tcp4, &udp4, &raw4, &tcp6, &udp6, &raw6, &smc6, &unix_dgram,
		&netlink, &vsock,
	};
	struct sockaddr_in in = in_of(AF_UNSPEC, "192.0.2.7", 53);
	u32 flags;
	int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		flags = decode(kinds[i], SNET_USE_CONNECT, &in, sizeof(in));
		KUNIT_EXPECT_EQ(test, flags, SNET_EVENT_FLAG_DISCONNECT);
		expect_nothing(test, AF_UNSPEC);
	}
	flags = decode(&udp6, SNET_USE_CONNECT, &in, sizeof(sa_family_t));
	KUNIT_EXPECT_EQ(test, flags, SNET_EVENT_FLAG_DISCONNECT);
}

static void inet6_address_port_and_scope_are_read(struct kunit *test)
{
	struct sockaddr_in6 in6 = in6_of(AF_INET6, "fe80::1", 443, 7);

	KUNIT_EXPECT_EQ(test,
			decode(&tcp6, SNET_USE_CONNECT, &in6, sizeof(in6)), 0);
	expect_inet6(test, "fe80::1", 443, 7);
}

static void scope_of_a_global_address_is_dropped(struct kunit *test)
{
	struct sockaddr_in6 in6 = in6_of(AF_INET6, "2001:db8::1", 443, 7);

	decode(&tcp6, SNET_USE_CONNECT, &in6, sizeof(in6));
	expect_inet6(test, "2001:db8::1", 443, 0);
}

static void inet6_without_scope_is_long_enough(struct kunit *test)
{
	struct sockaddr_in6 in6 = in6_of(AF_INET6, "fe80::1", 443, 7);

	KUNIT_EXPECT_EQ(test,
			decode(&udp6, SNET_USE_SEND, &in6, SIN6_LEN_RFC2133),
			0);
	expect_inet6(test, "fe80::1", 443, 0);
}

static void mapped_is_shown_as_ipv4(struct kunit *test)
{
	struct sockaddr_in6 in6 = in6_of(AF_INET6, "::ffff:10.0.0.1", 80, 0);

	KUNIT_EXPECT_EQ(test,
			decode(&tcp6, SNET_USE_CONNECT, &in6, sizeof(in6)),
			SNET_EVENT_FLAG_MAPPED);
	expect_inet(test, "10.0.0.1", 80);
}

static void inet_on_an_inet6_socket_is_ipv4(struct kunit *test)
{
	struct sockaddr_in in = in_of(AF_INET, "10.0.0.1", 53);

	KUNIT_EXPECT_EQ(test, decode(&udp6, SNET_USE_SEND, &in, sizeof(in)),
			0);
	expect_inet(test, "10.0.0.1", 53);
}

static void unspec_on_udp6_sends_to_the_peer(struct kunit *test)
{
	struct sockaddr_in6 in6 = in6_of(AF_UNSPEC, "2001:db8::1", 53, 0);

	KUNIT_EXPECT_EQ(test, decode(&udp6, SNET_USE_SEND, &in6, sizeof(in6)),
			SNET_EVENT_FLAG_CONNECTED);
	expect_nothing(test, AF_INET6);
}

static void unspec_on_raw6_is_ipv6(struct kunit *test)
{
	struct sockaddr_in6 in6 = in6_of(AF_UNSPEC, "2001:db8::1", 58, 0);

	KUNIT_EXPECT_EQ(test, decode(&raw6, SNET_USE_SEND, &in6, sizeof(in6)),
			0);
	expect_inet6(test, "2001:db8::1", 58, 0);
}

static void smc_carries_ip(struct kunit *test)
{
	struct sockaddr_in6 in6 = in6_of(AF_INET6, "2001:db8::1", 80, 0);
	const struct snet_kind smc4 = { AF_SMC, SOCK_STREAM, 0 };

	KUNIT_EXPECT_EQ(test, snet_kind_carrier(&smc4), AF_INET);
	KUNIT_EXPECT_EQ(test, snet_kind_carrier(&smc6), AF_INET6);
	decode(&smc6, SNET_USE_CONNECT, &in6, sizeof(in6));
	expect_inet6(test, "2001:db8::1", 80, 0);
}

static void rxrpc_and_rds_carry_ip(struct kunit *test)
{
	const struct snet_kind rxrpc = { AF_RXRPC, SOCK_DGRAM, 0 };
	const struct snet_kind rds = { AF_RDS, SOCK_SEQPACKET, 0 };
	struct sockaddr_in in = in_of(AF_INET, "192.0.2.7", 7001);
	struct sockaddr_rxrpc srx = { .srx_family = AF_RXRPC };

	KUNIT_EXPECT_EQ(test, snet_kind_carrier(&rxrpc), AF_INET);
	KUNIT_EXPECT_EQ(test, snet_kind_carrier(&rds), AF_INET);
	decode(&rds, SNET_USE_SEND, &in, sizeof(in));
	expect_inet(test, "192.0.2.7", 7001);
	srx.transport.sin = in;
	decode(&rxrpc, SNET_USE_SEND, &srx, sizeof(srx));
	expect_inet(test, "192.0.2.7", 7001);
	srx.transport.sin6 = in6_of(AF_INET6, "2001:db8::1", 7001, 0);
	decode(&rxrpc, SNET_USE_CONNECT, &srx, sizeof(srx));
	expect_inet6(test, "2001:db8::1", 7001, 0);
}

static void short_addresses_are_unnamed(struct kunit *test)
{
	struct sockaddr_storage all = {};
	const u16 families[] = { AF_INET, AF_INET6, AF_NETLINK, AF_VSOCK };
	const int lengths[] = { sizeof(struct sockaddr_in),
				SIN6_LEN_RFC2133, sizeof(struct sockaddr_nl),
				sizeof(struct sockaddr_vm) };
	int i, length;

	for (i = 0; i < ARRAY_SIZE(families); i++) {
		const struct snet_kind kind = { families[i], SOCK_DGRAM, 0 };

		all.ss_family = families[i];
		for (length = -1; length < lengths[i]; length++) {
			KUNIT_EXPECT_EQ(test,
					decode(&kind, SNET_USE_BIND, &all,
					       length),
					SNET_EVENT_FLAG_UNNAMED);
			expect_nothing(test, families[i]);
		}
		KUNIT_EXPECT_EQ(test,
				decode(&kind, SNET_USE_BIND, &all, length), 0);
	}
}

static void no_address_is_unnamed(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, decode(&udp4, SNET_USE_SEND, NULL, 0),
			SNET_EVENT_FLAG_UNNAMED);
	expect_nothing(test, AF_INET);
}

/* KASAN sees a byte that is read behind the end. */
static void nothing_is_read_behind_the_end(struct kunit *test)
{
	const u16 families[] = { AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6,
				 AF_NETLINK, AF_PACKET, AF_VSOCK, AF_CAN };
	int i, j, length;

	for (length = 0; length <= sizeof(struct sockaddr_storage); length++) {
		u8 *exact = kunit_kzalloc(test, max(length, 1), GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, exact);
		memset(exact, 0xff, length);
		for (i = 0; i < ARRAY_SIZE(families); i++) {
			const struct snet_kind kind = { families[i],
							SOCK_RAW, 0 };

			if (length >= sizeof(sa_family_t))
				memcpy(exact, &families[i],
				       sizeof(sa_family_t));
			for (j = SNET_USE_BIND; j <= SNET_USE_NAME; j++)
				decode(&kind, j, exact, length);
			KUNIT_EXPECT_LE(test, decoded.length,
					sizeof(decoded.bytes));
		}
	}
}

static int un_of(struct sockaddr_un *un, const char *path, int length)
{
	memset(un, 'x', sizeof(*un));
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, length);
	return offsetof(struct sockaddr_un, sun_path) + length;
}

static void expect_bytes(struct kunit *test, const void *bytes, u32 length)
{
	KUNIT_EXPECT_EQ(test, decoded.length, length);
	KUNIT_EXPECT_EQ(test, memcmp(decoded.bytes, bytes, length), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(decoded.bytes + length, 0,
					   sizeof(decoded.bytes) - length));
}

static void unix_path_ends_at_nul_or_length(struct kunit *test)
{
	struct sockaddr_un un;
	int length = un_of(&un, "/run/a\0b", 8);

	KUNIT_EXPECT_EQ(test,
			decode(&unix_stream, SNET_USE_CONNECT, &un, length),
			SNET_EVENT_FLAG_ADVISORY_PATH);
	expect_bytes(test, "/run/a", 6);
	KUNIT_EXPECT_EQ(test, decoded.abstract, 0);

	length = un_of(&un, "/run/a", 4);
	decode(&unix_stream, SNET_USE_CONNECT, &un, length);
	expect_bytes(test, "/run", 4);
}

static void unix_path_of_all_bytes_has_no_nul(struct kunit *test)
{
	char path[UNIX_PATH_MAX];
	struct sockaddr_un un;
	int length;

	memset(path, 'p', sizeof(path));
	length = un_of(&un, path, sizeof(path));
	decode(&unix_stream, SNET_USE_BIND, &un, length);
	expect_bytes(test, path, sizeof(path));
}

static void unix_abstract_name_keeps_its_nuls(struct kunit *test)
{
	struct sockaddr_un un;
	int length = un_of(&un, "\0a\0b", 4);

	KUNIT_EXPECT_EQ(test,
			decode(&unix_stream, SNET_USE_CONNECT, &un, length),
			0);
	KUNIT_EXPECT_EQ(test, decoded.abstract, 1);
	expect_bytes(test, "a\0b", 3);
}

static void unix_autobind_is_unnamed(struct kunit *test)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	KUNIT_EXPECT_EQ(test,
			decode(&unix_stream, SNET_USE_BIND, &un,
			       offsetof(struct sockaddr_un, sun_path)),
			SNET_EVENT_FLAG_UNNAMED);
	expect_nothing(test, AF_UNIX);
}

static void netlink_port_and_groups_are_read(struct kunit *test)
{
	struct sockaddr_nl nl = {
		.nl_family = AF_NETLINK,
		.nl_pid = 1234,
		.nl_groups = 5,
	};
	struct snet_address expected = {
		.family = AF_NETLINK,
		.port_id = 1234,
		.groups = 5,
	};

	KUNIT_EXPECT_EQ(test, decode(&netlink, SNET_USE_SEND, &nl, sizeof(nl)),
			0);
	KUNIT_EXPECT_EQ(test, memcmp(&decoded, &expected, sizeof(decoded)), 0);
}

static void packet_sends_ignore_the_family(struct kunit *test)
{
	struct sockaddr_ll ll = {
		.sll_family = AF_INET,
		.sll_protocol = htons(0x0806),
		.sll_ifindex = 3,
		.sll_halen = 6,
		.sll_addr = { 2, 0, 0, 0, 0, 1 },
	};

	KUNIT_EXPECT_EQ(test, decode(&packet, SNET_USE_SEND, &ll, sizeof(ll)),
			0);
	KUNIT_EXPECT_EQ(test, decoded.family, AF_PACKET);
	KUNIT_EXPECT_EQ(test, decoded.ifindex, 3);
	KUNIT_EXPECT_EQ(test, decoded.port, 0x0806);
	expect_bytes(test, ll.sll_addr, 6);
}

static void packet_hardware_ends_at_the_length(struct kunit *test)
{
	struct sockaddr_ll ll = {
		.sll_family = AF_PACKET,
		.sll_halen = 200,
		.sll_addr = { 2, 0, 0, 0, 0, 1, 9, 9 },
	};

	decode(&packet, SNET_USE_SEND, &ll,
	       offsetof(struct sockaddr_ll, sll_addr) + 6);
	expect_bytes(test, ll.sll_addr, 6);
}

static void vsock_cid_and_port_are_read(struct kunit *test)
{
	struct sockaddr_vm vm = {
		.svm_family = AF_VSOCK,
		.svm_cid = VMADDR_CID_HOST,
		.svm_port = 70000,
	};

	KUNIT_EXPECT_EQ(test, decode(&vsock, SNET_USE_CONNECT, &vm, sizeof(vm)),
			0);
	KUNIT_EXPECT_EQ(test, decoded.family, AF_VSOCK);
	KUNIT_EXPECT_EQ(test, decoded.cid, VMADDR_CID_HOST);
	KUNIT_EXPECT_EQ(test, decoded.vsock_port, 70000);
}

static void other_families_are_kept_as_given(struct kunit *test)
{
	const u8 bytes[] = { AF_CAN & 0xff, AF_CAN >> 8, 1, 2, 3 };

	KUNIT_EXPECT_EQ(test,
			decode(&can, SNET_USE_BIND, bytes, sizeof(bytes)), 0);
	KUNIT_EXPECT_EQ(test, decoded.family, AF_CAN);
	expect_bytes(test, bytes, sizeof(bytes));
}

static void any_ipv4_is_the_own_address(struct kunit *test)
{
	struct snet_address local;

	snet_address_set_ipv4(&decoded, 0, 80);
	snet_address_set_ipv4(&local, 0, 0);
	snet_address_to_self(&decoded, &local);
	expect_inet(test, "127.0.0.1", 80);

	snet_address_set_ipv4(&decoded, 0, 80);
	snet_address_set_ipv4(&local, in_aton("192.0.2.7"), 0);
	snet_address_to_self(&decoded, &local);
	expect_inet(test, "192.0.2.7", 80);
}

static void any_ipv6_is_loopback(struct kunit *test)
{
	struct in6_addr any = IN6ADDR_ANY_INIT;
	struct snet_address local = { .family = AF_INET6, .length = 16 };

	snet_address_set_ipv6(&decoded, &any, 80, 0);
	snet_address_to_self(&decoded, &local);
	expect_inet6(test, "::1", 80, 0);

	snet_address_set_ipv6(&decoded, &any, 80, 0);
	snet_address_set_ipv4(&local, in_aton("192.0.2.7"), 0);
	snet_address_to_self(&decoded, &local);
	expect_inet(test, "127.0.0.1", 80);
}

static void other_destinations_stay(struct kunit *test)
{
	struct snet_address local;

	snet_address_set_ipv4(&local, in_aton("192.0.2.7"), 0);
	snet_address_set_ipv4(&decoded, in_aton("10.0.0.1"), 80);
	snet_address_to_self(&decoded, &local);
	expect_inet(test, "10.0.0.1", 80);
	decode(&udp4, SNET_USE_SEND, NULL, 0);
	snet_address_to_self(&decoded, &local);
	expect_nothing(test, AF_INET);
}

static struct kunit_case snet_address_cases[] = {
	KUNIT_CASE(inet_address_and_port_are_read),
	KUNIT_CASE(unspec_is_ipv4_for_udp_and_raw_sends),
	KUNIT_CASE(unspec_is_ipv4_for_bind),
	KUNIT_CASE(bind_of_raw_ipv4_ignores_the_family),
	KUNIT_CASE(unspec_dissolves_a_connection),
	KUNIT_CASE(inet6_address_port_and_scope_are_read),
	KUNIT_CASE(scope_of_a_global_address_is_dropped),
	KUNIT_CASE(inet6_without_scope_is_long_enough),
	KUNIT_CASE(mapped_is_shown_as_ipv4),
	KUNIT_CASE(inet_on_an_inet6_socket_is_ipv4),
	KUNIT_CASE(unspec_on_udp6_sends_to_the_peer),
	KUNIT_CASE(unspec_on_raw6_is_ipv6),
	KUNIT_CASE(smc_carries_ip),
	KUNIT_CASE(rxrpc_and_rds_carry_ip),
	KUNIT_CASE(short_addresses_are_unnamed),
	KUNIT_CASE(no_address_is_unnamed),
	KUNIT_CASE(nothing_is_read_behind_the_end),
	KUNIT_CASE(unix_path_ends_at_nul_or_length),
	KUNIT_CASE(unix_path_of_all_bytes_has_no_nul),
	KUNIT_CASE(unix_abstract_name_keeps_its_nuls),
	KUNIT_CASE(unix_autobind_is_unnamed),
	KUNIT_CASE(netlink_port_and_groups_are_read),
	KUNIT_CASE(packet_sends_ignore_the_family),
	KUNIT_CASE(packet_hardware_ends_at_the_length),
	KUNIT_CASE(vsock_cid_and_port_are_read),
	KUNIT_CASE(other_families_are_kept_as_given),
	KUNIT_CASE(any_ipv4_is_the_own_address),
	KUNIT_CASE(any_ipv6_is_loopback),
	KUNIT_CASE(other_destinations_stay),
	{}
};

static struct kunit_suite snet_address_suite = {
	.name = "snet-address",
	.test_cases = snet_address_cases,
};

kunit_test_suite(snet_address_suite);
