// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: the Linux security module
 *
 * Starts in two steps, since security modules come before generic netlink:
 * hooks first, which find nobody interested, then the core.
 */
#define pr_fmt(fmt) "snet: " fmt

#include <linux/binfmts.h>
#include <linux/cred.h>
#include <linux/init.h>
#include <linux/lsm_hooks.h>
#include <linux/sched.h>
#include <linux/version.h>

#include "lsm.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
#include <uapi/linux/lsm.h>

static const struct lsm_id snet_lsm_id = {
	.name = "snet",
	.id = LSM_ID_SNET,
};

#define SNET_LSM_ID	(&snet_lsm_id)
#else
#define SNET_LSM_ID	"snet"
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define SNET_BPRM	const struct linux_binprm
#else
#define SNET_BPRM	struct linux_binprm
#endif

#ifndef __lsm_ro_after_init
#define __lsm_ro_after_init	__ro_after_init
#endif

static struct lsm_blob_sizes snet_blobs __lsm_ro_after_init = {
	.lbs_task = sizeof(struct snet_task),
	.lbs_inode = sizeof(struct snet_creator *),
};

static bool snet_enabled __ro_after_init;

static struct snet_task *task_blob(const struct task_struct *task)
{
	return task->security + snet_blobs.lbs_task;
}

/**
 * snet_current() - What snet keeps of the running thread
 *
 * Return: NULL if snet takes no part on this machine.
 */
struct snet_task *snet_current(void)
{
	return snet_enabled ? task_blob(current) : NULL;
}

/**
 * snet_inode_creator() - Where snet keeps who made a socket
 * @inode: Of the socket.
 *
 * Return: The place, or NULL if the inode has none.
 */
struct snet_creator **snet_inode_creator(struct inode *inode)
{
	if (!inode->i_security)
		return NULL;
	return inode->i_security + snet_blobs.lbs_inode;
}

static int hook_task_alloc(struct task_struct *task, unsigned long clone_flags)
{
	return snet_task_fork(task_blob(task), snet_current(),
			      clone_flags & CLONE_THREAD);
}

static void hook_task_free(struct task_struct *task)
{
	snet_task_free(task_blob(task));
}

static void hook_bprm_committed_creds(SNET_BPRM *bprm)
{
	snet_task_exec(snet_current(), snet_exe_capture(bprm->file),
		       bprm->secureexec);
}

static int hook_task_fix_setuid(struct cred *new, const struct cred *old,
				int flags)
{
	snet_task_creds_changed(snet_current());
	return 0;
}

static int hook_task_fix_setgid(struct cred *new, const struct cred *old,
				int flags)
{
	snet_task_creds_changed(snet_current());
	return 0;
}

static int hook_task_fix_setgroups(struct cred *new, const struct cred *old)
{
	snet_task_creds_changed(snet_current());
	return 0;
}

static int hook_capset(struct cred *new, const struct cred *old,
		       const kernel_cap_t *effective,
		       const kernel_cap_t *inheritable,
		       const kernel_cap_t *permitted)
{
	snet_task_creds_changed(snet_current());
	return 0;
}

static int hook_userns_create(const struct cred *new)
{
	snet_task_creds_changed(snet_current());
	return 0;
}

static struct security_hook_list snet_task_hooks[] __lsm_ro_after_init = {
	LSM_HOOK_INIT(task_alloc, hook_task_alloc),
	LSM_HOOK_INIT(task_free, hook_task_free),
	LSM_HOOK_INIT(bprm_committed_creds, hook_bprm_committed_creds),
	LSM_HOOK_INIT(task_fix_setuid, hook_task_fix_setuid),
	LSM_HOOK_INIT(task_fix_setgid, hook_task_fix_setgid),
	LSM_HOOK_INIT(task_fix_setgroups, hook_task_fix_setgroups),
	LSM_HOOK_INIT(capset, hook_capset),
	LSM_HOOK_INIT(userns_create, hook_userns_create),
};

/**
 * snet_hooks_add() - Add hooks to those of the security module
 * @hooks: Must be __lsm_ro_after_init.
 * @count: How many.
 */
void __init snet_hooks_add(struct security_hook_list *hooks, int count)
{
	security_add_hooks(hooks, count, SNET_LSM_ID);
}

static int __init snet_start(void)
{
	int err;

	if (!snet_enabled) {
		pr_notice("not among lsm=: nothing is held, whatever snet.absent says\n");
		return 0;
	}
	/* The absent policy holds even if no daemon can ever attach. */
	err = snet_net_register() ?: snet_core_init();
	if (err)
		pr_err("cannot start: error %d\n", err);
	return err;
}
device_initcall(snet_start);

static int __init snet_init(void)
{
	snet_hooks_add(snet_task_hooks, ARRAY_SIZE(snet_task_hooks));
	snet_net_hooks_add();
	snet_enabled = true;
	return 0;
}

DEFINE_LSM(snet) = {
	.name = "snet",
	.init = snet_init,
	.blobs = &snet_blobs,
};
