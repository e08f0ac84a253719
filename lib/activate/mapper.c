/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * device-mapper ioctls through libdevmapper.
 *
 * Devices are addressed by uuid wherever the library allows it; resume, rename and remove need the
 * name too, which was just looked up by uuid. With udev, cookies make each step wait until its
 * rules are done; without, the library makes the nodes itself in dm_task_update_nodes().
 */
#include "lib/activate/mapper.h"

#include <errno.h>
#include <inttypes.h>
#include <libdevmapper.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/config.h"
#include "lib/dm_lock.h"
#include "lib/number.h"
#include "metadata/base/cleanup.h"

#define DRIVER_IN_SYSFS "/sys/class/misc/device-mapper"
#define MISC_IN_SYSFS	"/sys/class/misc"
#define UDEV_CONTROL	"/run/udev/control"
#define DM_WARNING	4 /* libdevmapper's level; smaller is worse */
#define LAST_WORDS_SIZE 512

/* What the library said last. Process-wide, because its hook is. */
static char last_words[LAST_WORDS_SIZE];

/* libdevmapper's hook: exported, but its header declares only the function that sets it. */
extern dm_log_with_errno_fn dm_log_with_errno;

/* While tasks exist the hook is ours; whose it was before (a report's) gets it back. */
static dm_log_with_errno_fn hook_before;
static unsigned int tasks_open;

static void task_destroy_at_exit(struct dm_task **task)
{
	if (!*task)
		return;
	dm_task_destroy(*task);
	if (!--tasks_open)
		dm_log_with_errno = hook_before;
	dm_unlock();
}

#define AUTO_TASK CLEANUP(task_destroy_at_exit)

__attribute__((format(printf, 5, 6))) static void keep_words(int level, const char *file, int line,
							     int dm_errno, const char *fmt, ...)
{
	va_list args;

	(void)file;
	(void)line;
	(void)dm_errno;
	if ((level & 7) > DM_WARNING)
		return;
	va_start(args, fmt);
	(void)vsnprintf(last_words, sizeof(last_words), fmt, args);
	va_end(args);
}

static bool is_held; /* the control device is kept open */

/* The lock is held until the task is destroyed. */
static struct dm_task *task_new(int type)
{
	struct dm_task *task;

	dm_lock();
	if (!is_held)
		dm_hold_control_dev(1);
	is_held = true;
	*last_words = '\0';
	if (!tasks_open++) {
		hook_before = dm_log_with_errno;
		dm_log_with_errno_init(keep_words);
	}
	task = dm_task_create(type);
	if (!task && !--tasks_open)
		dm_log_with_errno = hook_before;
	if (!task)
		dm_unlock();
	return task;
}

void activation_release(void)
{
	dm_lock();
	if (is_held) {
		dm_hold_control_dev(0);
		dm_lib_release();
	}
	is_held = false;
	dm_unlock();
}

static int task_failed(struct dm_task *task, struct err *err, const char *what, const char *which)
{
	int errnum = task ? dm_task_get_errno(task) : 0;

	if (errnum <= 0)
		errnum = EIO;
	return err_set(err, errnum, "Cannot %s %s: %s", what, which,
		       *last_words ? last_words : strerror(errnum));
}

const char *mapper_uuid(const struct uuid *vg_id, const struct uuid *lv_id,
			char uuid[MAPPER_UUID_SIZE])
{
	(void)snprintf(uuid, MAPPER_UUID_SIZE, "LVM-%.*s%.*s", UUID_LENGTH, vg_id->text,
		       UUID_LENGTH, lv_id->text);
	return uuid;
}

bool mapper_driver_present(void)
{
	static atomic_bool is_known_present;
	struct dm_task AUTO_TASK *task = NULL;

	if (is_known_present)
		return true;
	task = task_new(DM_DEVICE_VERSION);
	is_known_present = task && dm_task_run(task);
	return is_known_present;
}

/* ---- asking ---- */

/*
 * Sure that this kernel has no device at all, because the driver is not loaded? Any other failure
 * to reach it must not be taken for "not active".
 */
