// SPDX-License-Identifier: GPL-2.0-only
/*
 * User memory and files.  Contract: Documentation/arch/x86/exception-tables.rst,
 * include/linux/uaccess.h: what cannot be copied is counted; copy_from_user()
 * zeroes the rest.
 */
#include <linux/uaccess.h>
#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/file.h>
#include "check.h"

#define USER(page, offset) ((void __user *)(kw_config.user_base + (page) * PAGE_SIZE + (offset)))
#define MEM(page, offset) ((u8 *)(kw_config.user_base + (page) * PAGE_SIZE + (offset)))

static void protect(u32 page, enum kw_user_prot prot)
{
	((u8 *)kw_config.user_prot)[page] = prot;
}

static u8 buf[3 * PAGE_SIZE];

/* Page 1 is gone: what lies before it is copied, to the byte. */
static void partial_role(u32 role)
{
	u32 before = st_below(300), after = 1 + st_below(300), n = before + after;

	protect(1, KW_USER_NONE);
	memset(MEM(0, 0), 0x11, PAGE_SIZE);
	memset(buf, 0x77, sizeof(buf));
	ST_CHECK(copy_from_user(buf, USER(0, PAGE_SIZE - before), n) == after, "%u bytes left", after);
	ST_CHECK(st_all(buf, 0x11, before), "copied");
	ST_CHECK(st_all(buf + before, 0, after), "the rest is zeroed");
	ST_CHECK(buf[n] == 0x77, "and nothing more");
	memset(buf, 0x77, sizeof(buf));
	ST_CHECK(__copy_from_user(buf, USER(0, PAGE_SIZE - before), n) == after, "%u bytes left", after);
	memset(buf, 0x22, sizeof(buf));
	ST_CHECK(copy_to_user(USER(0, PAGE_SIZE - before), buf, n) == after, "%u bytes left", after);
	ST_CHECK(st_all(MEM(0, PAGE_SIZE - before), 0x22, before), "written");
	ST_CHECK(before == PAGE_SIZE || *MEM(0, PAGE_SIZE - before - 1) == 0x11, "not before");
	ST_CHECK(clear_user(USER(0, PAGE_SIZE - before), n) == after, "%u bytes left", after);
	ST_CHECK(st_all(MEM(0, PAGE_SIZE - before), 0, before), "cleared");
	ST_CHECK(copy_from_user(buf, USER(1, 0), 8) == 8, "nothing there");
	protect(1, KW_USER_RW);
	ST_CHECK(!copy_from_user(buf, USER(0, 100), 2 * PAGE_SIZE), "all there again");
}

static void whole_role(u32 role)
{
	u32 i, k, at, n;

	for (i = 0; i < 20; i++) {
		for (k = 0; k < sizeof(buf); k++)
			buf[k] = st_below(256);
		at = st_below(2 * PAGE_SIZE);
		n = 1 + st_below(2 * PAGE_SIZE);
		ST_CHECK(!copy_to_user(USER(2, at), buf, n), "all there");
		ST_CHECK(!memcmp(MEM(2, at), buf, n), "written");
		memset(buf, 0, sizeof(buf));
		ST_CHECK(!copy_from_user(buf, USER(2, at), n), "all there");
		ST_CHECK(!memcmp(MEM(2, at), buf, n), "read");
	}
}

static void readonly_role(u32 role)
{
	u64 v = 5;

	*(u64 *)MEM(4, 8) = 9;
	protect(4, KW_USER_READ);
	ST_CHECK(copy_to_user(USER(4, 8), &v, 8) == 8, "read-only");
	ST_CHECK(put_user(v, (u64 __user *)USER(4, 8)) == -EFAULT, "read-only");
	ST_CHECK(__put_user(v, (u64 __user *)USER(4, 8)) == -EFAULT, "read-only");
	ST_CHECK(clear_user(USER(4, 8), 8) == 8, "read-only");
	ST_CHECK(*(u64 *)MEM(4, 8) == 9, "unchanged");
	ST_CHECK(!get_user(v, (u64 __user *)USER(4, 8)) && v == 9, "but can be read");
	ST_CHECK(!copy_from_user(buf, USER(4, 0), PAGE_SIZE), "but can be read");
}

#define TRY(type)										\
do {												\
	type v = 3, w;										\
	type __user *at = USER(5, 64), *gone = USER(6, 0);					\
												\
	ST_CHECK(!put_user(v, at) && *(type __force *)at == 3, "%zu bytes", sizeof(v));		\
	v = 0;											\
	ST_CHECK(!get_user(v, at) && v == 3, "%zu bytes", sizeof(v));				\
	w = 3;											\
	ST_CHECK(get_user(w, gone) == -EFAULT && w == 0, "%zu bytes", sizeof(v));		\
	ST_CHECK(put_user(v, gone) == -EFAULT, "%zu bytes", sizeof(v));				\
} while (0)

