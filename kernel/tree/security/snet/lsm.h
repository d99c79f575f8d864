/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * snet: what the files with hooks know of each other
 */
#ifndef _SECURITY_SNET_LSM_H
#define _SECURITY_SNET_LSM_H

#include <linux/types.h>

#include "snet.h"

struct file;
struct inode;
struct security_hook_list;

/**
 * struct snet_creator - Who made a socket
 * @who: The task, when it made the socket.
 * @exe: Its executable, or NULL; a reference.
 */
struct snet_creator {
	struct snet_identity who;
	struct snet_exe *exe;
};

struct snet_creator **snet_inode_creator(struct inode *inode);
struct snet_exe *snet_exe_capture(struct file *file);
void snet_hooks_add(struct security_hook_list *hooks, int count);
void snet_net_hooks_add(void);
int snet_net_register(void);

#endif /* _SECURITY_SNET_LSM_H */