static bool driver_is_absent(void)
{
	return access(DRIVER_IN_SYSFS, F_OK) && errno == ENOENT && !access(MISC_IN_SYSFS, F_OK);
}

/* Each target as "start length type arguments\n". */
static uint64_t take_table(struct dm_task *task, struct buf *table)
{
	uint64_t start, length, size = 0;
	char *type, *params;
	void *next = NULL;

	do {
		type = params = NULL;
		start = length = 0;
		next = dm_get_next_target(task, next, &start, &length, &type, &params);
		if (!type)
			continue;
		size += length;
		if (table)
			buf_printf(table, "%" PRIu64 " %" PRIu64 " %s%s%s\n", start, length, type,
				   params && *params ? " " : "", params ? params : "");
	} while (next);
	return size;
}

static void take_info(struct dm_task *task, const struct dm_info *info,
		      struct lv_kernel_state *state)
{
	const char *name = dm_task_get_name(task);
	uint32_t read_ahead = 0;

	state->exists = true;
	state->active = info->live_table;
	state->suspended = info->suspended;
	state->inactive_table = info->inactive_table;
	state->read_only = info->read_only;
	state->open_count = info->open_count > 0 ? (uint32_t)info->open_count : 0;
	state->major = info->major;
	state->minor = info->minor;
	if (name)
		(void)snprintf(state->name, sizeof(state->name), "%s", name);
	if (dm_task_get_read_ahead(task, &read_ahead))
		state->read_ahead = read_ahead;
}

int mapper_state(const char *uuid, bool inactive, struct lv_kernel_state *ret_state,
		 struct buf *table, struct err *err)
{
	struct lv_kernel_state state = { .exists = false };
	struct dm_task AUTO_TASK *task = NULL;
	struct dm_info info;

	if (driver_is_absent()) {
		*ret_state = state;
		return 0;
	}
	task = task_new(DM_DEVICE_TABLE);
	if (!task || !dm_task_set_uuid(task, uuid) ||
	    (inactive && !dm_task_query_inactive_table(task)))
		return task_failed(task, err, "ask for device", uuid);
	if (!dm_task_run(task)) {
		if (dm_task_get_errno(task) != ENXIO)
			return task_failed(task, err, "ask for device", uuid);
		*ret_state = state;
		return 0;
	}
	if (!dm_task_get_info(task, &info))
		return task_failed(task, err, "ask for device", uuid);
	if (info.exists) {
		take_info(task, &info, &state);
		state.size_sectors = take_table(task, table);
	}
	if (table && table->failed)
		return err_set(err, ENOMEM, "Table of device %s is too long.", state.name);
	*ret_state = state;
	return 0;
}

static bool visit_device(const char *name, bool (*visit)(void *, const struct mapper_device *),
			 void *data)
{
	struct dm_task AUTO_TASK *task = task_new(DM_DEVICE_INFO);
	struct mapper_device device = { .name = name };
	struct dm_info info;

	if (!task || !dm_task_set_name(task, name) || !dm_task_run(task) ||
	    !dm_task_get_info(task, &info) || !info.exists)
		return true; /* removed since the list was made */
	device.uuid = dm_task_get_uuid(task);
	device.suspended = info.suspended;
	device.open_count = info.open_count > 0 ? (uint32_t)info.open_count : 0;
	return !device.uuid || visit(data, &device);
}

int mapper_each(bool (*visit)(void *data, const struct mapper_device *device), void *data,
		struct err *err)
{
	struct dm_task AUTO_TASK *task = NULL;
	const struct dm_names *names;

	if (driver_is_absent())
		return 0;
	task = task_new(DM_DEVICE_LIST);
	if (!task || !dm_task_run(task) || !(names = dm_task_get_names(task)))
		return task_failed(task, err, "list", "devices");
	if (!names->dev)
		return 0;
	for (;;) {
		if (!visit_device(names->name, visit, data))
			return err_set(err, ENOMEM, "Out of memory.");
		if (!names->next)
			return 0;
		/* The kernel aligns each entry. */
		names = (const void *)((const char *)names + names->next);
	}
}

