/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store by itself, for test_store.py: no locks, no cluster, one step of lib/store per word.
 *
 *	store_driver VERB ARGUMENT...
 *
 * STORE_DIE_AT=N: the process ends before its Nth write to a device (after it all writes are lost,
 * as in a power cut). STORE_TRACE=FILE: one line per write and flush of a device.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "lib/random.h"
#include "lib/store/store.h"
#include "metadata/edit.h"

#define EXIT_DIED	 9
#define ALIGNMENT_BYTES	 ((uint64_t)1 << 20)
#define DEFAULT_ALLOC_PE 1
#define TAGS_MAX	 100 /* keeps the text within the smallest area */

/* ---- the two calls that reach a disk ---- */

static unsigned long writes_left; /* 0: no end */
static FILE *trace;
static const char *phase = "";

static void trace_line(char what, int fd, long long offset, size_t length)
{
	struct stat st;

	if (trace && !fstat(fd, &st) && S_ISBLK(st.st_mode)) {
		(void)fprintf(trace, "%s %c %llu %lld %zu\n", phase, what,
			      (unsigned long long)st.st_rdev, offset, length);
		(void)fflush(trace);
	}
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	if (writes_left && !--writes_left)
		_exit(EXIT_DIED);
	trace_line('W', fd, (long long)offset, length);
	return syscall(SYS_pwrite64, fd, bytes, length, offset);
}

int fdatasync(int fd)
{
	trace_line('F', fd, 0, 0);
	return (int)syscall(SYS_fdatasync, fd);
}

/* ---- helpers ---- */

static struct err err;

static void message(void *data, enum message_level level, const char *text)
{
	(void)data;
	if (level == MESSAGE_PRINT)
		(void)printf("%s\n", text);
	else if (level == MESSAGE_WARNING || level == MESSAGE_ERROR)
		(void)fprintf(stderr, "%s\n", text);
}

static struct scan *new_scan(struct context *context)
{
	struct scan *scan = NULL;

	return scan_run(context, &scan, &err) ? NULL : scan;
}

static struct stored_vg *read_vg(struct context *context, struct scan *scan, const char *name)
{
	struct stored_vg *stored = NULL;

	return stored_vg_read(context, scan, name, NULL, &stored, &err) ? NULL : stored;
}

static int write_vg(struct context *context, struct scan *scan, const struct stored_vg *before,
		    struct vg *after)
{
	struct store_txn *txn = NULL;
	int rc;

	phase = "write";
	if ((rc = store_write(context, scan, before, after, 0, &txn, &err)))
		return rc;
	phase = "precommit";
	if (!(rc = store_precommit(txn, &err))) {
		phase = "commit";
		rc = store_commit(txn, &err);
	}
	phase = "revert";
	if (rc)
		store_revert(txn);
	store_txn_free(txn);
	phase = "";
	return rc;
}

static int add_pv(struct scan *scan, struct vg *vg, const char *path)
{
	const struct device *device = device_find(scan->devices, path);
	const struct pv_disk *disk = device ? scan_find_pv_on(scan, device) : NULL;
	struct pv_spec spec = { 0 };
	uint64_t end;

	if (!disk)
		return err_set(&err, ENOENT, "%s is no PV", path);
	end = disk->header.device_size_bytes;
	for (uint32_t i = 0; i < disk->header.mda_count; i++)
		if (disk->header.mda[i].offset_bytes > disk->header.data[0].offset_bytes)
			end = disk->header.mda[i].offset_bytes;
	spec.id = disk->header.id;
	spec.device_name = device->name;
	spec.dev_size = disk->header.device_size_bytes / SECTOR_BYTES;
	spec.pe_start = disk->header.data[0].offset_bytes / SECTOR_BYTES;
	spec.usable_end = end / SECTOR_BYTES;
	return vg_edit_add_pv(vg, &spec, &err);
}

/* ---- verbs ---- */

