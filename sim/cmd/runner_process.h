/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One runner process seen from lapicsim: started, asked, read, ended.
 *
 * Not safe for two threads at once; each job has its own. Does not judge: what
 * a death means is the supervisor's business.
 */
#ifndef LAPICSIM_RUNNER_PROCESS_H
#define LAPICSIM_RUNNER_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sim/pair_states.h"
#include "sim/run.h"
#include "sim/wire.h"

enum runner_status {
	RUNNER_OK,
	RUNNER_DIED,		/* end of file: it exited or was killed */
	RUNNER_HUNG,		/* no answer in time, though it got to run; it has been killed */
	RUNNER_MEMORY,		/* more memory than runner_spec.memory; it has been killed */
	RUNNER_ERROR,		/* WIRE_ERROR, or something that is no answer */
};

struct runner_spec {
	const char *program;
	const char *scenario;	/* absolute path */
	const char *overrides;	/* "" for none */
	uint64_t timeout_ns;	/* for one answer */
	uint64_t run_time_ns;	/* of CPU time for a run, which the runner ends by itself; 0: none */
	uint64_t memory;	/* resident bytes; 0: no limit */
	int stderr_fd;		/* where its stderr goes; -1: kept, see runner_last_words() */
};

struct runner {
	pid_t pid;		/* 0: not running */
	int to_fd, from_fd, log_fd;
	struct wire_slot *slot;
	struct wire_ready ready;
	uint64_t timeout_ns, memory, memory_seen;
	uint32_t start, end;	/* unread bytes in @buf */
	uint32_t pairs[PAIR_MAX];	/* of the last run that was read: run_result.nr_pairs */
	uint8_t buf[65536];
	int wait_status;	/* after its end */
	char error[1024];	/* RUNNER_ERROR: what it said */
};

/* How many of this program's runners there are now. */
uint32_t runner_nr_alive(void);
/* For one that was never started, so that it may be stopped. */
void runner_init(struct runner *r);
/* Starts it and waits until its VMs are built. On failure nothing is left of it but r->error. */
enum runner_status runner_start(struct runner *r, const struct runner_spec *spec);
/* One line of sim/wire.h, without the newline. A dead runner is noticed by the next read. */
void runner_ask(struct runner *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The next WIRE_RUN. On anything but RUNNER_OK the process is gone. */
enum runner_status runner_read_run(struct runner *r, struct run_result *out);
/*
 * One run, made once more with a look at where its divergences come from: @why, of
 * RUN_MAX_DIVERGENCES, has one for each that @out records.
 */
enum runner_status runner_explain(struct runner *r, uint64_t seed, struct run_result *out,
				  struct wire_explanation *why);
/* Checkpoints of its last run; the number of them, or -1. */
int32_t runner_checkpoints(struct runner *r, uint64_t *values, uint32_t max);
/* Events of @seed's digest from @first to the next checkpoint; the number of them, or -1. */
int32_t runner_events(struct runner *r, uint64_t seed, uint64_t first, struct digest_record *out, uint32_t max);
/* Seed of the run in progress when it died. */
uint64_t runner_last_seed(const struct runner *r);
/* How it was lost: "was killed by signal 6 (Aborted)", "exited with 1", "gave no answer in 30000 ms, and was killed". */
void runner_end_text(const struct runner *r, enum runner_status why, char *buf, size_t n);
/* Was it killed as the OOM killer or a user kills, rather than by what it ran? */
bool runner_killed_from_outside(const struct runner *r);
/* By a signal that what it ran brings about: a fault, an abort. */
bool runner_killed_by_itself(const struct runner *r);
/* The last lines that it wrote on stderr. Valid until runner_stop(). */
void runner_last_words(const struct runner *r, char *buf, size_t n);
/* Ends it, if it still runs, and frees everything. */
void runner_stop(struct runner *r);

#endif