static void get_put_role(u32 role)
{
	u64 v __maybe_unused;

	protect(6, KW_USER_NONE);
	TRY(u8);
	TRY(u16);
	TRY(u32);
	TRY(u64);
	/* A word across the edge is all or nothing. */
	memset(MEM(5, PAGE_SIZE - 4), 0x5a, 4);
	ST_CHECK(get_user(v, (u64 __user *)USER(5, PAGE_SIZE - 4)) == -EFAULT, "half is gone");
	ST_CHECK(get_user(v, (u64 __user *)NULL) == -EFAULT, "NULL");
	ST_CHECK(get_user(v, (u64 __user *)-8ul) == -EFAULT, "not a user's address");
	ST_CHECK(copy_from_user(buf, (void __user *)-PAGE_SIZE, 8) == 8, "not a user's address");
	ST_CHECK(copy_from_user(buf, USER(KW_SELFTEST_USER_PAGES, -4), 8) == 4, "the end of user memory");
}

static void cmpxchg_role(u32 role)
{
	u32 old = 1, *at = (u32 *)MEM(5, 0);
	int ret;

	*at = 1;
	ret = __try_cmpxchg_user((u32 __user *)USER(5, 0), &old, 2, fault);
	ST_CHECK(!ret && *at == 2, "exchanged");
	ret = __try_cmpxchg_user((u32 __user *)USER(5, 0), &old, 3, fault);
	ST_CHECK(ret == 1 && *at == 2 && old == 2, "another value was there");
	protect(5, KW_USER_READ);
	ret = __try_cmpxchg_user((u32 __user *)USER(5, 0), &old, 3, fault);
	ST_CHECK(ret == -EFAULT && *at == 2, "read-only");
	return;
fault: __maybe_unused
	ST_CHECK(false, "fault");
}

/* Protections change while others copy: page by page it is one or the other. */
static void race_role(u32 role)
{
	u32 i;
	u64 left, v __maybe_unused;

	for (i = 0; i < 40; i++) {
		if (role == 0) {
			protect(3, KW_USER_NONE);
			st_busy(st_below(50));
			protect(3, KW_USER_RW);
			st_busy(st_below(50));
			continue;
		}
		left = copy_from_user(buf, USER(2, PAGE_SIZE - 8), 16);
		ST_CHECK(left == 0 || left == 8, "%llu bytes left", left);
		st_saw(left == 8);
		left = get_user(v, (u64 __user *)USER(3, 0));
		ST_CHECK(!left || left == -EFAULT, "%lld", left);
		st_point();
	}
}

/* --- Files. */
static u32 released;
static char secret;

static int on_release(struct inode *inode, struct file *file)
{
	ST_CHECK(file->private_data == &secret, "private data");
	released++;
	return 0;
}

static long on_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return file->private_data == &secret ? (long)(cmd + arg) : -EINVAL;
}

static const struct file_operations fops = { .release = on_release, .unlocked_ioctl = on_ioctl };

static void file_role(u32 role)
{
	int fd = anon_inode_getfd("st", &fops, &secret, O_RDWR), other;
	struct file *f;

	ST_CHECK(fd >= 0, "%d", fd);
	ST_CHECK(kw_ioctl(fd, 40, 2) == 42, "ioctl");
	other = get_unused_fd_flags(O_CLOEXEC);
	ST_CHECK(other >= 0, "%d", other);
	f = anon_inode_getfile("st", &fops, &secret, O_RDWR);
	ST_CHECK(!IS_ERR(f) && f->private_data == &secret && f->f_op == &fops, "file");
	fd_install(other, f);
	ST_CHECK(other != fd && kw_ioctl(other, 1, 1) == 2, "its own descriptor");
	ST_CHECK(!released, "still open");
	ST_CHECK(!kw_close(fd) && released == 1, "released once");
	ST_CHECK(kw_close(fd) == -EBADF && released == 1, "closed already");
	ST_CHECK(kw_ioctl(fd, 0, 0) == -EBADF, "closed");
	ST_CHECK(kw_ioctl(-1, 0, 0) == -EBADF && kw_ioctl(1 << 30, 0, 0) == -EBADF, "no such descriptor");
	ST_CHECK(!kw_close(other) && released == 2, "released once");
	/* Reserved and given back: free for the next one. */
	other = get_unused_fd_flags(0);
	put_unused_fd(other);
	fd = anon_inode_getfd("st", &fops, &secret, O_RDWR);
	ST_CHECK(fd == other, "%d and not %d", fd, other);
	kw_close(fd);
}

/* Two that are reserved at the same time are not one. */
static void two_fds_role(u32 role)
{
	int a = get_unused_fd_flags(0), b = get_unused_fd_flags(0);

	ST_CHECK(a >= 0 && b >= 0 && a != b, "%d and %d", a, b);
	put_unused_fd(a);
	put_unused_fd(b);
}

const struct kw_selftest st_user_tests[] = {
	{ "uaccess: copies up to the edge, and counts the rest", 1, .role = partial_role },
	{ "uaccess: copies what is there", 1, .role = whole_role },
	{ "uaccess: a read-only page is not written", 1, .role = readonly_role },
	{ "uaccess: get_user() and put_user()", 1, .role = get_put_role },
	{ "uaccess: compare and exchange", 1, .role = cmpxchg_role },
	{ "uaccess: pages come and go", 2, .role = race_role, .must_see = 3 },
	{ "file: ioctl, and release once", 1, .role = file_role },
	{ "file: a reserved descriptor is taken", 1, .role = two_fds_role },
	{ }
};
