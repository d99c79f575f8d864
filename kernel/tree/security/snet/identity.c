// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: which executable a task runs
 *
 * Taken once, when it is executed. What the program does to its names
 * afterwards (rename, bind mount, prctl(PR_SET_MM_MAP), prctl(PR_SET_NAME))
 * does not change it.
 */

#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/mnt_namespace.h>
#include <linux/nsproxy.h>
#include <linux/ns_common.h>
#include <linux/stat.h>

#include "lsm.h"

/**
 * snet_current_mntns() - Mount namespace of the running task
 *
 * Return: The inode number of /proc/PID/ns/mnt, 0 for a task that is exiting.
 */
u32 snet_current_mntns(void)
{
	if (!current->nsproxy)
		return 0;
	return from_mnt_ns(current->nsproxy->mnt_ns)->inum;
}

/*
 * The path from the root of the mount's own namespace, whatever the task's
 * root is. Files without a place there (memfd_create(2), detached mounts)
 * have none: their names are anybody's choice. Up to a page is kept for as
 * long as a socket, a ticket or a process has it, so it is accounted for.
 */
static struct snet_exe *exe_with_path(const struct path *path)
{
	struct snet_exe *exe;
	char *buffer = __getname();
	char *name;

	if (!buffer)
		return snet_exe_new("", 0, GFP_KERNEL_ACCOUNT);
	name = d_absolute_path(path, buffer, PATH_MAX);
	if (IS_ERR(name))
		exe = snet_exe_new("", 0, GFP_KERNEL_ACCOUNT);
	else
		exe = snet_exe_new(name, strlen(name),
				   GFP_KERNEL_ACCOUNT);
	__putname(buffer);
	return exe;
}

/*
 * A descriptor may come from another mount namespace, where the path can be
 * anything: then no namespace vouches for it.
 */
static u32 mntns_of(const struct path *path)
{
	return our_mnt(path->mnt) ? snet_current_mntns() : 0;
}

/**
 * snet_exe_capture() - Take the identity of a file that is being executed
 * @file: The program; the interpreter where a script was called.
 *
 * Numbers are those that stat(2) gives. May sleep.
 *
 * Return: A new identity, or NULL without memory.
 */
struct snet_exe *snet_exe_capture(struct file *file)
{
	const struct path *path = &file->f_path;
	struct snet_exe *exe = exe_with_path(path);
	struct kstat stat;

	if (!exe)
		return NULL;
	exe->generation = file_inode(file)->i_generation;
	exe->mntns = mntns_of(path);
	/* What is cached will do: a server must not hold up exec's locks. */
	if (vfs_getattr_nosec(path, &stat, STATX_BASIC_STATS,
			      AT_STATX_DONT_SYNC)) {
		exe->flags |= SNET_EVENT_FLAG_EXE_UNKNOWN;
		return exe;
	}
	exe->dev = new_encode_dev(stat.dev);
	exe->ino = stat.ino;
	exe->ctime = timespec64_to_ns(&stat.ctime);
	if (!stat.nlink || d_unlinked(path->dentry))
		exe->flags |= SNET_EVENT_FLAG_EXE_UNLINKED;
	return exe;
}
