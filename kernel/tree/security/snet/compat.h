/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * snet: where kernels from 6.1 to 6.12 and configurations differ
 */
#ifndef _SECURITY_SNET_COMPAT_H
#define _SECURITY_SNET_COMPAT_H

#include <linux/cgroup.h>
#include <linux/compat.h>
#include <linux/sched/task_stack.h>
#include <linux/version.h>
#include <linux/wait.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include <asm/ptrace.h>
#include <asm/syscall.h>

/**
 * snet_wake - Wake the task that waits for a verdict
 * @wait: Where it waits.
 * @alone: No other call is held, so the daemon is about to sleep: the woken
 *	task runs best where the daemon runs now. An idle CPU would have to be
 *	called up first, which in a virtual machine takes longer than the rest.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0) && !defined(MODULE)
static inline void snet_wake(struct wait_queue_head *wait, bool alone)
{
	if (alone)
		__wake_up_on_current_cpu(wait, TASK_NORMAL, NULL);
	else
		wake_up(wait);
}
#else
static inline void snet_wake(struct wait_queue_head *wait, bool alone)
{
	if (alone)
		__wake_up_sync(wait, TASK_NORMAL);
	else
		wake_up(wait);
}
#endif

/**
 * snet_deliver - Send a message to a socket, without waiting
 * @sk: The socket.
 * @portid: Its address, for modules, which can send to an address only: when
 *	the socket has just been closed, anybody may have that.
 * @skb: The message; consumed.
 *
 * Return: 0, or -EAGAIN if the socket is full.
 */
#ifndef MODULE
static inline int snet_deliver(struct sock *sk, u32 portid, struct sk_buff *skb)
{
	long timeout = 0;
	int err;

	/* Given back by either of the two. */
	sock_hold(sk);
	err = netlink_attachskb(sk, skb, &timeout, NULL);
	if (!err)
		netlink_sendskb(sk, skb);
	return err;
}
#else
static inline int snet_deliver(struct sock *sk, u32 portid, struct sk_buff *skb)
{
	return genlmsg_unicast(&init_net, skb, portid);
}
#endif

/* Attributes of a dump's request. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
static inline struct nlattr **snet_dump_attrs(struct netlink_callback *cb)
{
	return genl_info_dump(cb)->attrs;
}
#else
static inline struct nlattr **snet_dump_attrs(struct netlink_callback *cb)
{
	return genl_dumpit_info(cb)->attrs;
}
#endif

/*
 * 6.1 cannot format an extended ACK. Its text may then be that of another
 * request refused for the same reason at the same time.
 */
#ifdef NL_SET_ERR_MSG_FMT
#define snet_refuse_fmt(extack, fmt, ...) \
	NL_SET_ERR_MSG_FMT(extack, fmt, ##__VA_ARGS__)
#else
#define snet_refuse_fmt(extack, fmt, ...) do {				\
	static char __text[80];						\
	struct netlink_ext_ack *__ack = (extack);			\
									\
	snprintf(__text, sizeof(__text), fmt, ##__VA_ARGS__);		\
	if (__ack)							\
		__ack->_msg = __text;					\
} while (0)
#endif

/* Cgroup v2 id of the running task, 0 without cgroups. */
#ifdef CONFIG_CGROUPS
static inline u64 snet_current_cgroup(void)
{
	u64 id;

	rcu_read_lock();
	id = cgroup_id(task_dfl_cgroup(current));
	rcu_read_unlock();
	return id;
}
#else
static inline u64 snet_current_cgroup(void)
{
	return 0;
}
#endif

/* Number of the running system call, and the program's stack pointer in it. */
static inline int snet_current_syscall(void)
{
	return syscall_get_nr(current, task_pt_regs(current));
}

/*
 * Task work at the end of a system call, as that of io_uring, still finds the
 * call's number. On x86 the result tells them apart: it is -ENOSYS until the
 * call has returned. Elsewhere nothing is run again: a handler has to wait.
 */
#if defined(CONFIG_X86) || defined(CONFIG_UML)
static inline bool snet_in_syscall(void)
{
	return syscall_get_return_value(current, task_pt_regs(current)) ==
	       -ENOSYS;
}
#else
static inline bool snet_in_syscall(void)
{
	return false;
}
#endif

static inline unsigned long snet_current_stack(void)
{
	return user_stack_pointer(task_pt_regs(current));
}

#endif /* _SECURITY_SNET_COMPAT_H */