/* format DEVICE COPIES METADATA_BYTES(0: default) */
static int do_format(struct context *context, char **args)
{
	struct scan *scan = new_scan(context);
	const struct device *device = scan ? device_find(scan->devices, args[0]) : NULL;
	struct pv_format format = { .label_sector = LABEL_DEFAULT_SECTOR, .zero = true };
	struct pv_layout_request request = { .alignment_bytes = ALIGNMENT_BYTES,
					     .page_size = 4096 };
	int rc;

	if (!device || device->rejected) {
		rc = err_set(&err, ENODEV, "%s: %s", args[0],
			     device ? device->rejected : "no device");
		goto out;
	}
	request.device_size_bytes = device->size_bytes;
	request.metadata_copies = (uint32_t)strtoul(args[1], NULL, 10);
	request.metadata_size_bytes = strtoull(args[2], NULL, 10);
	if (request.metadata_size_bytes)
		request.alignment_bytes = 65536;
	if ((rc = random_uuid(&format.header.id, &err)) ||
	    (rc = pv_layout(&request, &format.header, &err)))
		goto out;
	format.header.extension_version = PV_EXTENSION_VERSION;
	rc = store_format_pv(context, device, &format, &err);
out:
	scan_free(scan);
	return rc;
}

/* create VG DEVICE... */
static int do_create(struct context *context, char **args)
{
	struct scan *scan = new_scan(context);
	struct vg *vg = scan ? vg_new(args[0]) : NULL;
	int rc = err.code;

	if (!vg)
		goto out;
	vg->status = STATUS_RESIZEABLE | STATUS_READ | STATUS_WRITE;
	vg->extent_size = 2048;
	vg->alloc = ALLOC_NORMAL;
	if ((rc = random_uuid(&vg->id, &err)))
		goto out;
	for (char **path = args + 1; !rc && *path; path++)
		rc = add_pv(scan, vg, *path);
	if (!rc)
		rc = write_vg(context, scan, NULL, vg);
out:
	vg_free(vg);
	scan_free(scan);
	return rc;
}

static unsigned count_tags(const struct vg *vg)
{
	unsigned count = 0;

	for (const struct name_list *tag = vg->tags; tag; tag = tag->next)
		count++;
	return count;
}

static int edit_tag(struct scan *scan, struct vg *vg, char **args)
{
	struct name_list *tag = arena_new(vg->arena, struct name_list);

	(void)scan;
	if (!tag || !(tag->name = arena_strdup(vg->arena, args[0])))
		return err_set(&err, ENOMEM, "no memory");
	tag->next = count_tags(vg) < TAGS_MAX ? vg->tags : NULL;
	vg->tags = tag;
	return 0;
}

static int edit_copies(struct scan *scan, struct vg *vg, char **args)
{
	(void)scan;
	vg->metadata_copies = (uint32_t)strtoul(args[0], NULL, 10);
	return 0;
}

static int edit_extend(struct scan *scan, struct vg *vg, char **args)
{
	return add_pv(scan, vg, args[0]);
}

static int edit_create_lv(struct scan *scan, struct vg *vg, char **args)
{
	struct lv_spec spec = { .name = args[0],
				.le_count = DEFAULT_ALLOC_PE,
				.stripes = 1,
				.major = -1,
				.minor = -1 };
	struct alloc_where where = { .policy = ALLOC_NORMAL };
	struct lv *lv;
	int rc;

	(void)scan;
	if ((rc = random_uuid(&spec.id, &err)))
		return rc;
	return lv_edit_create(vg, &spec, &where, &lv, &err);
}

/* VERB VG ARGUMENT... */
static int change(struct context *context, char **args,
		  int (*edit)(struct scan *scan, struct vg *vg, char **args), unsigned times)
{
	struct scan *scan = new_scan(context);
	int rc = scan ? 0 : err.code;

	for (unsigned i = 0; !rc && i < times; i++) {
		struct stored_vg *before = read_vg(context, scan, args[0]);
		struct vg *after = before ? vg_copy(before->vg) : NULL;

		rc = after ? edit(scan, after, args + 1) : err.code;
		if (!rc)
			rc = write_vg(context, scan, before, after);
		vg_free(after);
		stored_vg_free(before);
	}
	scan_free(scan);
	return rc;
}

static int do_tag(struct context *context, char **args)
{
	return change(context, args, edit_tag, 1);
}

/* Two writes from one scan. */
static int do_tag_twice(struct context *context, char **args)
{
	return change(context, args, edit_tag, 2);
}

