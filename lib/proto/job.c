/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Jobs and their results as tagged fields.
 *
 * Decoding trusts nothing: names become paths under /dev and ids become dm uuids, so that both are
 * checked here, once, for all who run jobs.
 */
#include "lib/proto/job.h"

#include <errno.h>
#include <string.h>

#include "lib/proto/field.h"
#include "metadata/base/span.h"

#define JOB_NAME_MAX	127 /* of a VG or LV; metadata/model.h says the same */
#define JOB_TEXT_MAX	((size_t)1 << 20)
#define JOB_FS_TYPE_MAX 64

/* Tags are on the wire: never give one a new meaning. */
enum job_tag {
	TAG_KIND = 1 | FIELD_REQUIRED,
	TAG_VG_NAME = 2 | FIELD_REQUIRED,
	TAG_VG_ID = 3 | FIELD_REQUIRED,
	TAG_LV_IDS = 4 | FIELD_REQUIRED,   /* 32 bytes each */
	TAG_LV_NAMES = 5 | FIELD_REQUIRED, /* each with a NUL behind it */
	TAG_PV_IDS = 6 | FIELD_REQUIRED,   /* 32 bytes each */
	TAG_MODE = 7 | FIELD_REQUIRED,
	TAG_FLAGS = 8 | FIELD_REQUIRED,
	TAG_SEQNO = 9 | FIELD_REQUIRED,
	TAG_TEXT_LENGTH = 10 | FIELD_REQUIRED,
	TAG_TEXT_CRC = 11 | FIELD_REQUIRED,
	TAG_SIZE_SECTORS = 12 | FIELD_REQUIRED,
	TAG_FS_ID = 13 | FIELD_REQUIRED,
};

enum job_flag {
	FLAG_CLUSTERED = 1,
	FLAG_READ_ONLY = 2,
	FLAG_SHRINK = 4,
	FLAG_NO_FSCK = 8,
	FLAGS_KNOWN = 15
};

enum data_tag {
	TAG_REPORT = 1, /* one per LV: REPORT_SIZE bytes, then the fields below */
	TAG_MISSING_PVS = 2,
	TAG_OUTPUT = 3,
	TAG_STATES = 4, /* STATE_SIZE bytes each */
	TAG_VERSION = 5,
};

enum report_tag { TAG_MOUNT_POINTS = 1, TAG_FS_TYPE = 2 };
enum report_flag {
	REPORT_ACTIVE = 1,
	REPORT_SUSPENDED = 2,
	REPORT_PRELOADED = 4,
	REPORT_HAS_HOLDERS = 8
};

#define REPORT_SIZE (UUID_LENGTH + 4 + 4 + 8)	      /* id, flags, open count, sectors */
#define STATE_SIZE  (2 * UUID_LENGTH + 4 + 4 + 8 + 4) /* ids, flags, open count, sectors, crc */

/* ---- encoding ---- */

static void put_names(struct field_writer *writer, const char *const *names, size_t count)
{
	size_t begun = field_begin(writer, TAG_LV_NAMES);

	for (size_t i = 0; i < count; i++) {
		const char *name = names[i] ? names[i] : "";

		buf_add(writer->out, name, strlen(name) + 1);
	}
	field_end(writer, begun);
}

static void put_uuids(struct field_writer *writer, uint16_t tag, const struct uuid *ids,
		      size_t count)
{
	if (count)
		field_put_bytes(writer, tag, ids, count * sizeof(*ids));
}

bool job_is_endless(enum job_kind kind)
{
	return kind == JOB_RESIZE_FS || kind == JOB_CHECK_FS;
}

