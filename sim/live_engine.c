// SPDX-License-Identifier: GPL-2.0-only
/*
 * See live_engine.h.  Everything happens in one task, as while VMs are built;
 * each sequence starts from the booted, empty KVM.
 *
 * Does not judge: lapicsim does, of both KVMs.
 */
#include "sim/live_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm/boundary.h"
#include "sim/crash.h"
#include "sim/live/play.h"
#include "sim/machine.h"
#include "sim/snapshot.h"

#define ARENA_BYTES	(16ull << 20)
#define NR_CPUS		4u

static uint64_t seed;
static uint32_t steps;
static int record_fd;
static int boot_result;
static char warning[128];

static void settle(void)
{
	crash_heartbeat++;
	while (kw_work_pending())
		kw_work_run();
}

static int64_t engine_ioctl(int fd, uint32_t cmd, uint64_t arg)
{
	int64_t ret = kw_ioctl(fd, cmd, arg);

	settle();
	return ret;
}

static int engine_close(int fd)
{
	int ret = kw_close(fd);

	settle();
	return ret;
}

static const struct live_ops engine = { kw_open, engine_ioctl, engine_close };

static bool put(const struct live_record *r)
{
	if (!live_record_write(record_fd, r))
		_exit(0);
	return true;
}

static void write_failure(const char *what, const char *where)
{
	struct live_record r = { .seed = seed, .kind = LIVE_FAILED };

	snprintf(r.text, sizeof(r.text), "%s %s", what, where);
	put(&r);
}

/* A sequence that made KVM warn has not been played to a good end. */
static bool write_record(const struct live_record *r)
{
	if (r->kind == LIVE_DONE && warning[0]) {
		write_failure(warning, "");
		return true;
	}
	return put(r);
}

static void play(void)
{
	struct guard g;

	guard_init(&g, &engine);
	live_play(&g, seed, steps, write_record);
}

static void boot(void)
{
	static uint8_t prot[1] = { KW_USER_RW };
	struct kw_config config = {
		.version = KW_BOUNDARY_VERSION, .nr_cpus = NR_CPUS,
		.arena_base = MACHINE_ARENA_BASE, .arena_bytes = ARENA_BYTES,
		.user_base = MACHINE_USER_BASE, .user_bytes = MACHINE_PAGE, .user_prot = prot,
	};

	boot_result = kw_boot(&config);
	if (boot_result)
		return;
	kw_task_create(1, "vcpu0", 0);
	kw_task_switch(1);
	settle();
}

static void on_warn(struct divergence *d)
{
	snprintf(warning, sizeof(warning), "host WARN: %s", d->site);
}

static int prepare(void)
{
	void *user = mmap((void *)MACHINE_USER_BASE, MACHINE_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (user == MAP_FAILED || snapshot_map(MACHINE_ARENA_BASE, ARENA_BYTES) || crash_init(on_warn)) {
		write_failure("no memory", "");
		return -1;
	}
	if (crash_protect(boot)->kind != CRASH_NONE || boot_result) {
		write_failure("starting KVM failed", boot_result ? strerror(-boot_result) : "");
		return -1;
	}
	if (snapshot_add_region(__start_kw_data, __stop_kw_data - __start_kw_data) ||
	    snapshot_take(kw_arena_used())) {
		write_failure("no memory for the snapshot", "");
		return -1;
	}
	return 0;
}

static void one(void)
{
	const struct crash *crash;

	snapshot_restore();
	warning[0] = '\0';
	crash = crash_protect(play);
	if (crash->kind != CRASH_NONE) {
		snapshot_distrust();
		write_failure(crash->text[0] ? crash->text : crash->trap, crash->site);
	}
}

int live_engine_main(const char *first, const char *last, const char *nr_steps)
{
	uint64_t end = strtoull(last, NULL, 0);

	seed = strtoull(first, NULL, 0);
	steps = (uint32_t)strtoul(nr_steps, NULL, 0);
	record_fd = dup(STDOUT_FILENO);
	if (record_fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 || prepare())
		return 6;
	for (;; seed++) {
		one();
		if (seed >= end)
			return 0;
	}
}
