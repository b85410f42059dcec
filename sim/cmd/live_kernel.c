// SPDX-License-Identifier: GPL-2.0-only
/*
 * See live_kernel.h.  The three system calls below are static and reachable
 * through a struct guard only; each sequence has a process, a VM and an alarm of
 * its own.
 *
 * LIVE_DEVICE is a constant of the build, so that tests of the command never
 * come near the real one.
 */
#include "sim/cmd/live_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sim/live/play.h"

#ifndef LIVE_DEVICE
#define LIVE_DEVICE "/dev/kvm"
#endif

#define ALARM_SECONDS 60u

static int record_fd;

static int kernel_open(void)
{
	int fd = open(LIVE_DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int64_t kernel_ioctl(int fd, uint32_t cmd, uint64_t arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

static const struct live_ops kernel = { kernel_open, kernel_ioctl, close };

const char *live_kernel_device(void)
{
	return LIVE_DEVICE;
}

int live_kernel_probe(void)
{
	int fd = kernel_open();

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* A parent that has gone away ends the sequence. */
static bool show(const struct live_record *r)
{
	return live_record_write(record_fd, r);
}

pid_t live_kernel_play(uint64_t seed, uint32_t nr_steps, int fd)
{
	pid_t parent = getpid(), child = fork();
	struct guard g;

	if (child < 0)
		return -errno;
	if (child > 0)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	signal(SIGALRM, SIG_DFL);
	/* Ctrl-C is the parent's business: it ends this process between two system calls. */
	signal(SIGINT, SIG_IGN);
	alarm(ALARM_SECONDS);
	record_fd = fd;
	guard_init(&g, &kernel);
	live_play(&g, seed, nr_steps, show);
	_exit(0);
}
