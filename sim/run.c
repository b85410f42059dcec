// SPDX-License-Identifier: GPL-2.0-only
/* See run.h. */
#include "sim/run.h"

#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>

#include "sim/actors.h"
#include "sim/ahead.h"
#include "sim/counts.h"
#include "sim/crash.h"
#include "sim/guest.h"
#include "sim/host.h"
#include "sim/machine.h"
#include "sim/pair_states.h"
#include "sim/oracle/oracle.h"
#include "sim/pins.h"
#include "sim/policy/policy.h"
#include "sim/record.h"
#include "sim/scenario_deviation.h"
#include "sim/scheduler.h"
#include "sim/snapshot.h"
#include "sim/spare_vm.h"
#include "sim/swarm.h"
#include "sim/synic.h"
#include "sim/trace.h"
#include "sim/trace_state.h"

/* Up to so many times a share of the quiet phase more. */
#define REST_TRIES	4
#define REST_SHARE	16

bool run_stops_when_full;
static struct run_result *result;	/* of the run in progress */
static bool trace_states;
static struct scenario scenario;	/* as the machine was built; machine.scenario has the run's mix */

/* --- Findings. */
static void (*on_record)(const struct divergence *d, uint32_t index);

void run_on_record(void (*fn)(const struct divergence *d, uint32_t index)) { on_record = fn; }

uint64_t record_now(void) { return sched_now(); }

void record_divergence(const struct divergence *d)
{
	struct divergence *copy;

	host_event(DIGEST_DIVERGENCE, d->kind, (uint64_t)d->vcpu << 32 | d->vector);
	trace_end_step();
	if (trace_on())
		trace_event("divergence", "%s: %s: vm %d vcpu %d vector 0x%x: %s", divergence_name(d->kind),
			    d->check, (int)d->vm, (int)d->vcpu, d->vector, d->text);
	result->nr_divergences++;
	if (result->nr_recorded == RUN_MAX_DIVERGENCES) {
		if (run_stops_when_full)
			sched_stop();
		return;
	}
	copy = &result->divergence[result->nr_recorded++];
	*copy = *d;
	copy->event = digest_nr(&host_digest);
	if (on_record)
		on_record(copy, result->nr_recorded - 1);
}

/* The vCPU that task @tid is, or DIV_NONE. */
static void name_task(uint32_t tid, struct divergence *d)
{
	d->vm = d->vcpu = d->vector = DIV_NONE;
	if (tid < 1 || tid > machine.nr_vcpus)
		return;
	d->vm = machine.vcpu[tid - 1].vm;
	d->vcpu = machine.vcpu[tid - 1].id;
}

static void on_warn(struct divergence *d)
{
	name_task(kw_shared.current_tid, d);
	d->time_ns = sched_now();
	record_divergence(d);
}

static void record_crash(const struct crash *c)
{
	static const enum host_check checks[] = {
		[CRASH_BUG] = HOST_CHECK_BUG, [CRASH_FAULT] = HOST_CHECK_FAULT, [CRASH_PANIC] = HOST_CHECK_PANIC,
		[CRASH_RUNAWAY] = HOST_CHECK_RUNAWAY, [CRASH_DEADLOCK] = HOST_CHECK_DEADLOCK,
	};
	const struct host_check_row *check;
	struct divergence d = { .time_ns = sched_now() };

	if (c->kind == CRASH_TIME || c->kind == CRASH_MEMORY) {
		result->end = c->kind == CRASH_TIME ? RUN_TIMED_OUT : RUN_NO_MEMORY;
		return;
	}
	if (c->kind == CRASH_TRAP) {
		result->end = RUN_TRAPPED;
		snprintf(result->trap, sizeof(result->trap), "%s", c->trap);
		return;
	}
	check = &host_checks[checks[c->kind]];
	result->end = check->kind == DIV_HANG ? RUN_HUNG : RUN_CRASHED;
	d.kind = check->kind;
	name_task(c->tid, &d);
	snprintf(d.check, sizeof(d.check), "%s", check->name);
	snprintf(d.site, sizeof(d.site), "%s", c->site);
	snprintf(d.text, sizeof(d.text), "%s", c->text);
	d.nr_frames = c->nr_frames;
	memcpy(d.frames, c->frames, sizeof(d.frames));
	record_divergence(&d);
}

/* --- The end of the quiet phase. */

/* One that waits for a SIPI is at rest, whether KVM sleeps meanwhile (oracle_run_spins()) or not. */
static bool at_rest(const struct vcpu *v)
{
	return v->ev.waiting || (sched_actor(v->tid)->state == ACTOR_BLOCKED && v->halted);
}

