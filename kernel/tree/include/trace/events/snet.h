/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM snet

#if !defined(_TRACE_SNET_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_SNET_H

#include <linux/tracepoint.h>

/* Who is attached to a subsystem. */
DECLARE_EVENT_CLASS(snet_daemon_class,

	TP_PROTO(u32 subsystem, pid_t pid, const char *name),

	TP_ARGS(subsystem, pid, name),

	TP_STRUCT__entry(
		__field(u32, subsystem)
		__field(pid_t, pid)
		__array(char, name, SNET_NAME_LIMIT)
	),

	TP_fast_assign(
		__entry->subsystem = subsystem;
		__entry->pid = pid;
		strscpy(__entry->name, name, SNET_NAME_LIMIT);
	),

	TP_printk("subsystem=%u pid=%d name=%s", __entry->subsystem,
		  __entry->pid, __entry->name)
);

DEFINE_EVENT(snet_daemon_class, snet_attach,

	TP_PROTO(u32 subsystem, pid_t pid, const char *name),

	TP_ARGS(subsystem, pid, name)
);

DEFINE_EVENT(snet_daemon_class, snet_detach,

	TP_PROTO(u32 subsystem, pid_t pid, const char *name),

	TP_ARGS(subsystem, pid, name)
);

/* A call is held and asked about. */
TRACE_EVENT(snet_ask,

	TP_PROTO(u64 id, const struct snet_call *call),

	TP_ARGS(id, call),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, cookie)
		__field(u32, event)
		__field(u32, uid)
		__field(u32, pid)
		__field(u16, family)
		__field(u16, type)
		__field(u16, protocol)
		__array(char, comm, TASK_COMM_LEN)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->cookie = call->op.cookie;
		__entry->event = call->op.event;
		__entry->uid = call->op.who.uid;
		__entry->pid = call->op.who.pid;
		__entry->family = call->op.family;
		__entry->type = call->op.type;
		__entry->protocol = call->op.protocol;
		memcpy(__entry->comm, call->op.who.comm, TASK_COMM_LEN);
	),

	TP_printk("id=%llu event=%u uid=%u pid=%u comm=%s family=%u type=%u protocol=%u cookie=%llu",
		  __entry->id, __entry->event, __entry->uid, __entry->pid,
		  __entry->comm, __entry->family, __entry->type,
		  __entry->protocol, __entry->cookie)
);

/* It has its end: cause is SNET_CAUSE_x, action SNET_ACTION_x. */
TRACE_EVENT(snet_end,

	TP_PROTO(u64 id, u32 event, u32 cause, u32 action),

	TP_ARGS(id, event, cause, action),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, event)
		__field(u32, cause)
		__field(u32, action)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->event = event;
		__entry->cause = cause;
		__entry->action = action;
	),

	TP_printk("id=%llu event=%u cause=%u action=%u", __entry->id,
		  __entry->event, __entry->cause, __entry->action)
);

/* A ticket has answered a call; rule is the daemon's number. */
TRACE_EVENT(snet_ticket,

	TP_PROTO(u32 event, u32 action, u32 rule),

	TP_ARGS(event, action, rule),

	TP_STRUCT__entry(
		__field(u32, event)
		__field(u32, action)
		__field(u32, rule)
	),

	TP_fast_assign(
		__entry->event = event;
		__entry->action = action;
		__entry->rule = rule;
	),

	TP_printk("event=%u action=%u rule=%u", __entry->event,
		  __entry->action, __entry->rule)
);

/* A limit has answered a call; limit is the counter, SNET_A_CNT_LIMIT_x. */
TRACE_EVENT(snet_limit,

	TP_PROTO(u32 event, u32 limit),

	TP_ARGS(event, limit),

	TP_STRUCT__entry(
		__field(u32, event)
		__field(u32, limit)
	),

	TP_fast_assign(
		__entry->event = event;
		__entry->limit = limit;
	),

	TP_printk("event=%u limit=%u", __entry->event, __entry->limit)
);

/* The daemon is told of a call that is not held. */
TRACE_EVENT(snet_notify,

	TP_PROTO(const struct snet_call *call),

	TP_ARGS(call),

	TP_STRUCT__entry(
		__field(u64, cookie)
		__field(u32, event)
		__field(u32, pid)
	),

	TP_fast_assign(
		__entry->cookie = call->op.cookie;
		__entry->event = call->op.event;
		__entry->pid = call->op.who.pid;
	),

	TP_printk("event=%u pid=%u cookie=%llu", __entry->event, __entry->pid,
		  __entry->cookie)
);

#endif /* _TRACE_SNET_H */

#include <trace/define_trace.h>
