// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files: what KVM registers (misc device, anonymous inodes) and the calls of
 * userspace that come in through their fops.
 *
 * Same as the kernel: ioctl() and release() reach the fops that KVM gave; a file
 * lives as long as its last reference, and KVM itself holds some (a vCPU's file
 * holds its VM).
 * Different on purpose: one table of descriptors for all processes; there is no
 * path, no poll and no read.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/kvm_host.h>
#include "env.h"

static struct miscdevice *kw_misc;		/* /dev/kvm */
static struct file **kw_fds;			/* kw_nr_fds() of them, or NULL before the first open */
static u32 kw_fd_hint;
#define KW_RESERVED ERR_PTR(-EBADF)		/* a descriptor that is taken, its file not yet there */

struct mm_struct *kw_mm(u32 nr);

/* Of all files, as the kernel has one for all anonymous ones; KVM looks at none. */
static struct inode *kw_inode;

static struct file *kw_file(const struct file_operations *fops, void *priv, int flags)
{
	struct file *f = kw_alloc(sizeof(*f));

	if (!kw_inode)
		kw_inode = kw_alloc(sizeof(*kw_inode));
	f->f_op = fops;
	f->private_data = priv;
	f->f_flags = flags;
	f->f_mode = FMODE_READ | FMODE_WRITE;
	f->f_inode = kw_inode;
	return f;
}

int misc_register(struct miscdevice *misc)
{
	kw_misc = misc;
	return 0;
}

void misc_deregister(struct miscdevice *misc) { kw_misc = NULL; }

/* --- Descriptors: one for each vCPU and VM, and some. */
static u32 kw_nr_fds(void) { return kw_config.nr_cpus * 2 + 64; }

int get_unused_fd_flags(unsigned int flags)
{
	if (!kw_fds)
		kw_fds = kw_alloc(kw_nr_fds() * sizeof(*kw_fds));
	while (kw_fd_hint < kw_nr_fds()) {
		if (!kw_fds[kw_fd_hint]) {
			kw_fds[kw_fd_hint] = KW_RESERVED;
			return kw_fd_hint;
		}
		kw_fd_hint++;
	}
	return -EMFILE;
}

void fd_install(unsigned int fd, struct file *file) { kw_fds[fd] = file; }

void put_unused_fd(unsigned int fd)
{
	kw_fds[fd] = NULL;
	kw_fd_hint = min(kw_fd_hint, fd);
}

struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *priv, int flags)
{
	return kw_file(fops, priv, flags);
}

struct file *anon_inode_getfile_fmode(const char *name, const struct file_operations *fops, void *priv, int flags,
				      fmode_t mode)
{
	struct file *file = kw_file(fops, priv, flags);

	file->f_mode |= mode;
	return file;
}

int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv, int flags)
{
	int fd = get_unused_fd_flags(flags);

	if (fd >= 0)
		fd_install(fd, kw_file(fops, priv, flags));
	return fd;
}

struct file *kw_fd_file(int fd)
{
	if (fd < 0 || !kw_fds || fd >= kw_nr_fds() || IS_ERR(kw_fds[fd]))
		return NULL;
	return kw_fds[fd];
}

/* --- What userspace calls. */
int kw_open(void)
{
	int fd;

	if (!kw_misc)
		return -ENODEV;
	fd = get_unused_fd_flags(0);
	if (fd >= 0)
		fd_install(fd, kw_file(kw_misc->fops, NULL, 0));
	return fd;
}

/* As lockdep says of a task that goes to userspace. */
static void kw_to_userspace(void)
{
	kw_outside_rcu("a return to userspace inside an RCU read section");
	if (kw_self->srcu_sections)
		hs_fault("a return to userspace inside an SRCU read section");
	if (kw_cpu_irq->disabled)
		hs_fault("a return to userspace with interrupts off");
}

s64 kw_ioctl(int fd, u32 cmd, u64 arg)
{
	struct file *f = kw_fd_file(fd);
	s64 r;

	if (!f)
		return -EBADF;
	r = f->f_op->unlocked_ioctl(f, cmd, arg);
	kw_to_userspace();
	return r;
}

int kw_close(int fd)
{
	struct file *f = kw_fd_file(fd);

	if (!f)
		return -EBADF;
	put_unused_fd(fd);
	if (f->f_op->release)
		f->f_op->release(f->f_inode, f);
	kw_free(f);
	kw_to_userspace();
	return 0;
}

/* A page of the file's mapping, through the fault handler that KVM installs. */
void *kw_mmap(int fd, u64 pgoff)
{
	struct file *f = kw_fd_file(fd);
	struct vm_area_struct vma = { };
	struct vm_fault vmf = { .pgoff = pgoff };

	if (!f || !f->f_op->mmap)
		return NULL;
	vma.vm_file = f;
	vma.vm_end = PAGE_SIZE;
	if (f->f_op->mmap(f, &vma) || !vma.vm_ops || !vma.vm_ops->fault)
		return NULL;
	*(struct vm_area_struct **)&vmf.vma = &vma;
	if (vma.vm_ops->fault(&vmf) || !vmf.page)
		return NULL;
	return page_address(vmf.page);
}

/* --- MMU notifiers: KVM wants to know when userspace's mappings change. */
#define KW_MAX_NOTIFIERS 128
static struct { struct mmu_notifier *mn; struct mm_struct *mm; } kw_notifiers[KW_MAX_NOTIFIERS];

int mmu_notifier_register(struct mmu_notifier *mn, struct mm_struct *mm)
{
	u32 i;

	for (i = 0; i < KW_MAX_NOTIFIERS; i++) {
		if (kw_notifiers[i].mn)
			continue;
		kw_notifiers[i].mn = mn;
		kw_notifiers[i].mm = mm;
		mn->mm = mm;
		return 0;
	}
	return -ENOMEM;
}

void mmu_notifier_unregister(struct mmu_notifier *mn, struct mm_struct *mm)
{
	u32 i;

	for (i = 0; i < KW_MAX_NOTIFIERS; i++)
		if (kw_notifiers[i].mn == mn)
			kw_notifiers[i].mn = NULL;
	if (mn->ops->release)
		mn->ops->release(mn, mm);
}

void kw_mm_invalidate(u32 nr, u64 start, u64 end)
{
	struct mmu_notifier_range range = { .mm = kw_mm(nr), .start = start, .end = end };
	u32 i;

	for (i = 0; i < KW_MAX_NOTIFIERS; i++) {
		struct mmu_notifier *mn = kw_notifiers[i].mn;

		if (!mn || kw_notifiers[i].mm != range.mm)
			continue;
		if (mn->ops->invalidate_range_start)
			mn->ops->invalidate_range_start(mn, &range);
		if (mn->ops->invalidate_range_end)
			mn->ops->invalidate_range_end(mn, &range);
	}
}

/* No file of ours has a position. */
loff_t noop_llseek(struct file *file, loff_t offset, int whence) { return file->f_pos; }