int job_encode(const struct job *job, struct buf *out, struct err *err)
{
	struct field_writer writer = { .out = out };
	uint32_t flags = (job->clustered ? FLAG_CLUSTERED : 0U) |
			 (job->read_only ? FLAG_READ_ONLY : 0U) | (job->shrink ? FLAG_SHRINK : 0U) |
			 (job->no_fsck ? FLAG_NO_FSCK : 0U);

	if (job->lv_count > JOB_LVS_MAX || job->pv_count > JOB_PVS_MAX)
		return err_set(err, E2BIG, "Too many volumes for one job: %zu LVs, %zu PVs.",
			       job->lv_count, job->pv_count);
	field_put_u32(&writer, TAG_KIND, job->kind);
	field_put_string(&writer, TAG_VG_NAME, job->vg_name);
	if (!uuid_is_unset(&job->vg_id))
		put_uuids(&writer, TAG_VG_ID, &job->vg_id, 1);
	put_uuids(&writer, TAG_LV_IDS, job->lv_ids, job->lv_count);
	if (job->lv_count && job->lv_names)
		put_names(&writer, job->lv_names, job->lv_count);
	put_uuids(&writer, TAG_PV_IDS, job->pv_ids, job->pv_count);
	if (job->mode)
		field_put_u32(&writer, TAG_MODE, job->mode);
	if (flags)
		field_put_u32(&writer, TAG_FLAGS, flags);
	if (job->seqno)
		field_put_u32(&writer, TAG_SEQNO, job->seqno);
	if (job->text_length) {
		field_put_u64(&writer, TAG_TEXT_LENGTH, job->text_length);
		field_put_u32(&writer, TAG_TEXT_CRC, job->text_crc);
	}
	if (job->size_sectors)
		field_put_u64(&writer, TAG_SIZE_SECTORS, job->size_sectors);
	field_put_string(&writer, TAG_FS_ID, job->fs_id);
	if (out->failed)
		return err_set(err, E2BIG, "Job for %zu LVs does not fit into a message.",
			       job->lv_count);
	return 0;
}

static void put_report(struct field_writer *writer, const struct lv_report *report)
{
	size_t begun = field_begin(writer, TAG_REPORT);
	unsigned char bytes[REPORT_SIZE];
	struct writer fixed = { .at = bytes, .left = sizeof(bytes) };

	put_bytes(&fixed, report->lv_id.text, UUID_LENGTH);
	put_le32(&fixed, (report->active ? REPORT_ACTIVE : 0U) |
				 (report->suspended ? REPORT_SUSPENDED : 0U) |
				 (report->has_holders ? REPORT_HAS_HOLDERS : 0U));
	put_le32(&fixed, report->open_count);
	put_le64(&fixed, report->size_sectors);
	buf_add(writer->out, bytes, sizeof(bytes));
	if (report->mount_points && *report->mount_points)
		field_put_string(writer, TAG_MOUNT_POINTS, report->mount_points);
	if (report->fs_type && *report->fs_type)
		field_put_string(writer, TAG_FS_TYPE, report->fs_type);
	field_end(writer, begun);
}

static void put_states(struct field_writer *writer, const struct lv_state *states, size_t count)
{
	size_t begun = field_begin(writer, TAG_STATES);

	for (size_t i = 0; i < count; i++) {
		const struct lv_state *state = &states[i];
		unsigned char bytes[STATE_SIZE];
		struct writer fixed = { .at = bytes, .left = sizeof(bytes) };

		put_bytes(&fixed, state->vg_id.text, UUID_LENGTH);
		put_bytes(&fixed, state->lv_id.text, UUID_LENGTH);
		put_le32(&fixed, (state->active ? REPORT_ACTIVE : 0U) |
					 (state->suspended ? REPORT_SUSPENDED : 0U) |
					 (state->preloaded ? REPORT_PRELOADED : 0U));
		put_le32(&fixed, state->open_count);
		put_le64(&fixed, state->size_sectors);
		put_le32(&fixed, state->table_crc);
		buf_add(writer->out, bytes, sizeof(bytes));
	}
	field_end(writer, begun);
}

int job_data_encode(const struct job_data *data, struct buf *out, struct err *err)
{
	struct field_writer writer = { .out = out };

	if (data->lv_count > JOB_LVS_MAX || data->missing_pv_count > JOB_PVS_MAX ||
	    data->state_count > JOB_STATES_MAX)
		return err_set(err, E2BIG, "Too many volumes for one result: %zu LVs, %zu PVs.",
			       data->lv_count + data->state_count, data->missing_pv_count);
	for (size_t i = 0; i < data->lv_count; i++)
		put_report(&writer, &data->lvs[i]);
	put_uuids(&writer, TAG_MISSING_PVS, data->missing_pvs, data->missing_pv_count);
	if (data->state_count)
		put_states(&writer, data->states, data->state_count);
	field_put_string(&writer, TAG_VERSION, data->version);
	field_put_string(&writer, TAG_OUTPUT, data->output);
	if (out->failed)
		return err_set(err, E2BIG, "Result of %zu LVs does not fit into a message.",
			       data->lv_count);
	return 0;
}