/* ---- steps ---- */

struct mapper_options mapper_options(const struct context *context, bool hidden)
{
	const struct config *config = context ? context->config : NULL;
	bool udev_runs = !access(UDEV_CONTROL, F_OK);

	return (struct mapper_options){
		.use_udev = udev_runs && dm_cookie_supported() &&
			    (!config || config_bool(config, "activation/udev_sync")),
		.udev_rules =
			udev_runs && (!config || config_bool(config, "activation/udev_rules")),
		.hidden = hidden,
	};
}

static uint16_t udev_flags(const struct mapper_options *options)
{
	unsigned int flags = 0;

	if (options->hidden)
		flags |= DM_UDEV_DISABLE_SUBSYSTEM_RULES_FLAG | DM_UDEV_DISABLE_DISK_RULES_FLAG |
			 DM_UDEV_DISABLE_OTHER_RULES_FLAG;
	if (!options->udev_rules)
		flags |= DM_UDEV_DISABLE_DM_RULES_FLAG | DM_UDEV_DISABLE_SUBSYSTEM_RULES_FLAG;
	return (uint16_t)flags;
}

/* Run a task that makes, renames or removes a node, and wait until that is done. */
static int run_with_nodes(const struct mapper_options *options, struct dm_task *task,
			  const char *what, const char *which, struct err *err)
{
	uint32_t cookie = 0;
	int r = 0;

	dm_udev_set_sync_support(options->use_udev);
	if (!dm_task_set_cookie(task, &cookie, udev_flags(options)))
		return task_failed(task, err, what, which);
	if (!dm_task_run(task))
		r = task_failed(task, err, what, which);
	if (!dm_udev_wait(cookie) && !r)
		r = task_failed(NULL, err, "wait for udev after", what);
	if (!options->use_udev)
		dm_task_update_nodes();
	return r;
}

int mapper_create(const struct mapper_options *options, const char *name, const char *uuid,
		  int32_t major, int32_t minor, struct err *err)
{
	struct dm_task AUTO_TASK *task = task_new(DM_DEVICE_CREATE);
	mode_t mask;
	int r = 0;

	if (!task || !dm_task_set_name(task, name) || !dm_task_set_uuid(task, uuid) ||
	    (minor >= 0 && (!dm_task_set_major(task, major) || !dm_task_set_minor(task, minor))) ||
	    !dm_task_set_add_node(task, DM_ADD_NODE_ON_RESUME))
		return task_failed(task, err, "create device", name);
	dm_udev_set_sync_support(options->use_udev);
	mask = umask(0);
	if (!dm_task_run(task))
		r = task_failed(task, err, "create device", name);
	(void)umask(mask);
	return r;
}

/* One target of "start length type arguments". @line is taken apart. */
static bool add_target(struct dm_task *task, char *line)
{
	uint64_t start, length;
	const char *type;

	if (!number_whole(strsep(&line, " "), UINT64_MAX, &start) ||
	    !number_whole(strsep(&line, " "), UINT64_MAX, &length) ||
	    !(type = strsep(&line, " ")) || !*type)
		return false;
	return dm_task_add_target(task, start, length, type, line ? line : "");
}

int mapper_load(const char *uuid, const struct buf *table, bool read_only, struct err *err)
{
	struct dm_task AUTO_TASK *task = task_new(DM_DEVICE_RELOAD);
	char AUTO_FREE *copy = table->data ? strdup(table->data) : NULL;
	char *rest = copy, *line;

	if (!copy)
		return err_set(err, ENOMEM, "Out of memory.");
	if (!task || !dm_task_set_uuid(task, uuid) || (read_only && !dm_task_set_ro(task)))
		return task_failed(task, err, "load table of device", uuid);
	while ((line = strsep(&rest, "\n"))) {
		if (*line && !add_target(task, line))
			return task_failed(task, err, "load table of device", uuid);
	}
	if (!dm_task_run(task))
		return task_failed(task, err, "load table of device", uuid);
	return 0;
}