/* tag-many VG TAG COUNT: as fast as it goes, as that many commands would. */
static int do_tag_many(struct context *context, char **args)
{
	unsigned long count = strtoul(args[2], NULL, 10);
	int rc = 0;

	for (unsigned long i = 0; !rc && i < count; i++)
		rc = change(context, args, edit_tag, 1);
	return rc;
}

/* watch VG FILE: reads without a lock until there is such a file; says how often. */
static int do_watch(struct context *context, char **args)
{
	uint32_t last = 0;
	unsigned count = 0;

	while (access(args[1], F_OK)) {
		struct scan *scan = new_scan(context);
		struct stored_vg *stored = scan ? read_vg(context, scan, args[0]) : NULL;
		uint32_t seqno = stored ? stored->vg->seqno : 0;

		stored_vg_free(stored);
		scan_free(scan);
		if (!seqno)
			return err.code;
		if (seqno < last)
			return err_set(&err, EPROTO, "seqno %u after %u", seqno, last);
		last = seqno;
		count++;
	}
	(void)printf("%u\n", count);
	return 0;
}

static int do_copies(struct context *context, char **args)
{
	return change(context, args, edit_copies, 1);
}

static int do_extend(struct context *context, char **args)
{
	return change(context, args, edit_extend, 1);
}

static int do_create_lv(struct context *context, char **args)
{
	return change(context, args, edit_create_lv, 1);
}

/* show VG: one line of what is read. */
static int do_show(struct context *context, char **args)
{
	struct scan *scan = new_scan(context);
	struct stored_vg *stored = scan ? read_vg(context, scan, args[0]) : NULL;
	unsigned missing = 0;
	int rc = stored ? 0 : err.code;

	if (stored) {
		for (uint32_t i = 0; i < stored->vg->pv_count; i++)
			missing += !stored->pv_disks[i];
		(void)printf("seqno=%u highest=%u pvs=%u missing=%u mdas=%u inconsistent=%d tags=",
			     stored->vg->seqno, stored->seqno_highest, stored->vg->pv_count,
			     missing, stored_vg_mda_count(stored), stored->inconsistent);
		for (const struct name_list *tag = stored->vg->tags; tag; tag = tag->next)
			(void)printf("%s,", tag->name);
		(void)printf(" lvs=%u\n", stored->vg->lv_count);
	}
	stored_vg_free(stored);
	scan_free(scan);
	return rc;
}

/* precommitted VG TAG: leaves the change precommitted, and reads it back that way. */
static int do_precommitted(struct context *context, char **args)
{
	struct scan *scan = new_scan(context), *fresh = NULL;
	struct stored_vg *before = scan ? read_vg(context, scan, args[0]) : NULL;
	struct vg *after = before ? vg_copy(before->vg) : NULL;
	struct stored_vg *seen = NULL;
	struct store_txn *txn = NULL;
	uint32_t crc;
	int rc;

	if (!after || edit_tag(scan, after, args + 1) ||
	    store_write(context, scan, before, after, 0, &txn, &err) || store_precommit(txn, &err))
		return err.code;
	if (!(fresh = new_scan(context)))
		return err.code;
	crc = store_txn_text_crc(txn);
	rc = stored_vg_read_precommitted(context, fresh, &after->id, store_txn_text_length(txn),
					 crc ^ 1, &seen, &err);
	if (rc != -ESTALE)
		return err_set(&err, EPROTO, "a wrong checksum was not refused");
	if (stored_vg_read_precommitted(context, fresh, &after->id, store_txn_text_length(txn), crc,
					&seen, &err))
		return err.code;
	(void)printf("precommitted seqno=%u tag=%s\n", seen->vg->seqno, seen->vg->tags->name);
	(void)fflush(stdout);
	_exit(0); /* as killed: nothing is reverted */
}

/* reduce VG DEVICE */
static int do_reduce(struct context *context, char **args)
{
	struct scan *scan = new_scan(context);
	struct stored_vg *before = scan ? read_vg(context, scan, args[0]) : NULL;
	const struct device *device = before ? device_find(scan->devices, args[1]) : NULL;
	struct pv_disk *disk = device ? scan_find_pv_on(scan, device) : NULL;
	struct vg *after = disk ? vg_copy(before->vg) : NULL;
	int rc = err.code ? err.code : -ENOENT;

	if (after &&
	    !(rc = vg_edit_remove_pv(after, vg_find_pv_by_id(after, &disk->header.id), &err)) &&
	    !(rc = write_vg(context, scan, before, after)))
		rc = store_release_pvs(context, &disk, 1, &err);
	vg_free(after);
	stored_vg_free(before);
	scan_free(scan);
	return rc;
}

