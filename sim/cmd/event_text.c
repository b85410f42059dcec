/* SPDX-License-Identifier: GPL-2.0-only */
/* See event_text.h. */
#include "sim/cmd/event_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/divergence.h"
#include "sim/guest.h"
#include "sim/run_counters.h"
#include "sim/run_end.h"

static const char *const reasons[KW_NR_EXIT_REASONS] = {
#define X(name, key) [KW_EXIT_##name] = #name,
	RUN_EXIT_COUNTERS(X)
#undef X
};

static const char *const ops[OP_NR + 1] = {
#define X(name, fn, text, len) [OP_##name] = text,
	GUEST_DRAWN_OPS(X) GUEST_OTHER_OPS(X)
#undef X
	[OP_NR] = "nmi handler",
};

static const char *const points[KW_NR_POINTS] = {
	[KW_POINT_DELIVER] = "before a delivery", [KW_POINT_DELIVERED] = "after IRR was set",
	[KW_POINT_INJECT] = "between acknowledge and entry", [KW_POINT_ENTRY] = "before the entry's last check",
	[KW_POINT_EXIT] = "after the exit", [KW_POINT_IRQ_ON] = "with interrupts on again",
	[KW_POINT_LOCK] = "before a lock", [KW_POINT_UACCESS] = "before guest memory is touched",
	[KW_POINT_PIR] = "in the middle of posting",
};

static const struct { uint32_t bit; const char *name; } irqs[] = {
	{ KW_IRQ_TIMER, " timer" }, { KW_IRQ_CALL, " call" }, { KW_IRQ_RESCHED, " reschedule" },
	{ KW_IRQ_POSTED, " posted" }, { KW_IRQ_WAKEUP, " wake-up" },
};

static const char *name_of(const char *const *names, uint32_t nr, uint64_t i)
{
	return i < nr && names[i] ? names[i] : "?";
}

static void entry(const struct digest_record *e, char *buf, size_t n)
{
	uint32_t info = (uint32_t)e->b;
	size_t len = snprintf(buf, n, "vCPU %" PRIu64 ": entry", e->a);

	if (len >= n)
		return;
	if (info & KW_INTR_VALID)
		snprintf(buf + len, n - len,
			 (info & KW_INTR_TYPE_MASK) == KW_INTR_TYPE_EXTERNAL ? " with interrupt 0x%02x" :
			 (info & KW_INTR_TYPE_MASK) == KW_INTR_TYPE_NMI	     ? " with NMI (%u)" :
									       " with exception %u",
			 info & KW_INTR_VECTOR_MASK);
	else if (info)
		snprintf(buf + len, n - len, ", no event (0x%x)", info);
}

static void interrupts(const struct digest_record *e, char *buf, size_t n)
{
	size_t len = snprintf(buf, n, "CPU %" PRIu64 ": interrupt:", e->a);

	for (uint32_t i = 0; i < sizeof(irqs) / sizeof(irqs[0]); i++)
		if (e->b & irqs[i].bit && len < n)
			len += snprintf(buf + len, n - len, "%s", irqs[i].name);
}

static void init(const struct digest_record *e, char *buf, size_t n)
{
	if (e->b)
		snprintf(buf, n, "vCPU %" PRIu64 ": started at page 0x%" PRIx64, e->a, e->b & 0xff);
	else
		snprintf(buf, n, "vCPU %" PRIu64 ": reset by INIT", e->a);
}

char *event_text(const struct digest_record *e, char *buf, size_t n)
{
	switch (e->what) {
	case DIGEST_ENTRY:
		entry(e, buf, n);
		break;
	case DIGEST_EXIT:
		snprintf(buf, n, "vCPU %" PRIu64 ": exit %s, qualification 0x%x", e->a,
			 name_of(reasons, KW_NR_EXIT_REASONS, e->b >> 32), (uint32_t)e->b);
		break;
	case DIGEST_GUEST:
		snprintf(buf, n, "vCPU %" PRIu64 ": guest does: %s", e->a, name_of(ops, OP_NR + 1, e->b));
		break;
	case DIGEST_MESSAGE:
		snprintf(buf, n, "message from or to 0x%" PRIx64 ": 0x%" PRIx64, e->a, e->b);
		break;
	case DIGEST_IOCTL:
		snprintf(buf, n, "task %" PRIu64 ": ioctl 0x%x gives %" PRId64, e->a >> 32, (uint32_t)e->a,
			 (int64_t)e->b);
		break;
	case DIGEST_MEMORY:
		snprintf(buf, n, "memory at 0x%" PRIx64 " becomes 0x%" PRIx64, e->a, e->b);
		break;
	case DIGEST_POINT:
		snprintf(buf, n, "task %" PRIu64 ": held up %s", e->a, name_of(points, KW_NR_POINTS, e->b));
		break;
	case DIGEST_IRQ:
		interrupts(e, buf, n);
		break;
	case DIGEST_DIVERGENCE:
		snprintf(buf, n, "divergence: %s", e->a < DIV_NR_KINDS ? divergence_name(e->a) : "?");
		break;
	case DIGEST_END:
		snprintf(buf, n, "the run ends: %s", run_end_name(e->a));
		break;
	case DIGEST_MIX:
		snprintf(buf, n, "the mix of the run: %" PRIu64 " instead of %" PRIu64, e->a, e->b);
		break;
	case DIGEST_INIT:
		init(e, buf, n);
		break;
	default:
		snprintf(buf, n, "event of kind %" PRIu64 ": 0x%" PRIx64 ", 0x%" PRIx64, e->what, e->a, e->b);
	}
	return buf;
}
