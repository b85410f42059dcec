/* SPDX-License-Identifier: GPL-2.0-only */
/* See progress.h. */
#include "sim/cmd/progress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sim/cmd/log.h"

#define TICK_NS 250000000ull
#define LINE_NS 10000000000ull

static struct {
	struct campaign *c;
	struct feeder *f;
	uint32_t nr_running;
	uint64_t start_ns, drawn_ns;
	uint64_t runs_before, events_before; /* that a store had */
	/* Rates are of the last second or so; an average would hide that things got stuck. */
	uint64_t rate_ns, rate_runs, rate_events;
	uint64_t runs_per_s, events_per_s;
	pthread_mutex_t lock;
	pthread_cond_t ended;
} p = { .lock = PTHREAD_MUTEX_INITIALIZER };

char *progress_count(uint64_t n, char *buf, size_t size)
{
	char digits[32];
	size_t len = snprintf(digits, sizeof(digits), "%" PRIu64, n), out = 0;

	for (size_t i = 0; i < len && out + 2 < size; i++) {
		if (i && (len - i) % 3 == 0)
			buf[out++] = ',';
		buf[out++] = digits[i];
	}
	buf[out] = '\0';
	return buf;
}

char *progress_short(uint64_t n, char *buf, size_t size)
{
	static const char units[] = "kMGTP";
	uint64_t unit = 1000;
	int i = 0;

	if (n < 10000)
		return progress_count(n, buf, size);
	while (n / unit >= 1000 && units[i + 1]) {
		unit *= 1000;
		i++;
	}
	snprintf(buf, size, "%" PRIu64 ".%" PRIu64 " %c", n / unit, n % unit / (unit / 10), units[i]);
	return buf;
}

static void duration_text(uint64_t ns, char *buf, size_t n)
{
	uint64_t s = ns / 1000000000;

	if (ns == UINT64_MAX)
		snprintf(buf, n, "?");
	else if (s < 3600)
		snprintf(buf, n, "%" PRIu64 ":%02" PRIu64, s / 60, s % 60);
	else
		snprintf(buf, n, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, s / 3600, s / 60 % 60, s % 60);
}

static uint64_t runs_in_all(const struct campaign *c)
{
	uint64_t seeds = c->feed_last - c->feed_first + 1, all;

	return c->time_ns || __builtin_mul_overflow(seeds, c->nr_cells, &all) ? 0 : all;
}

static void update_rates(uint64_t now, uint64_t runs, uint64_t events)
{
	uint64_t ms = (now - p.rate_ns) / 1000000;

	if (ms < 1000 && p.rate_runs != p.runs_before)
		return;
	if (ms) {
		p.runs_per_s = (runs - p.rate_runs) * 1000 / ms;
		p.events_per_s = (events - p.rate_events) * 1000 / ms;
	}
	p.rate_ns = now;
	p.rate_runs = runs;
	p.rate_events = events;
}

static void draw(uint64_t now)
{
	char runs[32], all[40] = "", rate[32], events[32], divergent[32], left[32], line[256];
	uint64_t nr_runs, nr_events, nr_divergent, total = runs_in_all(p.c);

	pthread_mutex_lock(&p.c->lock);
	nr_runs = p.c->nr_runs;
	nr_events = p.c->nr_events;
	nr_divergent = p.c->nr_divergent;
	pthread_mutex_unlock(&p.c->lock);
	update_rates(now, nr_runs, nr_events);
	if (total) {
		all[0] = '/';
		progress_count(total, all + 1, sizeof(all) - 1);
	}
	duration_text(feeder_time_left(p.f), left, sizeof(left));
	snprintf(line, sizeof(line), "%s%s runs  %s runs/s  %s events/s  %s divergent  %s left",
		 progress_count(nr_runs, runs, sizeof(runs)), all,
		 progress_short(p.runs_per_s, rate, sizeof(rate)),
		 progress_short(p.events_per_s, events, sizeof(events)),
		 progress_count(nr_divergent, divergent, sizeof(divergent)), left);
	log_status(line);
	p.drawn_ns = now;
}

void progress_start(struct campaign *c, struct feeder *f)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p.ended, &attr);
	p.c = c;
	p.f = f;
	p.nr_running = c->nr_jobs;
	p.runs_before = p.rate_runs = c->nr_runs;
	p.events_before = p.rate_events = c->nr_events;
	p.start_ns = p.drawn_ns = p.rate_ns = feeder_now();
}

bool progress_wait(void)
{
	uint64_t now = feeder_now(), until = now + TICK_NS;
	struct timespec ts = { until / 1000000000, until % 1000000000 };
	bool running;

	pthread_mutex_lock(&p.lock);
	if (p.nr_running)
		pthread_cond_timedwait(&p.ended, &p.lock, &ts);
	running = p.nr_running;
	pthread_mutex_unlock(&p.lock);
	now = feeder_now();
	if (running && now - p.drawn_ns >= (log_on_terminal() ? TICK_NS - TICK_NS / 10 : LINE_NS))
		draw(now);
	return running;
}

void progress_job_ended(void)
{
	pthread_mutex_lock(&p.lock);
	p.nr_running--;
	pthread_cond_signal(&p.ended);
	pthread_mutex_unlock(&p.lock);
}

void progress_end(void)
{
	char runs[32], rate[32];
	uint64_t ms = (feeder_now() - p.start_ns) / 1000000 + 1;

	log_status_end();
	log_line("%s runs in %" PRIu64 ".%" PRIu64 " s, %s events/s",
		 progress_count(p.c->nr_runs - p.runs_before, runs, sizeof(runs)), ms / 1000, ms % 1000 / 100,
		 progress_short((p.c->nr_events - p.events_before) * 1000 / ms, rate, sizeof(rate)));
}
