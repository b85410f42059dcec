// SPDX-License-Identifier: GPL-2.0-only
/* See irqfd.h. */
#include "sim/irqfd.h"

#include <linux/kvm.h>

#include "sim/crash.h"
#include "sim/host.h"
#include "sim/oracle/chips.h"
#include "sim/oracle/oracle.h"

#define MAX_IRQFDS 64u

static struct irqfd all[MAX_IRQFDS];	/* of this run */
static uint32_t nr_all;

void irqfd_reset(void) { nr_all = 0; }

struct irqfd *irqfd_open(uint32_t vm, uint32_t gsi, bool resample)
{
	struct irqfd f = { .fd = kw_eventfd(), .resamplefd = resample ? kw_eventfd() : -1, .gsi = gsi, .vm = vm };

	if (f.fd < 0 || nr_all == MAX_IRQFDS)
		crash_end(CRASH_FAULT, "no more eventfds");
	all[nr_all] = f;
	return &all[nr_all++];
}

static int64_t assign(const struct irqfd *f, uint32_t flags)
{
	struct kvm_irqfd args = {
		.fd = (uint32_t)f->fd, .gsi = f->gsi, .flags = flags, .resamplefd = (uint32_t)f->resamplefd,
	};

	if (f->resamplefd >= 0 && !(flags & KVM_IRQFD_FLAG_DEASSIGN))
		args.flags |= KVM_IRQFD_FLAG_RESAMPLE;
	return host_ioctl(machine.vm[f->vm].fd, KVM_IRQFD, (uint64_t)&args);
}

static void must_work(int64_t ret, const struct irqfd *f)
{
	if (ret < 0)
		oracle_finding(HOST_CHECK_IRQFD_IOCTL, f->vm, DIV_NONE, DIV_NONE,
			       "KVM_IRQFD for GSI %u returns %lld", f->gsi, (long long)ret);
}

void irqfd_attach(struct irqfd *f)
{
	/* A resampler counts from the beginning of the call to the end of the one that takes it away. */
	if (f->resamplefd >= 0)
		oracle_resampler(f->vm, f->gsi, true);
	must_work(assign(f, 0), f);
	f->attached = true;
}

/* What was signalled before is raised before the call returns; what is signalled later waits for the next attach. */
void irqfd_detach(struct irqfd *f)
{
	must_work(assign(f, KVM_IRQFD_FLAG_DEASSIGN), f);
	f->attached = false;
	if (f->resamplefd >= 0)
		oracle_resampler(f->vm, f->gsi, false);
}

void irqfd_signal(struct irqfd *f)
{
	f->owes = true;
	host_event(DIGEST_MESSAGE, (uint64_t)f->vm << 32 | f->gsi, f->fd);
	kw_eventfd_write(f->fd, 1);
}

bool irqfd_asked(struct irqfd *f)
{
	return kw_eventfd_read(f->resamplefd) > 0;
}

void irqfd_raised(uint32_t gsi)
{
	for (uint32_t i = 0; i < nr_all; i++)
		if (all[i].gsi == gsi)
			all[i].owes = false;
}

void irqfd_quiet(void)
{
	for (uint32_t i = 0; i < nr_all; i++)
		if (all[i].owes && all[i].attached)
			oracle_finding(HOST_CHECK_IRQFD_SIGNAL, all[i].vm, DIV_NONE, DIV_NONE,
				       "the eventfd of GSI %u was signalled, and its line was never raised", all[i].gsi);
}