static bool all_at_rest(void)
{
	for (uint32_t i = 0; i < machine.nr_vcpus; i++)
		if (!at_rest(&machine.vcpu[i]))
			return false;
	return true;
}

/*
 * A timer may wake a vCPU at any time, and so just before the end: it gets some more
 * time to halt again.  One that hangs never does.
 */
static enum sched_end run_to_rest(struct sched_limits *limits, uint64_t quiet_ns)
{
	enum sched_end end = sched_run(limits);

	for (int i = 0; i < REST_TRIES && end == SCHED_TIME && !all_at_rest(); i++) {
		limits->end_ns += quiet_ns / REST_SHARE;
		end = sched_run(limits);
	}
	return end;
}

static void judge_quiet(void)
{
	static char graph[1024];
	const struct vcpu *restless = NULL;
	bool stuck = false;

	for (uint32_t i = 0; i < machine.nr_vcpus; i++) {
		struct vcpu *v = &machine.vcpu[i];
		struct kw_apic_state st;

		if (v->fd < 0)
			continue;	/* could not be added */
		if (!at_rest(v)) {
			stuck = true;
			restless = restless ? restless : v;
			continue;
		}
		kw_apic_state(v->hw, &st);
		oracle_quiet(v->index, &st);
	}
	if (!restless)
		pins_quiet();
	if (!restless)
		synic_quiet();
	for (uint32_t id = machine.devices_tid; id < machine.nr_tasks; id++)
		stuck |= sched_actor(id)->state != ACTOR_DONE;
	if (!stuck)
		return;
	kw_wait_graph(graph, sizeof(graph));
	result->end = RUN_HUNG;
	if (restless)
		oracle_finding(HOST_CHECK_QUIET, restless->vm, restless->id, DIV_NONE,
			       "the vCPU does not come to rest; last exit reason %u, %s", restless->hw->exit_reason,
			       graph[0] ? graph : "nobody waits for a lock");
	else
		oracle_finding(HOST_CHECK_QUIET, DIV_NONE, DIV_NONE, DIV_NONE,
			       "a task of userspace does not come to rest: %s",
			       graph[0] ? graph : "nobody waits for a lock");
}

/* --- One run. */
static void race(void)
{
	const struct scenario *s = &machine.scenario;
	struct sched_limits limits = { .end_ns = s->duration_ns + s->quiet_ns, .max_events = s->max_events };

	if (run_to_rest(&limits, s->quiet_ns) == SCHED_EVENTS)
		result->end = RUN_LIMIT;
	else
		judge_quiet();
	/* Last: found while building, it is no cause of what the run has shown. */
	spare_vm_judge();
}

static void tell_mix(const char *row, uint64_t was, uint64_t is)
{
	host_event(DIGEST_MIX, is, was);
	if (trace_on())
		trace_event("swarm", "%s is %llu in this run, not %llu", row, (unsigned long long)is,
			    (unsigned long long)was);
}

static void start(uint64_t seed)
{
	const struct scenario *s = &machine.scenario;
	struct policy_params params = { .one_in = s->point_one_in, .delay_ns = s->delay_ns };

	if (scenario.swarm_percent)
		swarm_draw(&scenario, seed, &machine.scenario);
	guest_init();
	policy_set_params(&params);
	sched_reset(seed, policy_find(s->policy));
	machine_reset(seed);
	guest_nr_interrupts = 0;
	host_start(seed, s->duration_ns);
	actors_spawn();
}

const uint32_t *run_pairs(void)
{
	uint32_t nr;

	return pair_states_seen(&nr);
}

void run_limit_time(uint64_t ns) { crash_limit_cpu(ns); }

/* Where the clock ended it is not the run's: nobody is to compare that. */
static void forget_sums(struct run_result *out)
{
	out->digest = out->nr_events = out->nr_interrupts = out->virtual_ns = 0;
	out->order = out->set = 0;
	out->nr_pairs = 0;
	memset(out->counter, 0, sizeof(out->counter));
	memset(out->deviations, 0, sizeof(out->deviations));
}

void run_begin(uint64_t seed, struct run_result *out)
{
	result = out;
	memset(out, 0, offsetof(struct run_result, divergence));
	out->seed = seed;
	out->end = RUN_COMPLETE;
	snapshot_restore();
	kw_once_clear();
	oracle_reset();
	deviation_clear_counts();
	counts_reset();
	pair_states_start(seed);
	start(seed);
}

