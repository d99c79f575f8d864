// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: the bodies of the tracepoints
 */
#include <linux/string.h>

#define CREATE_TRACE_POINTS
#include "trace.h"
