/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See supervisor.h.
 *
 * A worker that is lost costs one run.  The run in progress is known from the page
 * that it shares with us; results that it had not written yet are made again in
 * a fresh worker, and then that run, alone.  What it means if it comes again, and
 * what if not, is loss.h: a divergence, a failure of the harness, or nothing.
 *
 * A share of the seeds runs twice, the second time in another process, which
 * runs nothing else; so process, position and neighbours all differ.
 */
#include "sim/cmd/supervisor.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/alloc.h"
#include "sim/cmd/examine.h"
#include "sim/cmd/feeder.h"
#include "sim/cmd/log.h"
#include "sim/cmd/loss.h"
#include "sim/cmd/monotonic.h"
#include "sim/cmd/progress.h"
#include "sim/cmd/repeat.h"
#include "sim/cmd/runner_process.h"
#include "sim/cmd/store.h"

struct job {
	pthread_t thread;
	struct campaign *c;
	struct feeder *feeder;
	struct cell *cell;		/* that the runner was started for */
	struct runner runner;
	struct repeat repeat;
	struct run_result result;
	struct store_chunk kept;	/* what the chunk in progress brought, for the store */
	struct loss loss;
};

/* What is left to do of a chunk. */
struct todo {
	uint64_t next, left;
};

static volatile sig_atomic_t stop_signal;

static void on_stop(int sig)
{
	struct sigaction fatal = { .sa_handler = SIG_DFL };

	stop_signal = sig;
	/* The second one is obeyed at once. Runners die with us. */
	sigaction(sig, &fatal, NULL);
}

int supervisor_stopped(void)
{
	return stop_signal;
}

static void say(const struct job *j, const char *what)
{
	if (j->c->verbose)
		log_line("%s on %s: %s", j->c->scenarios[j->cell->scenario].name,
			 j->c->variants[j->cell->variant].name, what);
}

static void print_last_words(const struct runner *r)
{
	char words[4096];

	runner_last_words(r, words, sizeof(words));
	if (words[0]) {
		log_line("the last that the runner wrote:");
		log_text(words);
	}
}

/* A runner for this cell, running. False: there is none to be had. */
static bool have_runner(struct job *j, struct cell *cell)
{
	struct runner_spec spec;
	char error[1024];

	if (j->cell != cell) {
		runner_stop(&j->runner);
		repeat_stop(&j->repeat);
		j->cell = cell;
	}
	if (j->runner.pid)
		return true;
	runner_stop(&j->runner);
	repeat_spec(j->c, cell, &spec);
	if (runner_start(&j->runner, &spec)) {
		campaign_fail(j->c, cell, FAILURE_SETUP, 0, "%s", j->runner.error);
		print_last_words(&j->runner);
		return false;
	}
	if (campaign_ready(j->c, cell, j->runner.ready.identity, j->runner.ready.class,
			   j->runner.ready.scenario_hash, error, sizeof(error))) {
		campaign_fail(j->c, cell, FAILURE_SETUP, 0, "%s", error);
		runner_stop(&j->runner);
		return false;
	}
	say(j, "worker is ready");
	return true;
}

/* The run @t->next is over, for good or bad. */
static void step(struct todo *t)
{
	t->next++;
	t->left--;
}

static void keep(struct job *j, const struct run_result *r)
{
	campaign_record(j->c, j->cell, r);
	campaign_record_pairs(j->c, j->cell, j->runner.pairs, r->nr_pairs);
	store_chunk_run(&j->kept, j->c, j->cell, r);
	if (!j->cell->canary)
		store_chunk_pairs(&j->kept, j->runner.pairs, r->nr_pairs);
}

/* The run that had cost a worker came to its end. */
static void acquit(struct job *j)
{
	if (j->loss.excused)
		log_line("a worker %s; the run was made again", j->loss.how);
	else
		campaign_fail(j->c, j->cell, FAILURE_UNSTEADY, j->loss.seed, "the first time the worker %s",
			      j->loss.how);
	loss_clear(&j->loss);
}

static void record(struct job *j, struct todo *t)
{
	const struct run_result *r = &j->result;

	if (j->loss.suspicious && r->seed == j->loss.seed)
		acquit(j);
	keep(j, r);
	if (campaign_repeats(j->c, r->seed) && r->end != RUN_TIMED_OUT)
		repeat_remember(&j->repeat, r);
	step(t);
}

/*
 * What the code under test did to the runner so that not even its crash handler and its
 * watchdog could say what: a divergence like any other, of a run of which nothing else is known.
 */
static void record_loss(struct job *j)
{
	struct run_result *r = &j->result;
	struct divergence *d = &r->divergence[0];
	bool hung = j->loss.kind == LOSS_HUNG;
	const struct host_check_row *check = &host_checks[hung ? HOST_CHECK_HUNG : HOST_CHECK_DIED];

	memset(r, 0, sizeof(*r));
	r->seed = j->loss.seed;
	r->end = hung ? RUN_HUNG : RUN_CRASHED;
	r->nr_divergences = r->nr_recorded = 1;
	d->kind = check->kind;
	d->vm = d->vcpu = d->vector = DIV_NONE;
	snprintf(d->check, sizeof(d->check), "%s", check->name);
	snprintf(d->text, sizeof(d->text), "the worker %.120s, %s", j->loss.how, loss_times(&j->loss));
	keep(j, r);
}

