// SPDX-License-Identifier: GPL-2.0-only
/*
 * Start-up: what start_kernel() and the module loader do for KVM, in order.
 */
#include <linux/radix-tree.h>
#include <linux/xarray.h>
#include "env.h"

int kw_boot(const struct kw_config *config)
{
	int ret;

	if (config->version != KW_BOUNDARY_VERSION || !config->nr_cpus || config->nr_cpus > KW_MAX_TASKS)
		return -EINVAL;
	kw_config = *config;
	kw_shared.silent = true;
	kw_memory_init();
	kw_percpu_init();
	kw_tasks_init();
	kw_timer_init();
	ret = kw_task_create(0, "kworker", 0);
	if (ret)
		return ret;
	kw_task_switch(0);
	kw_cpu_init();
	radix_tree_init();
	if (config->no_vector_hashing && (ret = kw_param_set("vector_hashing", "N")))
		return ret;
	return kw_vendor_load();
}