void run_one(uint64_t seed, struct run_result *out, void *text)
{
	const struct crash *crash;

	run_begin(seed, out);
	trace_start(text);
	trace_state_reset();
	trace_after_steps(text && trace_states ? trace_state : NULL);
	if (scenario.swarm_percent)
		swarm_describe(&scenario, &machine.scenario, tell_mix);
	crash = crash_protect(race);
	if (crash->kind != CRASH_NONE) {
		sched_abandon();
		snapshot_distrust();
		/* After anything but a BUG KVM's memory is not to be trusted, nor looked at. */
		if (crash->kind != CRASH_BUG)
			trace_after_steps(NULL);
		record_crash(crash);
	}
	host_event(DIGEST_END, out->end, sched_nr_events());
	trace_start(NULL);
	out->digest = digest_value(&host_digest);
	out->nr_events = sched_nr_events();
	out->nr_interrupts = guest_nr_interrupts;
	out->virtual_ns = sched_now();
	out->order = counts.order;
	out->set = counts.set;
	counts_collect(out->counter);
	pair_states_seen(&out->nr_pairs);
	for (uint32_t i = 0; i < DEV_NR; i++)
		out->deviations[i] = deviation_row(i)->used;
	if (out->end == RUN_TIMED_OUT)
		forget_sums(out);
}

void run_trace_states(bool on)
{
	trace_states = on;
}

const uint64_t *run_checkpoints(uint32_t *nr)
{
	*nr = host_digest.nr_checkpoints;
	return host_digest.checkpoint;
}

static void mark(uint64_t event, const struct digest_record *r)
{
	(void)r;
	if (trace_on())
		trace_event("mark", "event %llu", (unsigned long long)event);
}

static struct digest_record watched[DIGEST_CHECKPOINT_EVENTS];
static struct digest_watch watch = { .record = watched, .seen = mark };

void run_watch(uint64_t first, uint32_t nr)
{
	watch.first = first;
	watch.nr = 0;
	watch.room = nr < DIGEST_CHECKPOINT_EVENTS ? nr : DIGEST_CHECKPOINT_EVENTS;
	host_digest.watch = nr ? &watch : NULL;
}

const struct digest_record *run_watched(uint32_t *nr)
{
	*nr = watch.nr;
	return watched;
}

/* --- Once per process. */
static int build_failed;
static char build_error[512];
static const struct scenario *build_scenario;

static void build(void)
{
	build_failed = machine_build(build_scenario, build_error, sizeof(build_error));
}

static void name_trace_tasks(void)
{
	char name[24];

	for (uint32_t tid = 0; tid < machine.nr_tasks; tid++) {
		machine_task_name(tid, name, sizeof(name));
		trace_task(tid, name);
	}
}

int run_setup(const struct scenario *s, char *error, uint64_t n)
{
	static struct run_result while_building;
	const struct crash *crash;

	result = &while_building;
	build_scenario = s;
	if (crash_init(on_warn)) {
		snprintf(error, n, "no signal stack");
		return -1;
	}
	crash = crash_protect(build);
	if (crash->kind != CRASH_NONE || build_failed) {
		snprintf(error, n, "building the VMs: %s%s%s", build_failed ? build_error : crash->site,
			 build_failed ? "" : ": ", build_failed ? "" : crash->trap[0] ? crash->trap : crash->text);
		return -1;
	}
	if (while_building.nr_divergences) {
		snprintf(error, n, "building the VMs: %s: %s", while_building.divergence[0].check,
			 while_building.divergence[0].text);
		return -1;
	}
	scenario_deviation_apply(s);
	if (sched_init(machine.nr_tasks)) {
		snprintf(error, n, "no memory for %u tasks", machine.nr_tasks);
		return -1;
	}
	if (ahead_build()) {
		snprintf(error, n, "no memory to look ahead");
		return -1;
	}
	host_init();
	scenario = machine.scenario;
	name_trace_tasks();
	if (snapshot_add_region(__start_kw_data, __stop_kw_data - __start_kw_data) ||
	    snapshot_add_region((void *)MACHINE_USER_BASE, machine.user_bytes) ||
	    snapshot_take(kw_arena_used())) {
		snprintf(error, n, "no memory for the snapshot");
		return -1;
	}
	return 0;
}

uint64_t run_memory_bytes(void)
{
	const void *stacks;
	uint64_t bytes;

	coro_pool_range(&stacks, &bytes);
	return ahead_bytes() + snapshot_bytes() + snapshot_private_bytes(stacks, bytes) + machine.user_bytes +
	       (uint64_t)machine.nr_vcpus * (sizeof(struct vcpu) + oracle_bytes_per_vcpu()) +
	       (uint64_t)machine.nr_tasks * sizeof(struct actor);
}