static enum loss_kind kind_of(const struct runner *r, enum runner_status why)
{
	switch (why) {
	case RUNNER_HUNG:
		return LOSS_HUNG;
	case RUNNER_MEMORY:
		return LOSS_MEMORY;
	case RUNNER_ERROR:
		return LOSS_ERROR;
	default:
		return runner_killed_by_itself(r)    ? LOSS_SIGNAL :
		       runner_killed_from_outside(r) ? LOSS_KILLED :
						       LOSS_EXIT;
	}
}

/* The worker is gone in the middle of something. */
static void bury(struct job *j, struct todo *t, enum runner_status why)
{
	uint64_t seed = runner_last_seed(&j->runner);
	enum loss_verdict verdict;
	char how[160];

	/* Between two runs, or before the first: hold it against the one that comes next. */
	if (seed - t->next >= t->left)
		seed = t->next;
	runner_end_text(&j->runner, why, how, sizeof(how));
	say(j, how);
	verdict = loss_add(&j->loss, seed, kind_of(&j->runner, why), how);
	/* What came before it in this chunk and was lost must be run again without it. */
	if (verdict == LOSS_AGAIN || seed != t->next)
		return;
	if (verdict == LOSS_DIVERGENCE) {
		record_loss(j);
	} else {
		campaign_fail(j->c, j->cell, why == RUNNER_MEMORY ? FAILURE_MEMORY : FAILURE_DIED, seed,
			      "the worker %s%s", how,
			      verdict == LOSS_UNSTEADY ? "; each time something else" : "");
		store_chunk_dead(&j->kept);
	}
	print_last_words(&j->runner);
	loss_clear(&j->loss);
	step(t);
}

/* Up to a suspect, or the suspect alone: nothing that it takes along is lost twice. */
static uint64_t ask_for(const struct job *j, const struct todo *t)
{
	if (!j->loss.suspicious || j->loss.seed - t->next >= t->left)
		return t->left;
	return j->loss.seed == t->next ? 1 : j->loss.seed - t->next;
}

static void run_chunk(struct job *j, const struct chunk *chunk)
{
	struct todo t = { chunk->first, chunk->count };
	enum runner_status status;
	uint64_t asked;

	loss_clear(&j->loss);
	while (t.left && have_runner(j, chunk->cell)) {
		asked = ask_for(j, &t);
		runner_ask(&j->runner, "run 0x%llx %llu", (unsigned long long)t.next, (unsigned long long)asked);
		for (status = RUNNER_OK; asked && !status; asked--) {
			status = runner_read_run(&j->runner, &j->result);
			if (!status && j->result.seed != t.next) {
				snprintf(j->runner.error, sizeof(j->runner.error), "an answer for another seed");
				runner_stop(&j->runner);
				status = RUNNER_ERROR;
			}
			if (status)
				bury(j, &t, status);
			else
				record(j, &t);
		}
	}
}

static void *job_main(void *arg)
{
	struct job *j = arg;
	struct chunk chunk;

	while (feeder_next(j->feeder, j->cell, &chunk)) {
		uint64_t start;

		if (!have_runner(j, chunk.cell)) {
			feeder_done(j->feeder, &chunk, 0);
			continue;
		}
		/* VMs are built once per worker; what a run costs should not contain that. */
		start = monotonic_ns();
		store_chunk_start(&j->kept, chunk.first);
		run_chunk(j, &chunk);
		j->kept.wall_ns = monotonic_ns() - start;
		feeder_done(j->feeder, &chunk, j->kept.wall_ns);
		j->kept.nr_repeated = repeat_run(&j->repeat, j->c, chunk.cell, &j->runner);
		if (j->c->store && !store_commit(j->c->store, j->c, chunk.cell, &j->kept))
			feeder_stop(j->feeder);
	}
	store_chunk_free(&j->kept);
	runner_stop(&j->runner);
	repeat_stop(&j->repeat);
	progress_job_ended();
	return NULL;
}

static void start_jobs(struct job *jobs, struct campaign *c, struct feeder *f)
{
	sigset_t ours, old;

	/* Signals are for the main thread, which sleeps; a job is never interrupted. */
	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &ours, &old);
	for (uint32_t i = 0; i < c->nr_jobs; i++) {
		struct job *j = &jobs[i];

		j->c = c;
		j->feeder = f;
		runner_init(&j->runner);
		runner_init(&j->repeat.runner);
		if (pthread_create(&j->thread, NULL, job_main, j)) {
			log_line("cannot start a thread");
			alloc_failed();
		}
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

int supervisor_run(struct campaign *c)
{
	struct job *jobs = alloc_array(c->nr_jobs, sizeof(*jobs));
	struct sigaction stop = { .sa_handler = on_stop };
	struct status status;
	bool told = false;
	struct feeder f;

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	feeder_init(&f, c);
	progress_start(c, &f);
	start_jobs(jobs, c, &f);
	while (progress_wait(&status)) {
		if (c->store)
			store_progress(c->store, c, &status, false);
		if (stop_signal && !told) {
			told = true;
			feeder_stop(&f);
			log_line("stopping: the runs in progress end first; once more to stop at once");
		}
	}
	for (uint32_t i = 0; i < c->nr_jobs; i++)
		pthread_join(jobs[i].thread, NULL);
	if (c->store)
		store_progress(c->store, c, &status, true);
	if (f.quiet)
		log_line("quiet: no further bucket in at least %llu runs", (unsigned long long)c->until_quiet);
	progress_end();
	feeder_free(&f);
	free(jobs);
	return stop_signal;
}
