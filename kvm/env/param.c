// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module parameters, as the module loader sets them before a module's init
 * function: kernel/params.c.
 *
 * Same as the kernel: the table that module_param() fills, and what a bool parameter
 * takes.  Different on purpose: only bool parameters can be set, since no other has
 * been asked for; the name goes without the module's, because which module KVM's files
 * are built into is nobody's business here.
 */
#include <linux/moduleparam.h>
#include <linux/kstrtox.h>
#include <linux/string.h>
#include "env.h"

extern const struct kernel_param __start_kw_param[], __stop_kw_param[];

int kstrtobool(const char *s, bool *res)
{
	if (!s)
		return -EINVAL;
	switch (s[0]) {
	case 'e': case 'E': case 'y': case 'Y': case 't': case 'T': case '1':
		*res = true;
		return 0;
	case 'd': case 'D': case 'n': case 'N': case 'f': case 'F': case '0':
		*res = false;
		return 0;
	case 'o': case 'O':
		*res = s[1] == 'n' || s[1] == 'N';
		return *res || s[1] == 'f' || s[1] == 'F' ? 0 : -EINVAL;
	}
	return -EINVAL;
}

/* No equals sign is "yes". */
int param_set_bool(const char *val, const struct kernel_param *kp)
{
	return kstrtobool(val ?: "1", kp->arg);
}

const struct kernel_param_ops param_ops_bool = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = param_set_bool,
};
const struct kernel_param_ops param_ops_int, param_ops_uint, param_ops_bint, param_ops_ulong;

static const char *own_name(const struct kernel_param *kp)
{
	const char *dot = strrchr(kp->name, '.');

	return dot ? dot + 1 : kp->name;
}

int kw_param_set(const char *name, const char *val)
{
	const struct kernel_param *kp;

	for (kp = __start_kw_param; kp < __stop_kw_param; kp++)
		if (!strcmp(own_name(kp), name))
			return kp->ops->set ? kp->ops->set(val, kp) : -EOPNOTSUPP;
	return -ENOENT;
}
