// SPDX-License-Identifier: GPL-2.0-only
/*
 * See bench.h.
 *
 * The bare loop makes KVM do for each interrupt what a run makes it do, through
 * the same ioctls and vendor operations: KVM_SIGNAL_MSI by another task, the exit
 * that the kick causes, the entry that injects, the guest's PV EOI ack, and of vectors
 * that are drawn as a run's are: KVM's searches for the highest one take as long as in a
 * run, wrong predictions and all.  It has no scheduler, no guest program, no oracle and
 * no digest, and draws nothing while it is timed.
 */
#include "sim/bench.h"

#include <inttypes.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim/machine.h"
#include "sim/run.h"
#include "sim/snapshot.h"
#include "sim/vcpu.h"

#define ROUNDS		11
#define BARE_INTERRUPTS 100000u

static struct {
	uint32_t left;
	uint32_t *word;
	struct kvm_msi msi;
	uint8_t	 vector[BARE_INTERRUPTS];
} bare;

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void bare_entry(struct kw_hw *hw)
{
	const struct vcpu *v = hw->owner;

	if (hw->entry_intr_info & KW_INTR_VALID)
		*bare.word = 0;
	if (!bare.left--) {
		hw->exit_reason = KW_EXIT_EPT_MISCONFIG;	/* out of KVM_RUN */
		return;
	}
	kw_task_switch(machine.devices_tid);
	bare.msi.data = bare.vector[bare.left];
	kw_ioctl(machine.vm[0].fd, KVM_SIGNAL_MSI, (uint64_t)&bare.msi);
	kw_task_switch(v->tid);
	hw->exit_reason = KW_EXIT_EXTERNAL_INTERRUPT;
}

static void draw_vectors(void)
{
	const struct scenario *s = &machine.scenario;
	struct rng target;

	rng_init(&target, 0, machine.devices_tid, RNG_TARGET);
	for (uint32_t i = 0; i < BARE_INTERRUPTS; i++)
		bare.vector[i] = (uint8_t)rng_range(&target, s->vector_first, s->vector_last);
}

/* On the main stack: nothing in this loop ever waits. */
static double bare_round(void)
{
	struct vcpu *v = &machine.vcpu[0];
	double start;

	snapshot_restore();
	machine_reset(0);
	bare.left = BARE_INTERRUPTS;
	bare.word = machine_word(&machine.vm[0], v->pv_gpa[0]);
	bare.msi = (struct kvm_msi){ .address_lo = 0xfee00000 };
	vcpu_bare_entry = bare_entry;
	kw_task_switch(v->tid);
	start = now_ns();
	kw_ioctl(v->fd, KVM_RUN, 0);
	start = now_ns() - start;
	vcpu_bare_entry = NULL;
	return start / BARE_INTERRUPTS;
}

static struct run_result result;

/* What it takes from the end of a run to the first event of the next. */
static double start_round(uint64_t seed)
{
	double start;

	run_one(seed, &result, NULL);
	start = now_ns();
	run_begin(seed + 1, &result);
	return (now_ns() - start) / 1000;
}

struct whole { double per_interrupt, per_event; };

static struct whole whole_round(uint64_t first)
{
	uint64_t runs = machine.nr_vcpus > 64 ? 1 : 20;	/* of a large VM one has interrupts enough */
	uint64_t interrupts = 0, events = 0;
	double start = now_ns();

	for (uint64_t seed = first; seed < first + runs; seed++) {
		run_one(seed, &result, NULL);
		interrupts += result.nr_interrupts;
		events += result.nr_events;
	}
	start = now_ns() - start;
	return (struct whole){ start / (interrupts ? interrupts : 1), start / (events ? events : 1) };
}

static int compare(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static double median(double *x)
{
	qsort(x, ROUNDS, sizeof(*x), compare);
	return x[ROUNDS / 2];
}

int bench_main(const char *path, const char *overrides)
{
	double bare_ns[ROUNDS], whole_ns[ROUNDS], event_ns[ROUNDS], ratio[ROUNDS], start_us[ROUNDS];
	struct scenario s;
	char error[1024];

	if (scenario_load(&s, path, overrides, error, sizeof(error)) || run_setup(&s, error, sizeof(error))) {
		fprintf(stderr, "%s\n", error);
		return 2;
	}
	draw_vectors();
	for (int i = 0; i < ROUNDS; i++) {
		struct whole w;

		bare_ns[i] = bare_round();
		w = whole_round(1 + 20 * (uint64_t)i);
		whole_ns[i] = w.per_interrupt;
		event_ns[i] = w.per_event;
		ratio[i] = whole_ns[i] / bare_ns[i];
		start_us[i] = start_round(1000 + (uint64_t)i);
	}
	printf("%u vCPUs: bare loop %.0f ns an interrupt, simulator %.0f ns an interrupt, ratio %.2f; "
	       "%.0f ns an event; start of a run %.1f us; %" PRIu64 " bytes a vCPU\n",
	       machine.nr_vcpus, median(bare_ns), median(whole_ns), median(ratio), median(event_ns),
	       median(start_us), run_memory_bytes() / machine.nr_vcpus);
	return 0;
}
