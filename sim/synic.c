// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hyper-V's synthetic interrupt controller (SynIC): Hypervisor Top-Level Functional Specification,
 * "Synthetic Interrupt Controller".
 *
 * Userspace gives each vCPU one (KVM_CAP_HYPERV_SYNIC2), routes a GSI to each SINT that is used
 * (KVM_IRQ_ROUTING_HV_SINT), and attaches an irqfd with a resamplefd to it.  Devices signal their
 * eventfd, or raise the line by KVM_IRQ_LINE and lower it.  The guest sets vector, mask and AutoEOI of its own SINTs;
 * the handler of one with AutoEOI writes EOM, any other EOI.
 *
 * What the guest keeps to: SINTs have vectors of their own (the first one of a vCPU 16, too, the
 * lowest that there is), and a handler of one with AutoEOI leaves IF clear, since nothing keeps the next one out.
 *
 * Not here: message and event pages, synthetic timers, SINTs that userspace re-routes.
 */
#include "sim/synic.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/actors.h"
#include "sim/guest.h"
#include "sim/host.h"
#include "sim/oracle/synic.h"
#include "sim/routes.h"

#define MSR_EOM		0x40000084u
#define MSR_SINT0	0x40000090u
#define FIRST_SINT	2u	/* 0 and 1 are the hypervisor's and the vendor's */
#define NR_VECTORS	4u	/* that a SINT may have */
#define LOWEST_VECTOR	16u	/* that any may have */

/* One for each device. */
static struct sint {
	int fd, resamplefd;
} *sints;
/* As the guests believe them to be. */
static uint64_t (*guest_sint)[SYNIC_SINTS_PER_VCPU], (*base_sint)[SYNIC_SINTS_PER_VCPU];

static struct vcpu *vcpu_of(uint32_t device) { return &machine.vcpu[device % machine.nr_vcpus]; }
static uint32_t place_of(uint32_t device) { return device / machine.nr_vcpus; }

/* Of those that devices use. */
static uint32_t nr_sints(const struct vcpu *v)
{
	return (sc()->sints + machine.nr_vcpus - 1 - v->index) / machine.nr_vcpus;
}

static uint32_t first_vector(uint32_t place) { return SYNIC_FIRST_VECTOR + NR_VECTORS * place; }

/* --- Setting up. */
static int64_t set_sint(const struct vcpu *v, uint32_t place)
{
	bool auto_eoi = sc()->sint_auto_percent == 100 || (sc()->sint_auto_percent && (place & 1));
	uint64_t value = first_vector(place) | (auto_eoi ? SYNIC_SINT_AUTO_EOI : 0);
	int64_t ret = machine_set_msr(kw_ioctl, v->fd, MSR_SINT0 + FIRST_SINT + place, value);

	if (ret != 1)
		return ret < 0 ? ret : -EINVAL;
	oracle_sint_baseline(v->index, FIRST_SINT + place, value);
	base_sint[v->index][place] = value;
	return 0;
}

int64_t synic_build_vcpu(const struct vcpu *v)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_HYPERV_SYNIC2 };
	int64_t ret;

	if (!sc()->sints)
		return 0;
	if (!base_sint && (!(base_sint = calloc(machine.nr_vcpus, sizeof(*base_sint))) ||
			   !(guest_sint = calloc(machine.nr_vcpus, sizeof(*guest_sint)))))
		return -ENOMEM;
	ret = kw_ioctl(v->fd, KVM_ENABLE_CAP, (uint64_t)&cap);
	for (uint32_t i = 0; i < nr_sints(v) && ret >= 0; i++)
		ret = set_sint(v, i);
	return ret;
}

static int64_t set_routes(void)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry[ROUTES_MAX_DEFAULT + ROUTES_MAX];
	} t = { .head.nr = 0 };

	t.head.nr = routes_default(t.entry);
	for (uint32_t i = 0; i < sc()->sints; i++) {
		struct kvm_irq_routing_entry *e = &t.entry[t.head.nr++];

		*e = (struct kvm_irq_routing_entry){ .gsi = ROUTES_FIRST_GSI + i, .type = KVM_IRQ_ROUTING_HV_SINT };
		e->u.hv_sint.vcpu = vcpu_of(i)->id;
		e->u.hv_sint.sint = FIRST_SINT + place_of(i);
	}
	return kw_ioctl(machine.vm[0].fd, KVM_SET_GSI_ROUTING, (uint64_t)&t);
}

static int64_t attach(uint32_t device)
{
	struct kvm_irqfd args = { .gsi = ROUTES_FIRST_GSI + device, .flags = KVM_IRQFD_FLAG_RESAMPLE };

	sints[device] = (struct sint){ kw_eventfd(), kw_eventfd() };
	if (sints[device].fd < 0 || sints[device].resamplefd < 0)
		return -EMFILE;
	args.fd = (uint32_t)sints[device].fd;
	args.resamplefd = (uint32_t)sints[device].resamplefd;
	return kw_ioctl(machine.vm[0].fd, KVM_IRQFD, (uint64_t)&args);
}

int synic_build(char *error, uint64_t n)
{
	int64_t ret;

	if (!sc()->sints)
		return 0;
	sints = calloc(sc()->sints, sizeof(*sints));
	ret = sints ? set_routes() : -ENOMEM;
	for (uint32_t i = 0; i < sc()->sints && ret >= 0; i++)
		ret = attach(i);
	if (ret < 0)
		snprintf(error, n, "routing GSIs to SINTs failed: %s", strerror((int)-ret));
	return ret < 0 ? -1 : 0;
}