/* ---- decoding ---- */

static int malformed(struct err *err, const char *what)
{
	return err_set(err, EBADMSG, "Malformed job: %s.", what);
}

/* What becomes a path component: LVM2's character set, and no way out of the directory. */
static bool name_is_harmless(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789+_.-";

	return name[strspn(name, allowed)] == '\0' && *name != '-' && strcmp(name, ".") &&
	       strcmp(name, "..") && strlen(name) <= JOB_NAME_MAX;
}

static bool uuid_is_valid(const struct uuid *id)
{
	char dashed[UUID_DASHED_SIZE];
	struct uuid again;

	return !memchr(id->text, '\0', UUID_LENGTH) &&
	       !uuid_parse(uuid_format(id, dashed), &again, NULL);
}

static bool get_uuids(const void *bytes, size_t length, size_t max, struct arena *arena,
		      struct uuid **ret_ids, size_t *ret_count)
{
	size_t count = length / sizeof(struct uuid);
	struct uuid *ids;

	if (!length || length % sizeof(*ids) || count > max)
		return false;
	if (!(ids = arena_calloc(arena, count, sizeof(*ids))))
		return false;
	memcpy(ids, bytes, length);
	for (size_t i = 0; i < count; i++) {
		if (!uuid_is_valid(&ids[i]))
			return false;
	}
	*ret_ids = ids;
	*ret_count = count;
	return true;
}

/* Names with a NUL behind each; @ret_count is how many there were. */
static bool get_names(const void *bytes, size_t length, struct arena *arena,
		      const char *const **ret_names, size_t *ret_count)
{
	const char *text = bytes;
	const char **names;
	char *copy;
	size_t count = 0;

	if (!length || text[length - 1] != '\0')
		return false;
	for (size_t i = 0; i < length; i++)
		count += text[i] == '\0';
	if (count > JOB_LVS_MAX || !(names = arena_calloc(arena, count, sizeof(*names))) ||
	    !(copy = arena_alloc(arena, length)))
		return false;
	memcpy(copy, text, length);
	for (size_t i = 0; i < count; i++, copy += strlen(copy) + 1) {
		if (!name_is_harmless(copy))
			return false;
		names[i] = copy;
	}
	*ret_names = names;
	*ret_count = count;
	return true;
}

struct job_decoder {
	struct job *job;
	struct arena *arena;
	size_t name_count;
};

static bool get_kind(const void *bytes, size_t length, struct job *job)
{
	uint32_t kind;

	if (!field_get_u32(bytes, length, &kind) || kind < JOB_RESCAN || kind > JOB_STATE)
		return false;
	job->kind = (enum job_kind)kind;
	return true;
}

static bool get_mode(const void *bytes, size_t length, struct job *job)
{
	uint32_t mode;

	if (!field_get_u32(bytes, length, &mode) || mode >= LOCK_MODE_COUNT)
		return false;
	job->mode = (enum lock_mode)mode;
	return true;
}

static bool get_flags(const void *bytes, size_t length, struct job *job)
{
	uint32_t flags;

	if (!field_get_u32(bytes, length, &flags) || (flags & ~(uint32_t)FLAGS_KNOWN))
		return false;
	job->clustered = flags & FLAG_CLUSTERED;
	job->read_only = flags & FLAG_READ_ONLY;
	job->shrink = flags & FLAG_SHRINK;
	job->no_fsck = flags & FLAG_NO_FSCK;
	return true;
}

static bool get_lv_ids(const void *bytes, size_t length, struct job_decoder *decoder)
{
	struct uuid *ids;

	if (!get_uuids(bytes, length, JOB_LVS_MAX, decoder->arena, &ids, &decoder->job->lv_count))
		return false;
	decoder->job->lv_ids = ids;
	return true;
}