/* remove VG */
static int do_remove(struct context *context, char **args)
{
	struct scan *scan = new_scan(context);
	struct stored_vg *stored = scan ? read_vg(context, scan, args[0]) : NULL;
	int rc = stored ? store_remove_vg(context, stored, &err) : err.code;

	stored_vg_free(stored);
	scan_free(scan);
	return rc;
}

/* unlabel DEVICE */
static int do_unlabel(struct context *context, char **args)
{
	struct scan *scan = new_scan(context);
	const struct device *device = scan ? device_find(scan->devices, args[0]) : NULL;
	const struct pv_disk *disk = device ? scan_find_pv_on(scan, device) : NULL;
	int rc = disk ? store_wipe_label(context, disk, &err) : -ENOENT;

	scan_free(scan);
	return rc;
}

/* backup VG: both files. */
static int do_backup(struct context *context, char **args)
{
	struct scan *scan = new_scan(context);
	struct stored_vg *stored = scan ? read_vg(context, scan, args[0]) : NULL;
	int rc = stored ? archive_write(context, stored->vg, &err) : err.code;

	if (!rc)
		backup_write(context, stored->vg);
	stored_vg_free(stored);
	scan_free(scan);
	return rc;
}

/* devices: every device and why it is not used. */
static int do_devices(struct context *context, char **args)
{
	struct scan *scan = new_scan(context);

	(void)args;
	for (size_t i = 0; scan && i < scan->devices->count; i++) {
		const struct device *device = scan->devices->items[i];

		(void)printf("%s %llu %u %s\n", device->name,
			     (unsigned long long)device->size_bytes, device->logical_block_bytes,
			     device->rejected ? device->rejected : "ok");
	}
	scan_free(scan);
	return scan ? 0 : err.code;
}

static int do_partitions(struct context *context, char **args)
{
	(void)args;
	return device_reread_partitions(context, &err);
}

/* wipe DEVICE */
static int do_wipe(struct context *context, char **args)
{
	return device_wipe_signatures(context, args[0], true, &err);
}

static const struct verb {
	const char *name;
	int argc;
	int (*run)(struct context *context, char **args);
} verbs[] = {
	{ "format", 3, do_format },
	{ "create", 2, do_create },
	{ "tag", 2, do_tag },
	{ "tag-twice", 2, do_tag_twice },
	{ "tag-many", 3, do_tag_many },
	{ "watch", 2, do_watch },
	{ "copies", 2, do_copies },
	{ "extend", 2, do_extend },
	{ "create-lv", 2, do_create_lv },
	{ "show", 1, do_show },
	{ "precommitted", 2, do_precommitted },
	{ "reduce", 2, do_reduce },
	{ "remove", 1, do_remove },
	{ "unlabel", 1, do_unlabel },
	{ "backup", 1, do_backup },
	{ "devices", 0, do_devices },
	{ "partitions", 0, do_partitions },
	{ "wipe", 1, do_wipe },
};

static int run(const struct verb *verb, char **args)
{
	struct context_options options = { .command_line = "store_driver",
					   .ops.message = message,
					   .yes = getenv("STORE_YES") };
	struct context *context = NULL;
	int rc;

	if (context_open(&options, &context, &err) || (rc = verb->run(context, args))) {
		(void)fprintf(stderr, "FAILED %s: %s\n", verb->name, err.text);
		context_close(context);
		return 1;
	}
	context_close(context);
	return 0;
}

int main(int argc, char **argv)
{
	const char *die = getenv("STORE_DIE_AT"), *trace_path = getenv("STORE_TRACE");

	if (die)
		writes_left = strtoul(die, NULL, 10);
	if (trace_path && !(trace = fopen(trace_path, "ae")))
		return 2;
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(argv[1], verbs[i].name) && argc - 2 >= verbs[i].argc)
			return run(&verbs[i], argv + 2);
	(void)fprintf(stderr, "usage: store_driver VERB ARGUMENT...\n");
	return 2;
}