void synic_reset_guests(void)
{
	if (guest_sint)
		memcpy(guest_sint, base_sint, machine.nr_vcpus * sizeof(*guest_sint));
}

/* --- The guest. */
bool guest_auto_eoi(const struct vcpu *v, uint32_t vector)
{
	uint32_t place = vector == LOWEST_VECTOR ? 0 : (vector - SYNIC_FIRST_VECTOR) / NR_VECTORS;
	uint64_t value;

	if ((vector < SYNIC_FIRST_VECTOR && vector != LOWEST_VECTOR) || place >= SYNIC_SINTS_PER_VCPU)
		return false;
	value = guest_sint[v->index][place];
	return (value & SYNIC_SINT_VECTOR) == vector && (value & SYNIC_SINT_AUTO_EOI) && !(value & SYNIC_SINT_MASKED);
}

enum step guest_write_eom(struct vcpu *v)
{
	v->eoi_done = true;
	v->hw->rcx = MSR_EOM;
	v->hw->rax = v->hw->rdx = 0;
	oracle_sint_eom(v->index);
	return exits(v, KW_EXIT_MSR_WRITE);
}

static uint64_t draw_sint(struct vcpu *v, uint32_t place)
{
	uint64_t value = first_vector(place) + rng_below(&v->program, NR_VECTORS);

	if (rng_one_in(&v->program, 12))	/* not a vector, which has to fault */
		value = rng_below(&v->program, LOWEST_VECTOR);
	else if (!place && rng_one_in(&v->program, 8))	/* nearly none */
		value = LOWEST_VECTOR;
	if (rng_percent(&v->program, sc()->sint_masked_percent))
		value |= SYNIC_SINT_MASKED;
	if (rng_percent(&v->program, sc()->sint_auto_percent))
		value |= SYNIC_SINT_AUTO_EOI;
	return value;
}

/* A SINTx register, read or written. */
enum step do_sint(struct vcpu *v)
{
	uint32_t nr = nr_sints(v), place;
	struct kw_hw *hw = v->hw;

	if (!nr)
		return STEP_GO_ON;
	place = rng_below(&v->program, nr);
	v->accessing = true;
	v->access_kind = ACCESS_SINT;
	hw->rcx = MSR_SINT0 + FIRST_SINT + place;
	if (rng_one_in(&v->program, 4))
		return exits(v, KW_EXIT_MSR_READ);
	v->told_value = draw_sint(v, place);
	hw->rax = (uint32_t)v->told_value;
	hw->rdx = v->told_value >> 32;
	oracle_sint_write_begin(v->index, FIRST_SINT + place, v->told_value);
	return exits(v, KW_EXIT_MSR_WRITE);
}

void guest_sint_done(struct vcpu *v, bool faulted)
{
	const struct kw_hw *hw = v->hw;
	uint32_t sint = (uint32_t)hw->rcx - MSR_SINT0;

	v->access_kind = ACCESS_APIC;
	if (hw->exit_reason == KW_EXIT_MSR_READ) {
		oracle_sint_read(v->index, sint, hw->rdx << 32 | (uint32_t)hw->rax, faulted);
		return;
	}
	oracle_sint_write_end(v->index, faulted);
	if (!faulted)
		guest_sint[v->index][sint - FIRST_SINT] = v->told_value;
}

/* --- A device. */
static void look(uint32_t device)
{
	uint64_t n = (uint64_t)kw_eventfd_read(sints[device].resamplefd);

	if (n)
		oracle_sint_resampled(vcpu_of(device)->index, FIRST_SINT + place_of(device), n);
}

/* A pulse; only its beginning is a signal. */
static void pulse(uint32_t device)
{
	struct kvm_irq_level level = { .irq = ROUTES_FIRST_GSI + device, .level = 1 };

	host_ioctl(machine.vm[0].fd, KVM_IRQ_LINE, (uint64_t)&level);
	level.level = 0;
	if (host_ioctl(machine.vm[0].fd, KVM_IRQ_LINE_STATUS, (uint64_t)&level) >= 0)
		oracle_sint_fell(vcpu_of(device)->index, FIRST_SINT + place_of(device), level.status);
}

static void signal_sint(uint32_t device, bool line)
{
	uint32_t vcpu = vcpu_of(device)->index, sint = FIRST_SINT + place_of(device);

	oracle_sint_signal_begin(vcpu, sint);
	host_event(DIGEST_MESSAGE, (uint64_t)vcpu << 32 | sint, line);
	if (line)
		pulse(device);
	else
		kw_eventfd_write(sints[device].fd, 1);
	oracle_sint_signal_end(vcpu, sint);
}

void device_sint(struct actor *self)
{
	uint32_t device = self->id - machine.sints_tid;
	struct rng time;

	rng_init(&time, host_seed, self->id, RNG_TIME);
	while (host_sleep(rng_gap(&time, sc()->pin_gap_ns))) {
		look(device);
		signal_sint(device, rng_one_in(&time, 4));
	}
}

void synic_quiet(void)
{
	for (uint32_t i = 0; i < sc()->sints; i++) {
		look(i);
		oracle_sint_quiet(vcpu_of(i)->index, FIRST_SINT + place_of(i));
	}
}
