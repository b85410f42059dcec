/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See trace.h.  Callers are mostly on coroutines, whose stacks are small: lines are
 * put together in a static buffer by vsnprintf(), for numbers and strings only, and
 * leave by fwrite(); printf() to an unbuffered stream takes 8 KB of stack
 * (tests/unit/trace.c measures what is taken here).
 *
 * The formats are those of KVM's tracepoints as people read them in ftrace.  No
 * addresses: the same run gives the same text.
 */
#include "sim/trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "kvm/boundary.h"
#include "sim/trace_format.h"

#define COMM_BYTES	16u
#define LINE_BYTES	1024u

static struct {
	FILE *out;
	trace_listener *listener;
	char line[LINE_BYTES];
	uint32_t len;
	char comm[KW_MAX_TASKS][COMM_BYTES];
	/* Of the last line. */
	uint32_t tid;
	uint64_t ns;
	void (*after_steps)(void);
	bool in_step, telling;
} trace;

static void append_args(const char *fmt, va_list args)
{
	int n = vsnprintf(trace.line + trace.len, LINE_BYTES - trace.len, fmt, args);

	if (n > 0)
		trace.len += (uint32_t)n;
	if (trace.len >= LINE_BYTES)
		trace.len = LINE_BYTES - 1;
}

void trace_append(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	append_args(fmt, args);
	va_end(args);
}

static const char *comm_of(uint32_t tid)
{
	return tid < KW_MAX_TASKS && trace.comm[tid][0] ? trace.comm[tid] : "<...>";
}

void trace_after_steps(void (*fn)(void))
{
	trace.after_steps = fn;
	trace.in_step = false;
}

void trace_end_step(void)
{
	if (!trace.after_steps || !trace.in_step || trace.telling)
		return;
	trace.telling = true;
	trace.after_steps();
	trace.telling = trace.in_step = false;
}

/* Preemption depth and need-resched stay dots: the boundary does not tell them. */
static void begin_line(const char *name)
{
	uint32_t tid;
	uint64_t ns;

	if (!trace.telling) {
		if (kw_shared.current_tid != trace.tid || kw_shared.now_ns != trace.ns)
			trace_end_step();
		trace.tid = kw_shared.current_tid;
		trace.ns = kw_shared.now_ns;
		trace.in_step = true;
	}
	tid = trace.tid;
	ns = trace.ns;
	trace.len = 0;
	trace_append("%16s-%-7u [%03u] %c... %5" PRIu64 ".%09" PRIu64 ": %s: ", comm_of(tid), tid, tid,
		     kw_irqs_enabled(tid) ? '.' : 'd', ns / 1000000000, ns % 1000000000, name);
}

static void end_line(void)
{
	if (trace.len >= LINE_BYTES - 1)
		trace.len = LINE_BYTES - 2;
	trace.line[trace.len++] = '\n';
	fwrite(trace.line, 1, trace.len, trace.out);
}

void trace_start(FILE *out)
{
	static const char header[] =
		"# tracer: nop\n"
		"#\n"
		"#                                _-----=> irqs-off\n"
		"#                               / _----=> need-resched\n"
		"#                              | / _---=> hardirq/softirq\n"
		"#                              || / _--=> preempt-depth\n"
		"#                              ||| /\n"
		"#           TASK-PID     CPU#  ||||      TIMESTAMP  FUNCTION\n"
		"#              | |         |   ||||         |          |\n";

	if (trace.out && trace.out != out)
		fflush(trace.out);
	trace.out = out;
	kw_shared.trace_on = out || trace.listener;
	if (out)
		fwrite(header, 1, sizeof(header) - 1, out);
}

void trace_task(uint32_t tid, const char *comm)
{
	uint32_t i;

	if (tid >= KW_MAX_TASKS)
		return;
	/* A kernel's comm is cut off in the same way. */
	for (i = 0; i < COMM_BYTES - 1 && comm[i]; i++)
		trace.comm[tid][i] = comm[i];
	trace.comm[tid][i] = 0;
}

void trace_event(const char *name, const char *fmt, ...)
{
	va_list args;

	if (!trace.out)
		return;
	begin_line(name);
	va_start(args, fmt);
	append_args(fmt, args);
	va_end(args);
	end_line();
}

void trace_listen(trace_listener *fn)
{
	trace.listener = fn;
	kw_shared.trace_on = trace.out || fn;
}

void hs_tracepoint(enum kw_tracepoint id, uint32_t nr, const uint64_t *args)
{
	if (trace.listener)
		trace.listener(id, nr, args);
	if (!trace.out)
		return;
	begin_line(trace_format_name(id));
	trace_format(id, nr, args);
	end_line();
}

/* KVM's messages may hold several lines, and begin with a level that dmesg does not show. */
void hs_printk(const char *text)
{
	while (trace.out && *text) {
		size_t n;

		if (text[0] == '\001' && text[1])
			text += 2;
		n = strcspn(text, "\n");
		if (n) {
			begin_line("printk");
			trace_append("%.*s", (int)(n < LINE_BYTES ? n : LINE_BYTES), text);
			end_line();
		}
		text += n + (text[n] == '\n');
	}
}