int mapper_clear(const char *uuid, struct err *err)
{
	struct dm_task AUTO_TASK *task = task_new(DM_DEVICE_CLEAR);

	if (!task || !dm_task_set_uuid(task, uuid) || !dm_task_run(task))
		return task_failed(task, err, "clear table of device", uuid);
	return 0;
}

int mapper_suspend(const char *uuid, bool flush, struct err *err)
{
	struct dm_task AUTO_TASK *task = task_new(DM_DEVICE_SUSPEND);

	if (!task || !dm_task_set_uuid(task, uuid) || !dm_task_skip_lockfs(task) ||
	    (!flush && !dm_task_no_flush(task)) || !dm_task_run(task))
		return task_failed(task, err, "suspend device", uuid);
	return 0;
}

static bool set_devno(struct dm_task *task, const struct lv_kernel_state *state)
{
	return dm_task_set_major(task, (int)state->major) &&
	       dm_task_set_minor(task, (int)state->minor);
}

int mapper_resume(const struct mapper_options *options, const struct lv_kernel_state *state,
		  int64_t read_ahead, bool at_least, struct err *err)
{
	struct dm_task AUTO_TASK *task = task_new(DM_DEVICE_RESUME);
	uint32_t sectors = read_ahead < 0 ? DM_READ_AHEAD_AUTO : (uint32_t)read_ahead;

	/* The name is for the node; the kernel goes by the number. */
	if (!task || !dm_task_set_name(task, state->name) || !set_devno(task, state) ||
	    !dm_task_set_add_node(task, DM_ADD_NODE_ON_RESUME) ||
	    !dm_task_set_read_ahead(task, sectors, at_least ? DM_READ_AHEAD_MINIMUM_FLAG : 0))
		return task_failed(task, err, "resume device", state->name);
	return run_with_nodes(options, task, "resume device", state->name, err);
}

int mapper_rename(const struct mapper_options *options, const char *old_name, const char *new_name,
		  struct err *err)
{
	struct dm_task AUTO_TASK *task = task_new(DM_DEVICE_RENAME);

	if (!task || !dm_task_set_name(task, old_name) || !dm_task_set_newname(task, new_name))
		return task_failed(task, err, "rename device", old_name);
	return run_with_nodes(options, task, "rename device", old_name, err);
}

/* The library removes nodes only of devices that it was told by name. */
static void remove_node(const struct lv_kernel_state *state)
{
	char path[sizeof(state->name) + 16];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/%s", dm_dir(), state->name);
	if (!lstat(path, &st) && S_ISBLK(st.st_mode) &&
	    st.st_rdev == makedev(state->major, state->minor))
		(void)unlink(path);
}

int mapper_remove(const struct mapper_options *options, const struct lv_kernel_state *state,
		  struct err *err)
{
	struct dm_task AUTO_TASK *task = task_new(DM_DEVICE_REMOVE);
	int r;

	if (!task || !set_devno(task, state) || !dm_task_retry_remove(task))
		return task_failed(task, err, "remove device", state->name);
	r = run_with_nodes(options, task, "remove device", state->name, err);
	if (!r)
		remove_node(state);
	return r;
}

int mapper_make_node(const char *name, struct err *err)
{
	struct dm_task AUTO_TASK *task = NULL;
	char path[MAPPER_NAME_SIZE + 16];

	(void)snprintf(path, sizeof(path), "%s/%s", dm_dir(), name);
	if (!access(path, F_OK))
		return 0;
	task = task_new(DM_DEVICE_MKNODES);
	/* Also with udev: it had its time, and did not make it or somebody removed it. */
	dm_udev_set_sync_support(0);
	if (!task || !dm_task_set_name(task, name) || !dm_task_run(task))
		return task_failed(task, err, "make the node of device", name);
	dm_task_update_nodes();
	return 0;
}

int mapper_mend_nodes(struct err *err)
{
	struct dm_task AUTO_TASK *task = task_new(DM_DEVICE_MKNODES);

	dm_udev_set_sync_support(0);
	if (!task || !dm_task_run(task))
		return task_failed(task, err, "mend the nodes of", "all devices");
	dm_task_update_nodes();
	return 0;
}
