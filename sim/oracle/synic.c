// SPDX-License-Identifier: GPL-2.0-only
/*
 * See synic.h.
 *
 * Verifies: a SINTx register reads as it was written, and a write faults exactly if it would
 * unmask one with a vector below 16; each end of a SINT's interrupt, and each write of EOM, reaches
 * the resamplefd of that SINT once, and nothing else does.  That its interrupts come, that no others
 * do, and that what is ended automatically is never in service, is judged by the checks of IRR and ISR.
 *
 * What a SINT holds when its interrupt is delivered decides whether that is ended automatically, not
 * what it held when it was signalled: TLFS does not say, and no check depends on it but by this.
 *
 * Does not verify: SCONTROL, which is always enabled; messages and event flags, synthetic timers.
 */
#include "sim/oracle/synic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oracle/check.h"
#include "sim/oracle/oracle.h"

#define FIRST_VECTOR	16u
#define MSI_ADDRESS	0xfee00000ull
#define NONE		(-1)

struct synic_vcpu *synic;

int synic_init(uint32_t nr_vcpus)
{
	if (!oracle.config.synic)
		return 0;
	synic = oracle_array(nr_vcpus, sizeof(*synic));
	if (!synic)
		return -ENOMEM;
	for (uint32_t i = 0; i < nr_vcpus; i++)
		for (uint32_t s = 0; s < SYNIC_NR_SINTS; s++)
			synic[i].base[s] = SYNIC_SINT_MASKED;
	return 0;
}

void synic_fini(void)
{
	free(synic);
	synic = NULL;
}

void synic_reset(void)
{
	for (uint32_t i = 0; synic && i < oracle.nr_vcpus; i++) {
		struct synic_vcpu *y = &synic[i];

		memcpy(y->sint, y->base, sizeof(y->sint));
		memset(y->signal, 0, sizeof(y->signal));
		memset(y->unsure, 0, sizeof(y->unsure));
		memset(y->owed, 0, sizeof(y->owed));
		y->changing = NONE;
	}
}

void oracle_sint_baseline(uint32_t vcpu, uint32_t sint, uint64_t value)
{
	synic[vcpu].base[sint] = value;
	synic[vcpu].used[sint] = true;
}

static bool connected(uint64_t value, uint32_t vector)
{
	return !(value & SYNIC_SINT_MASKED) && (value & SYNIC_SINT_VECTOR) == vector;
}

bool synic_auto_eoi(const struct oracle_vcpu *v, uint32_t vector)
{
	const struct synic_vcpu *y = &synic[v->index];

	for (uint32_t s = 0; s < SYNIC_NR_SINTS; s++)
		if (connected(y->sint[s], vector) && (y->sint[s] & SYNIC_SINT_AUTO_EOI))
			return true;
	return false;
}

/* --- Ends. */
void synic_eoi(const struct oracle_vcpu *v, int vector)
{
	struct synic_vcpu *y = &synic[v->index];

	for (uint32_t s = 0; s < SYNIC_NR_SINTS && vector >= 0; s++)
		y->owed[s] += connected(y->sint[s], (uint32_t)vector);
}

void oracle_sint_eom(uint32_t vcpu)
{
	for (uint32_t s = 0; s < SYNIC_NR_SINTS; s++)
		synic[vcpu].owed[s]++;
}

void oracle_sint_resampled(uint32_t vcpu, uint32_t sint, uint64_t n)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct synic_vcpu *y = &synic[vcpu];

	y->owed[sint] -= (int32_t)n;
	if (y->owed[sint] >= 0)
		return;
	check_fire(CHECK_SINT_EOI_EXTRA, v, v->vm, (uint32_t)(y->sint[sint] & SYNIC_SINT_VECTOR),
		   "SINT %u: the resamplefd was signalled %d times more than the guest has ended an interrupt of it", sint,
		   -y->owed[sint]);
	y->owed[sint] = 0;
}

