// SPDX-License-Identifier: GPL-2.0-only
/* See judge.h. */
#include "sim/live/judge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oracle/apic.h"
#include "sim/oracle/check_page.h"
#include "sim/oracle/deviation.h"
#include "sim/oracle/oracle.h"

#define MAX_REGISTERS 6u		/* in the text of one difference */

static struct judge *judging;

static void keep(const struct divergence *d)
{
	if (judging->nr_divergences < JUDGE_MAX)
		judging->divergence[judging->nr_divergences] = *d;
	judging->nr_divergences++;
}

static void begin(struct judge *j, const struct live_record *r)
{
	struct oracle_config config = { .nr_vms = 1, .x2apic_format = true, .report = keep };

	live_vm_draw(&j->vm, r->seed);
	config.vcpus_per_vm = j->vm.nr_vcpus;
	oracle_page_fini();
	oracle_fini();
	if (oracle_init(&config) || oracle_page_init(j->vm.nr_vcpus))
		abort();
	/* KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK is set. */
	deviation_switch("broadcast-0xff", false);
	for (uint32_t i = 0; i < j->vm.nr_vcpus; i++)
		oracle_page_reset(i, j->vm.id[i], j->vm.x2apic[i], j->vm.id[i] == 0, r->page[i]);
}

/* A KVM result of KVM_SET_MSRS and KVM_GET_MSRS: how many were done. */
static void tell(struct judge *j, const struct live_record *r)
{
	const struct live_step *s = &j->step;
	uint32_t offset = (s->msr - 0x800) * 16;

	switch (s->kind) {
	case LIVE_MSI:
		oracle_message_end(oracle_msi_begin(0, s->address, s->data), true);
		break;
	case LIVE_WRITE:
		oracle_page_wrmsr(s->vcpu, offset, s->value, r->ret == 1);
		break;
	case LIVE_READ:
		oracle_page_rdmsr(s->vcpu, offset, r->value, r->ret == 1, r->page[s->vcpu]);
		break;
	default:
		oracle_page_load(s->vcpu, s->page, r->ret == 0);
	}
}

bool judge_record(struct judge *j, const struct live_record *r)
{
	judging = j;
	j->nr_divergences = 0;
	if (r->step == 0) {
		begin(j, r);
	} else {
		live_step_draw(&j->vm, r->step, j->page, &j->step);
		tell(j, r);
		for (uint32_t i = 0; i < j->vm.nr_vcpus; i++)
			oracle_page_check(i, r->page[i]);
	}
	memcpy(j->page, r->page, sizeof(j->page));
	return j->nr_divergences == 0;
}

/* Appends to the @len bytes in @buf; the new length. What does not fit is left out. */
static size_t registers(const struct judge *j, uint32_t i, const struct live_record *a, const struct live_record *b,
			char *buf, size_t n, size_t len)
{
	uint32_t nr = 0;

	for (uint32_t offset = 0; offset < LIVE_PAGE && len + 80 < n; offset += 4) {
		uint32_t x = apic_reg(a->page[i], offset), y = apic_reg(b->page[i], offset);
		const char *name = offset % 16 ? NULL : oracle_page_name(offset);

		if (x == y)
			continue;
		if (++nr > MAX_REGISTERS)
			return len + (size_t)snprintf(buf + len, n - len, ", ...");
		len += (size_t)snprintf(buf + len, n - len, "%svcpu %u %s 0x%x: 0x%x and 0x%x", len ? ", " : "",
					j->vm.id[i], name ? name : "offset", offset, x, y);
	}
	return len;
}

/* KVM_SIGNAL_MSI for nobody: api.rst leaves open whether that is 0 or an error. */
static bool same_result(const struct judge *j, const struct live_record *a, const struct live_record *b)
{
	bool nobody = (a->ret == 0 || a->ret == -EPERM) && (b->ret == 0 || b->ret == -EPERM);

	return a->ret == b->ret || (j->step.kind == LIVE_MSI && nobody && deviation_allows(DEV_MSI_NOBODY));
}

bool judge_compare(const struct judge *j, const struct live_record *a, const struct live_record *b, char *buf,
		   size_t n)
{
	size_t len = 0;

	if (a->kind != b->kind || !same_result(j, a, b)) {
		snprintf(buf, n, "result %" PRId64 " %sand %" PRId64 " %s", a->ret,
			 a->kind == LIVE_FAILED ? a->text : "", b->ret, b->kind == LIVE_FAILED ? b->text : "");
		return true;
	}
	if (a->value != b->value) {
		snprintf(buf, n, "value 0x%" PRIx64 " and 0x%" PRIx64, a->value, b->value);
		return true;
	}
	for (uint32_t i = 0; i < j->vm.nr_vcpus; i++)
		len = registers(j, i, a, b, buf, n, len);
	return len > 0;
}
