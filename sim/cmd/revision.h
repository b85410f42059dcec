/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Revisions of a git repository as variants.  The repository is only read: no
 * checkout, no worktree, no ref is touched.
 */
#ifndef LAPICSIM_REVISION_H
#define LAPICSIM_REVISION_H

#include "sim/options.h"

#define REVISION_BYTES 65	/* a hash in hexadecimal, of either kind */

/* The top folder of the repository that @folder is in; @folder itself if there is none, as in a bare one. */
const char *revision_top(const char *folder);
/* The commit that @rev of @repo means. 0, or an exit code with the error printed. */
int revision_resolve(const char *repo, const char *rev, char commit[REVISION_BYTES]);
/* "PREFIX-" and the hash, shortened. */
void revision_name(const char *prefix, const char *commit, char *buf, size_t n);
/* Builds @commit as variant @name. The builder's exit code: 2 if the tree cannot be built. */
int revision_build(const char *repo, const char *commit, const char *name, const char *class);
/* Removes the variant again, if it is there. */
void revision_remove(const char *name);
/* Adds the kernel files that @name was compiled from to @paths, without those that are there. */
int revision_files(const char *name, struct option_list *paths);
/* Adds the folders in which a debugger finds what @name was compiled from. */
int revision_sources(const char *name, struct option_list *folders);

#endif