void oracle_sint_quiet(uint32_t vcpu, uint32_t sint)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct synic_vcpu *y = &synic[vcpu];

	if (y->owed[sint] > 0)
		check_fire(CHECK_SINT_EOI_MISSING, v, v->vm, (uint32_t)(y->sint[sint] & SYNIC_SINT_VECTOR),
			   "SINT %u: the guest has ended an interrupt of it %d times more than the resamplefd was signalled",
			   sint, y->owed[sint]);
}

/* --- Signals. */
static int32_t begin(uint32_t vcpu, uint64_t value)
{
	const struct oracle_vcpu *v = oracle_vcpu(vcpu);
	uint32_t dest = vcpu - oracle.vm[v->vm].first;

	if (value & SYNIC_SINT_MASKED)
		return NONE;
	return oracle_msi_begin(v->vm, MSI_ADDRESS | (dest & 0xff) << 12, (uint32_t)(value & SYNIC_SINT_VECTOR));
}

void oracle_sint_signal_begin(uint32_t vcpu, uint32_t sint)
{
	struct synic_vcpu *y = &synic[vcpu];

	y->signal[sint] = true;
	y->unsure[sint] = y->changing == (int32_t)sint;
	for (uint32_t i = 0; i < SYNIC_VALUES; i++)
		y->message[sint][i] = NONE;
	y->message[sint][0] = begin(vcpu, y->sint[sint]);
	if (y->unsure[sint])
		y->message[sint][1] = begin(vcpu, y->next);
}

void oracle_sint_signal_end(uint32_t vcpu, uint32_t sint)
{
	struct synic_vcpu *y = &synic[vcpu];

	for (uint32_t i = 0; i < SYNIC_VALUES; i++)
		if (y->message[sint][i] >= 0)
			oracle_message_end(y->message[sint][i], !y->unsure[sint]);
	y->signal[sint] = false;
}

/* KVM api.rst, KVM_CAP_IRQ_INJECT_STATUS: a SINT has no level, so nothing is delivered, nor coalesced. */
void oracle_sint_fell(uint32_t vcpu, uint32_t sint, int32_t status)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	if (status >= 0)
		check_fire(CHECK_LINE_STATUS, v, v->vm, DIV_NONE,
			   "KVM_IRQ_LINE_STATUS of a line to SINT %u that falls says %d, expected -1", sint, status);
}

/* --- The registers. */
void oracle_sint_write_begin(uint32_t vcpu, uint32_t sint, uint64_t value)
{
	struct synic_vcpu *y = &synic[vcpu];
	uint32_t i = 1;

	y->changing = (int32_t)sint;
	y->next = value;
	if (!y->signal[sint])
		return;
	y->unsure[sint] = true;
	/* KVM may have gone by any value that was there while the signal was under way; so many never are. */
	while (i < SYNIC_VALUES - 1 && y->message[sint][i] >= 0)
		i++;
	if (y->message[sint][i] >= 0)
		oracle_message_end(y->message[sint][i], false);
	y->message[sint][i] = begin(vcpu, value);
}

void oracle_sint_write_end(uint32_t vcpu, bool faulted)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct synic_vcpu *y = &synic[vcpu];
	bool must = !(y->next & SYNIC_SINT_MASKED) && (y->next & SYNIC_SINT_VECTOR) < FIRST_VECTOR;

	if (faulted != must)
		check_fire(CHECK_SINT_MSR, v, v->vm, DIV_NONE, "WRMSR of SINT %d with 0x%llx %s", y->changing,
			   (unsigned long long)y->next, faulted ? "faults" : "does not fault");
	if (!faulted)
		y->sint[y->changing] = y->next;
	y->changing = NONE;
}

void oracle_sint_read(uint32_t vcpu, uint32_t sint, uint64_t value, bool faulted)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);

	if (faulted || value != synic[vcpu].sint[sint])
		check_fire(CHECK_SINT_MSR, v, v->vm, DIV_NONE, "SINT %u %s 0x%llx, expected 0x%llx", sint,
			   faulted ? "faults at RDMSR, not" : "reads as", (unsigned long long)value,
			   (unsigned long long)synic[vcpu].sint[sint]);
}
