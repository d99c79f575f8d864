/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * snet: tracepoints, with the types that they show
 */
#ifndef _SECURITY_SNET_TRACE_H
#define _SECURITY_SNET_TRACE_H

#include "core.h"

#include <trace/events/snet.h>

#endif /* _SECURITY_SNET_TRACE_H */