static bool get_pv_ids(const void *bytes, size_t length, struct job_decoder *decoder)
{
	struct uuid *ids;

	if (!get_uuids(bytes, length, JOB_PVS_MAX, decoder->arena, &ids, &decoder->job->pv_count))
		return false;
	decoder->job->pv_ids = ids;
	return true;
}

static bool decode_field(struct job_decoder *decoder, uint16_t tag, const void *bytes,
			 size_t length)
{
	struct job *job = decoder->job;

	switch (tag) {
	case TAG_KIND:
		return get_kind(bytes, length, job);
	case TAG_VG_NAME:
		return field_get_string(bytes, length, JOB_NAME_MAX, decoder->arena,
					&job->vg_name) &&
		       *job->vg_name && name_is_harmless(job->vg_name);
	case TAG_VG_ID:
		return field_get_fixed(bytes, length, &job->vg_id, sizeof(job->vg_id)) &&
		       uuid_is_valid(&job->vg_id);
	case TAG_LV_IDS:
		return get_lv_ids(bytes, length, decoder);
	case TAG_LV_NAMES:
		return get_names(bytes, length, decoder->arena, &job->lv_names,
				 &decoder->name_count);
	case TAG_PV_IDS:
		return get_pv_ids(bytes, length, decoder);
	case TAG_MODE:
		return get_mode(bytes, length, job);
	case TAG_FLAGS:
		return get_flags(bytes, length, job);
	case TAG_SEQNO:
		return field_get_u32(bytes, length, &job->seqno);
	case TAG_TEXT_LENGTH:
		return field_get_u64(bytes, length, &job->text_length);
	case TAG_TEXT_CRC:
		return field_get_u32(bytes, length, &job->text_crc);
	case TAG_SIZE_SECTORS:
		return field_get_u64(bytes, length, &job->size_sectors);
	case TAG_FS_ID:
		return field_get_string(bytes, length, JOB_FS_ID_MAX, decoder->arena, &job->fs_id);
	default:
		return field_may_skip(tag);
	}
}

int job_decode(const void *bytes, size_t length, struct arena *arena, struct job *ret_job,
	       struct err *err)
{
	struct job job = { .lv_ids = NULL };
	struct job_decoder decoder = { .job = &job, .arena = arena };
	struct field_reader reader;
	const void *value;
	size_t value_length;
	uint32_t seen = 0;
	uint16_t tag;

	field_reader_init(&reader, bytes, length);
	while (field_next(&reader, &tag, &value, &value_length)) {
		unsigned int number = tag & ~FIELD_REQUIRED;

		if ((tag & FIELD_REQUIRED) && number < 32 && (seen & UINT32_C(1) << number))
			return malformed(err, "a field comes twice");
		if ((tag & FIELD_REQUIRED) && number < 32)
			seen |= UINT32_C(1) << number;
		if (!decode_field(&decoder, tag, value, value_length))
			return err_set(err, EBADMSG, "Malformed job: field %u is not valid.",
				       number);
	}
	if (reader.failed)
		return malformed(err, "it is cut short");
	if (!job.kind)
		return malformed(err, "it has no kind");
	if (job.lv_names && decoder.name_count != job.lv_count)
		return malformed(err, "ids and names of LVs differ in number");
	if (job.kind != JOB_RESCAN && job.kind != JOB_STATE &&
	    (!job.vg_name || uuid_is_unset(&job.vg_id)))
		return malformed(err, "it names no volume group");
	*ret_job = job;
	return 0;
}

static bool decode_report(const void *bytes, size_t length, struct arena *arena,
			  struct lv_report *report)
{
	struct reader fixed = { .at = bytes, .left = length };
	struct field_reader reader;
	const void *value;
	size_t value_length;
	uint16_t tag;
	uint32_t flags;
	bool is_valid = true;

