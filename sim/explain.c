// SPDX-License-Identifier: GPL-2.0-only
/*
 * See explain.h.  What the operations of a run are: events of the digest for what
 * guests and userspace do, KVM's own tracepoints for what KVM makes of it.
 */
#include "sim/explain.h"

#include <linux/kvm.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "sim/crash_stack.h"
#include "sim/host.h"
#include "sim/machine.h"
#include "sim/trace.h"
#include "sim/trace_format.h"
#include "sim/trail.h"

static struct wire_explanation *explanations;

static uint32_t current_vcpu(void)
{
	uint32_t tid = kw_shared.current_tid;

	return tid >= 1 && tid <= machine.nr_vcpus ? tid - 1 : TRAIL_ANY;
}

/* KVM's tracepoints name an APIC by its ID, which may have been changed: then nobody's trail has it. */
static uint32_t vcpu_of_apic(uint64_t id)
{
	uint32_t self = current_vcpu(), first = self == TRAIL_ANY ? 0 : machine.vm[machine.vcpu[self].vm].first_vcpu;

	for (uint32_t i = 0; i < machine.nr_vcpus; i++)
		if (machine.vcpu[(first + i) % machine.nr_vcpus].id == id)
			return (first + i) % machine.nr_vcpus;
	return DIV_NONE - 1;
}

/* --- Userspace. */
static const char *ioctl_name(uint32_t cmd)
{
	switch (cmd) {
	case KVM_SET_LAPIC:
		return "set-lapic";
	case KVM_SET_MSRS:
		return "set-msrs";
	case KVM_SET_VCPU_EVENTS:
		return "set-vcpu-events";
	case KVM_SET_MP_STATE:
		return "set-mp-state";
	case KVM_SET_GUEST_DEBUG:
		return "inhibit-apicv";
	case KVM_SET_GSI_ROUTING:
		return "set-gsi-routing";
	case KVM_SET_IRQCHIP:
		return "set-irqchip";
	case KVM_SET_USER_MEMORY_REGION:
		return "set-memory";
	case KVM_NMI:
		return "nmi";
	case KVM_IRQFD:
		return "irqfd";
	default:
		return NULL;
	}
}

static void on_event(uint64_t event, const struct digest_record *r)
{
	const char *name;

	(void)event;
	switch (r->what) {
	case DIGEST_IOCTL:
		name = ioctl_name((uint32_t)r->a);
		if (name)
			trail_add(name, current_vcpu(), TRAIL_ANY);
		break;
	case DIGEST_MEMORY:
		trail_add("memory", TRAIL_ANY, TRAIL_ANY);
		break;
	case DIGEST_INIT:
		trail_add(r->b ? "sipi" : "init", (uint32_t)r->a, TRAIL_ANY);
		break;
	default:
		break;
	}
}

/* --- KVM. */
static const char *register_written(uint64_t offset)
{
	static const char *const names[0x40] = {
		[0x02] = "write-id", [0x08] = "write-tpr", [0x0b] = "write-eoi", [0x0d] = "write-ldr",
		[0x0e] = "write-dfr", [0x0f] = "write-svr", [0x28] = "write-esr", [0x2f] = "write-lvtcmci",
		[0x30] = "write-icr", [0x31] = "write-icr2", [0x32] = "write-lvtt", [0x33] = "write-lvtthmr",
		[0x34] = "write-lvtpc", [0x35] = "write-lvt0", [0x36] = "write-lvt1", [0x37] = "write-lvterr",
		[0x38] = "write-tmict", [0x3e] = "write-tdcr", [0x3f] = "write-self-ipi",
	};

	return offset < 0x400 && names[offset >> 4] ? names[offset >> 4] : "write-reserved";
}

static const char *msr_written(uint64_t msr)
{
	switch (msr) {
	case MSR_APIC_BASE:
		return "write-apic-base";
	case MSR_TSC_DEADLINE:
		return "write-tsc-deadline";
	case MSR_PV_EOI_EN:
		return "write-pv-eoi-msr";
	default:
		return NULL;	/* x2APIC: the register's own tracepoint follows */
	}
}

