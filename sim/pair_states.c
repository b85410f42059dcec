// SPDX-License-Identifier: GPL-2.0-only
/* See pair_states.h. */
#include "sim/pair_states.h"

#include "kvm/boundary.h"
#include "sim/guest.h"
#include "sim/machine.h"
#include "sim/pair_names.h"

bool pair_states_on;

static struct {
	uint64_t bit[PAIR_CODES / 64];	/* those of @seen */
	uint32_t seen[PAIR_MAX];
	uint32_t nr;
	uint32_t previous;
} pairs;

static uint8_t ioctl_op[256], exit_op[KW_NR_EXIT_REASONS];

static void init(void)
{
	for (uint32_t i = 0; pair_ioctls[i]; i++)
		ioctl_op[pair_ioctls[i]] = (uint8_t)(i + 1);
	for (uint32_t i = 0; i < KW_NR_EXIT_REASONS; i++)
		exit_op[i] = pair_op_name(PAIR_EXIT + i) ? PAIR_EXIT + i : PAIR_OTHER_EXIT;
}

void pair_states_start(uint64_t seed)
{
	if (!ioctl_op[pair_ioctls[0]])
		init();
	for (uint32_t i = 0; i < pairs.nr; i++)
		pairs.bit[pairs.seen[i] / 64] = 0;
	pairs.nr = 0;
	pairs.previous = PAIR_OPS - 1;
	pair_states_on = rng_mix(seed + 0x7061697200000000ull) % PAIR_SAMPLE == 0;
}

static uint32_t state_of(uint64_t vcpu)
{
	const struct vcpu *v = &machine.vcpu[vcpu];

	return (v->hw->rflags & KW_RFLAGS_IF ? PAIR_IF : 0) | (v->nr_handlers ? PAIR_IN_HANDLER : 0) |
	       (v->eoi_done ? PAIR_EOI_DONE : 0) | (v->tpr ? PAIR_TPR : 0) | (v->x2apic ? PAIR_X2APIC : 0) |
	       (v->apic_off | v->svr_off ? PAIR_OFF : 0);
}

static uint32_t entry_op(uint64_t info)
{
	if (!(info & KW_INTR_VALID))
		return info ? PAIR_ENTRY_INTERRUPT : PAIR_ENTRY;	/* the hardware's own delivery: a vector */
	return (info & KW_INTR_TYPE_MASK) == KW_INTR_TYPE_NMI ? PAIR_ENTRY_NMI : PAIR_ENTRY_INTERRUPT;
}

/* False: nothing that anybody did. */
static bool operation(enum digest_event what, uint64_t a, uint64_t b, uint32_t *op, bool *of_vcpu)
{
	*of_vcpu = false;
	switch (what) {
	case DIGEST_GUEST:
		*op = (uint32_t)b;
		*of_vcpu = true;
		return b <= OP_NR;
	case DIGEST_EXIT:
		*op = b >> 32 < KW_NR_EXIT_REASONS ? exit_op[b >> 32] : PAIR_OTHER_EXIT;
		*of_vcpu = true;
		return true;
	case DIGEST_ENTRY:
		*op = entry_op(b);
		*of_vcpu = true;
		return true;
	case DIGEST_INIT:
		*op = PAIR_INIT;
		*of_vcpu = true;
		return true;
	case DIGEST_IRQ:
		*op = PAIR_IRQ;
		return true;
	case DIGEST_MEMORY:
		*op = PAIR_MEMORY;
		return true;
	case DIGEST_MESSAGE:
		*op = PAIR_MESSAGE;
		return true;
	case DIGEST_IOCTL:
		*op = PAIR_IOCTL + ioctl_op[a & 0xff];
		return true;
	default:
		return false;
	}
}

void pair_states_note(enum digest_event what, uint64_t a, uint64_t b)
{
	uint32_t op, code;
	bool of_vcpu;

	if (!operation(what, a, b, &op, &of_vcpu))
		return;
	code = pair_code(pairs.previous, op, of_vcpu && a < machine.nr_vcpus ? state_of(a) : PAIR_NO_VCPU);
	pairs.previous = op;
	if (pairs.bit[code / 64] >> code % 64 & 1 || pairs.nr == PAIR_MAX)
		return;
	pairs.bit[code / 64] |= 1ull << code % 64;
	pairs.seen[pairs.nr++] = code;
}

const uint32_t *pair_states_seen(uint32_t *nr)
{
	*nr = pair_states_on ? pairs.nr : 0;
	return pairs.seen;
}