	get_bytes(&fixed, report->lv_id.text, UUID_LENGTH);
	flags = get_le32(&fixed);
	report->open_count = get_le32(&fixed);
	report->size_sectors = get_le64(&fixed);
	if (fixed.overrun || !uuid_is_valid(&report->lv_id))
		return false;
	report->active = flags & REPORT_ACTIVE;
	report->suspended = flags & REPORT_SUSPENDED;
	report->has_holders = flags & REPORT_HAS_HOLDERS;
	report->mount_points = report->fs_type = "";
	field_reader_init(&reader, fixed.at, fixed.left);
	while (is_valid && field_next(&reader, &tag, &value, &value_length)) {
		if (tag == TAG_MOUNT_POINTS)
			is_valid = field_get_string(value, value_length, JOB_TEXT_MAX, arena,
						    &report->mount_points);
		else if (tag == TAG_FS_TYPE)
			is_valid = field_get_string(value, value_length, JOB_FS_TYPE_MAX, arena,
						    &report->fs_type);
		else
			is_valid = field_may_skip(tag);
	}
	return is_valid && !reader.failed;
}

static bool decode_states(const void *bytes, size_t length, struct arena *arena,
			  struct job_data *data)
{
	struct reader fixed = { .at = bytes, .left = length };
	size_t count = length / STATE_SIZE;

	if (data->states || length % STATE_SIZE || count > JOB_STATES_MAX ||
	    !(data->states = arena_calloc(arena, count + 1, sizeof(*data->states))))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct lv_state *state = &data->states[i];
		uint32_t flags;

		get_bytes(&fixed, state->vg_id.text, UUID_LENGTH);
		get_bytes(&fixed, state->lv_id.text, UUID_LENGTH);
		flags = get_le32(&fixed);
		state->open_count = get_le32(&fixed);
		state->size_sectors = get_le64(&fixed);
		state->table_crc = get_le32(&fixed);
		state->active = flags & REPORT_ACTIVE;
		state->suspended = flags & REPORT_SUSPENDED;
		state->preloaded = flags & REPORT_PRELOADED;
		if (!uuid_is_valid(&state->vg_id) || !uuid_is_valid(&state->lv_id))
			return false;
	}
	data->state_count = count;
	return !fixed.overrun;
}

/* How many reports there are, so that one array takes them. */
static size_t count_reports(const void *bytes, size_t length)
{
	struct field_reader reader;
	const void *value;
	size_t value_length, count = 0;
	uint16_t tag;

	field_reader_init(&reader, bytes, length);
	while (field_next(&reader, &tag, &value, &value_length))
		count += tag == TAG_REPORT;
	return count;
}

static bool decode_data_field(uint16_t tag, const void *bytes, size_t length, struct arena *arena,
			      struct job_data *data)
{
	switch (tag) {
	case TAG_REPORT:
		return decode_report(bytes, length, arena, &data->lvs[data->lv_count++]);
	case TAG_MISSING_PVS:
		return get_uuids(bytes, length, JOB_PVS_MAX, arena, &data->missing_pvs,
				 &data->missing_pv_count);
	case TAG_STATES:
		return decode_states(bytes, length, arena, data);
	case TAG_VERSION:
		return field_get_string(bytes, length, JOB_NAME_MAX, arena, &data->version);
	case TAG_OUTPUT:
		return field_get_string(bytes, length, JOB_TEXT_MAX, arena, &data->output);
	default:
		return field_may_skip(tag);
	}
}

int job_data_decode(const void *bytes, size_t length, struct arena *arena,
		    struct job_data *ret_data, struct err *err)
{
	struct job_data data = { .lvs = NULL };
	struct field_reader reader;
	const void *value;
	size_t value_length, count = count_reports(bytes, length);
	uint16_t tag;

	if (count > JOB_LVS_MAX)
		return err_set(err, EBADMSG, "Malformed result: too many reports.");
	if (!(data.lvs = arena_calloc(arena, count + 1, sizeof(*data.lvs)))) /* never NULL */
		return err_set(err, ENOMEM, "Out of memory.");
	field_reader_init(&reader, bytes, length);
	while (field_next(&reader, &tag, &value, &value_length)) {
		if (!decode_data_field(tag, value, value_length, arena, &data))
			return err_set(err, EBADMSG, "Malformed result: field %u is not valid.",
				       (unsigned int)tag);
	}
	if (reader.failed)
		return err_set(err, EBADMSG, "Malformed result: it is cut short.");
	*ret_data = data;
	return 0;
}