static void on_write(const char *name)
{
	if (name)
		trail_add(name, current_vcpu(), TRAIL_ANY);
}

static void on_tracepoint(enum kw_tracepoint id, uint32_t nr, const uint64_t *a)
{
	(void)nr;
	switch (id) {
	case KW_TP_KVM_APIC_ACCEPT_IRQ:
		trail_add(a[2] ? "accept-level" : "accept", vcpu_of_apic(a[0]), (uint32_t)a[3]);
		break;
	case KW_TP_KVM_EOI:
		trail_add("eoi", vcpu_of_apic(a[0]), (uint32_t)a[1]);
		break;
	case KW_TP_KVM_PV_EOI:
		trail_add("pv-eoi", vcpu_of_apic(a[0]), (uint32_t)a[1]);
		break;
	case KW_TP_KVM_INJ_VIRQ:
		trail_add("inject", current_vcpu(), (uint32_t)a[0]);
		break;
	case KW_TP_KVM_MSI_SET_IRQ:
		trail_add("msi", TRAIL_ANY, (uint32_t)a[1] & 0xff);
		break;
	case KW_TP_KVM_APIC_IPI:
		trail_add("ipi", TRAIL_ANY, (uint32_t)a[0] & 0xff);
		break;
	case KW_TP_KVM_IOAPIC_SET_IRQ:
		trail_add("ioapic", TRAIL_ANY, (uint32_t)a[0] & 0xff);
		break;
	case KW_TP_KVM_APIC:
		on_write(a[0] ? register_written(a[1]) : NULL);
		break;
	case KW_TP_KVM_MSR:
		on_write(a[0] ? msr_written(a[1]) : NULL);
		break;
	case KW_TP_KVM_CR:
		on_write(a[0] && a[1] == 8 ? "write-cr8" : NULL);
		break;
	default:
		break;
	}
}

/* --- Divergences. */
static void on_divergence(const struct divergence *d, uint32_t index)
{
	uint32_t vcpu = TRAIL_ANY;

	if (d->vm != DIV_NONE && d->vcpu != DIV_NONE)
		vcpu = machine.vm[d->vm].first_vcpu + d->vcpu;
	trail_before(vcpu, d->vector == DIV_NONE ? TRAIL_ANY : d->vector, explanations[index].trail,
		     sizeof(explanations[index].trail));
}

static bool begins_with(const char *name, const char *const *prefix)
{
	for (; *prefix; prefix++)
		if (!strncmp(name, *prefix, strlen(*prefix)))
			return true;
	return false;
}

/* From the fault out to where KVM was called; ours in between, and the compiler's suffixes, are left out. */
static void name_stack(const struct divergence *d, char *buf, size_t n)
{
	static const char *const ours[] = { "kw_", "hs_", "crash_", "?", NULL };
	static const char *const callers[] = { "host_", "user_", "actor_", "coro_", "device_", "timers_due", "kworker",
					       "take_", "sched_", "machine_", "main", "race", NULL };
	size_t len = 0;

	for (uint32_t i = 0; i < d->nr_frames && i < DIV_MAX_FRAMES && len < n; i++) {
		const char *name = crash_function(d->frames[i]);

		if (begins_with(name, callers))
			break;
		if (!begins_with(name, ours))
			len += (size_t)snprintf(buf + len, n - len, "%s%s", len ? " < " : "", name);
	}
}

void explain_run(uint64_t seed, struct run_result *out, struct wire_explanation *why)
{
	static struct digest_watch all = { .room = UINT32_MAX, .seen = on_event };
	struct digest_watch *before = host_digest.watch;

	memset(why, 0, RUN_MAX_DIVERGENCES * sizeof(*why));
	explanations = why;
	trail_reset();
	host_digest.watch = &all;
	trace_listen(on_tracepoint);
	run_on_record(on_divergence);
	run_one(seed, out, NULL);
	run_on_record(NULL);
	trace_listen(NULL);
	host_digest.watch = before;
	for (uint32_t i = 0; i < out->nr_recorded; i++)
		name_stack(&out->divergence[i], why[i].stack, sizeof(why[i].stack));
}
