/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where things lie: the program, what came with it (scenarios, known/, the builder
 * and all that it compiles), and the build folder with the variants.
 *
 * In a repository the build folder is the program's own, so that a second build
 * beside the first (make O=dir) finds its own variants; the rest is its parent,
 * or what a build elsewhere was told in LAPICSIM_ROOT. Installed in PREFIX/bin, the rest is
 * PREFIX/share/lapicsim, and each user has a build folder: LAPICSIM_BUILD, or lapicsim in
 * XDG_CACHE_HOME or ~/.cache, for all that is in it can be made again.
 */
#define _GNU_SOURCE
#include "sim/cmd/cmd.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/alloc.h"

static bool is_folder(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static struct {
	char program[CMD_PATH_MAX], build[CMD_PATH_MAX], root[CMD_PATH_MAX];
} place;

static bool set_root(const char *path)
{
	char probe[CMD_PATH_MAX + 16];

	snprintf(probe, sizeof(probe), "%.*s/scenarios", CMD_PATH_MAX - 1, path);
	if (is_folder(probe))
		snprintf(place.root, sizeof(place.root), "%s", path);
	return place.root[0];
}

static void set_user_build(void)
{
	const char *given = getenv("LAPICSIM_BUILD"), *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (given && *given)
		snprintf(place.build, sizeof(place.build), "%s", given);
	else if (cache && *cache)
		snprintf(place.build, sizeof(place.build), "%s/lapicsim", cache);
	else if (home && *home)
		snprintf(place.build, sizeof(place.build), "%s/.cache/lapicsim", home);
	else
		exit(cmd_fail(CMD_BAD_INPUT,
			      "neither LAPICSIM_BUILD, XDG_CACHE_HOME nor HOME says where variants lie"));
}

static void find_places(void)
{
	char folder[CMD_PATH_MAX], parent[CMD_PATH_MAX], share[CMD_PATH_MAX + 16];
	ssize_t n = readlink("/proc/self/exe", place.program, sizeof(place.program) - 1);

	if (n <= 0)
		exit(cmd_fail(CMD_HARNESS, "/proc/self/exe: %s", strerror(errno)));
	place.program[n] = '\0';
	snprintf(folder, sizeof(folder), "%s", place.program);
	*strrchr(folder, '/') = '\0';
	snprintf(parent, sizeof(parent), "%s", folder);
	if (strrchr(parent, '/'))
		*strrchr(parent, '/') = '\0';
	snprintf(place.build, sizeof(place.build), "%s", folder);
	if (set_root(parent))
		return;
	snprintf(share, sizeof(share), "%s/share/lapicsim", parent);
	if (set_root(share)) {
		set_user_build();
		return;
	}
#ifdef LAPICSIM_ROOT
	if (set_root(LAPICSIM_ROOT))
		return;
#endif
	exit(cmd_fail(CMD_HARNESS,
		      "%s: neither in a repository's build folder nor installed (no scenarios in %s and %s)",
		      place.program, parent, share));
}

static const char *placed(const char *path)
{
	if (!place.root[0])
		find_places();
	return path;
}

const char *paths_program(void) { return placed(place.program); }
const char *paths_build(void) { return placed(place.build); }
const char *paths_root(void) { return placed(place.root); }

static int by_version(const void *a, const void *b)
{
	return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

struct option_list paths_list(const char *folder, const char *suffix)
{
	struct option_list names = { 0 };
	DIR *dir = opendir(folder);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		size_t len = strlen(e->d_name), cut = strlen(suffix);
		char *name;

		if (e->d_name[0] == '.' || len <= cut || strcmp(e->d_name + len - cut, suffix))
			continue;
		name = alloc_text(e->d_name);
		name[len - cut] = '\0';
		option_list_add(&names, name);
	}
	if (dir)
		closedir(dir);
	if (names.nr)
		qsort(names.item, names.nr, sizeof(*names.item), by_version);
	return names;
}

int paths_known(const char *given, char *path, size_t n, char *error, size_t error_bytes)
{
	struct stat st;

	if (!given)
		snprintf(path, n, "%s/known", paths_root());
	else
		snprintf(path, n, "%s", strcmp(given, "none") ? given : "/nonexistent");
	if (!given || !strcmp(given, "none") || (!stat(given, &st) && S_ISDIR(st.st_mode)))
		return 0;
	/* Without its entries everything would be new. */
	snprintf(error, error_bytes, "--known: %s: no such folder", given);
	option_one_line(error);
	return -1;
}

static void guess_from(const char *word, const struct option_list *names, char *error, size_t n)
{
	struct option_guess guess;

	option_guess_start(&guess, word);
	for (uint32_t i = 0; i < names->nr; i++)
		option_guess_offer(&guess, names->item[i]);
	option_guess_append(&guess, error, n);
}

int paths_scenario(const char *name, char *path, size_t n, char *error, size_t error_n)
{
	char folder[CMD_PATH_MAX + 16];
	struct option_list names;
	char *absolute;

	snprintf(folder, sizeof(folder), "%s/scenarios", paths_root());
	if (strchr(name, '/') || !access(name, R_OK))
		snprintf(path, n, "%s", name);
	else if ((size_t)snprintf(path, n, "%s/%s.scn", folder, name) >= n)
		path[0] = '\0';

	/* Runners are started from anywhere; and tokens should not depend on where one stands. */
	absolute = realpath(path, NULL);
	if (absolute && strlen(absolute) < n && !is_folder(absolute)) {
		strcpy(path, absolute);
		free(absolute);
		return 0;
	}
	if (absolute || strchr(name, '/')) {
		snprintf(error, error_n, "%s: %s", name, absolute ? "not a scenario file" : strerror(errno));
		free(absolute);
		return -1;
	}
	snprintf(error, error_n, "%s: neither a file nor a scenario in %s", name, folder);
	names = paths_list(folder, ".scn");
	guess_from(name, &names, error, error_n);
	return -1;
}

struct option_list paths_variants(uint32_t flavour)
{
	char path[2 * CMD_PATH_MAX];
	struct option_list all, built = { 0 };

	snprintf(path, sizeof(path), "%s/variants", paths_build());
	all = paths_list(path, "");
	for (uint32_t i = 0; i < all.nr; i++) {
		snprintf(path, sizeof(path), "%s/variants/%s/%s/runner", paths_build(), all.item[i],
			 flavour_name(flavour));
		/* Canaries are broken on purpose: only by name. */
		if (!access(path, X_OK) && strncmp(all.item[i], "canary-", 7))
			option_list_add(&built, all.item[i]);
	}
	return built;
}

int paths_runner(const char *variant, uint32_t flavour, char *path, size_t n, char *error, size_t error_n)
{
	char folder[2 * CMD_PATH_MAX];
	struct option_list names;
	int len = snprintf(path, n, "%s/variants/%s/%s/runner", paths_build(), variant, flavour_name(flavour));

	if (len > 0 && (size_t)len < n && !strchr(variant, '/') && !access(path, X_OK))
		return 0;
	snprintf(folder, sizeof(folder), "%s/variants/%s", paths_build(), variant);
	if (!strchr(variant, '/') && is_folder(folder)) {
		snprintf(error, error_n, "variant %s is not built as %s: lapicsim variant add %s --flavour %s ...",
			 variant, flavour_name(flavour), variant, flavour_name(flavour));
		return -1;
	}
	snprintf(error, error_n, "there is no variant \"%s\"", variant);
	names = paths_variants(flavour);
	guess_from(variant, &names, error, error_n);
	return -1;
}
