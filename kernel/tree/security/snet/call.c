// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: what is known of a call before its hook says more
 */
#include <linux/audit.h>
#include <linux/build_bug.h>
#include <linux/pid.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include <asm/unistd.h>

#include "compat.h"
#include "core.h"

static void snet_identity_exe(struct snet_identity *who,
			      const struct snet_exe *exe)
{
	if (!exe) {
		who->flags = SNET_EVENT_FLAG_EXE_UNKNOWN;
		return;
	}
	who->exe_dev = exe->dev;
	who->exe_ino = exe->ino;
	who->exe_ctime = exe->ctime;
	who->exe_generation = exe->generation;
	who->exe_mntns = exe->mntns;
	who->flags = exe->flags;
}

static struct snet_exe *snet_current_exe(void)
{
	struct snet_task *task = snet_current();

	return task && task->proc ? task->proc->exe : NULL;
}

/**
 * snet_identity_current - Say who the running thread is
 * @who: Filled, every byte.
 */
void snet_identity_current(struct snet_identity *who)
{
	const struct cred *cred = current_cred();

	/* Compared as bytes: no padding that nobody has zeroed. */
	BUILD_BUG_ON(sizeof(*who) != 5 * sizeof(u64) + 10 * sizeof(u32) +
				     TASK_COMM_LEN);

	memset(who, 0, sizeof(*who));
	snet_identity_exe(who, snet_current_exe());
	who->start_time = current->group_leader->start_boottime;
	who->cgroup = snet_current_cgroup();
	who->uid = from_kuid(&init_user_ns, cred->euid);
	who->gid = from_kgid(&init_user_ns, cred->egid);
	who->loginuid = from_kuid(&init_user_ns, audit_get_loginuid(current));
	who->mntns = snet_current_mntns();
	who->pid = task_tgid_nr(current);
	who->tid = task_pid_nr(current);
	rcu_read_lock();
	who->ppid = task_tgid_nr(rcu_dereference(current->real_parent));
	rcu_read_unlock();
	strscpy_pad(who->comm, current->comm, sizeof(who->comm));
}

/*
 * Whose share of held calls a call of the running thread takes: that of its
 * real uid, so that nobody uses up root's by programs that are set-user-ID.
 * Uids in a user namespace cost nothing: who made the outermost one pays for
 * them, unless that is root, which keeps its containers apart by uid.
 */
static u32 snet_current_payer(void)
{
	const struct user_namespace *ns = current_user_ns();
	kuid_t uid = current_uid();

	while (ns->parent && ns->parent != &init_user_ns)
		ns = ns->parent;
	if (ns != &init_user_ns && !uid_eq(ns->owner, GLOBAL_ROOT_UID))
		uid = ns->owner;
	return from_kuid(&init_user_ns, uid);
}

/*
 * Calls that can be run again from their start, as long as nothing has been
 * done: those that move one message or none. sendmmsg(2) may have sent some.
 */
static bool snet_restartable(int syscall)
{
	switch (syscall) {
#ifdef __NR_accept
	case __NR_accept:
#endif
	case __NR_accept4:
	case __NR_bind:
	case __NR_connect:
	case __NR_listen:
	case __NR_recvfrom:
	case __NR_recvmsg:
	case __NR_sendmsg:
	case __NR_sendto:
	case __NR_shutdown:
	case __NR_socket:
	case __NR_socketpair:
		return true;
	}
	return false;
}

/* The number of the program's own system call, -1 if it is not in one. */
static int snet_own_syscall(void)
{
	if (current->flags & (PF_KTHREAD | PF_IO_WORKER) || !snet_in_syscall())
		return -1;
	return snet_current_syscall();
}

/**
 * snet_call_init - Begin a call
 * @call: The hook's, on its stack.
 * @event: What it is.
 *
 * Fills in the running thread and the flags that follow from it; all else is
 * zero.
 */
void snet_call_init(struct snet_call *call, enum snet_event event)
{
	BUILD_BUG_ON(sizeof(struct snet_address) !=
		     4 * sizeof(u32) + SNET_ADDRESS_BYTES);
	BUILD_BUG_ON(sizeof(struct snet_operands) !=
		     sizeof(struct snet_identity) + 2 * sizeof(u64) +
		     6 * sizeof(u32) + 4 * sizeof(u16) +
		     2 * sizeof(struct snet_address));

	memset(call, 0, sizeof(*call));
	snet_identity_current(&call->op.who);
	call->exe = snet_current_exe();
	call->op.event = event;
	call->op.flags = call->op.who.flags;
	if (current->flags & PF_IO_WORKER)
		call->op.flags |= SNET_EVENT_FLAG_IO_URING;
	if (in_compat_syscall())
		call->op.flags |= SNET_EVENT_FLAG_COMPAT;
	call->payer = snet_current_payer();
	call->denied = EPERM;
	call->syscall = snet_own_syscall();
	call->stack = snet_current_stack();
	/* The numbers of another interface mean other calls. */
	call->direct = !in_compat_syscall() && snet_restartable(call->syscall);
	call->restart = call->direct;
}
