/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "metadata/base/cleanup.h"
#include "metadata/check.h"
#include "metadata/config_text.h"
#include "metadata/vg_text.h"
#include "tests/unit/metadata/golden.h"

static const struct vg_text_info plain_info = { .description = "d",
						.creation_host = "h",
						.creation_ctime = "now",
						.creation_host_uname = "u" };

static struct vg *import(const char *text, size_t length, struct vg_text_info *info)
{
	struct err err = { 0 };
	struct vg *vg = NULL;

	if (vg_import(text, length, &vg, info, &err))
		fail_msg("%s", err.text);
	return vg;
}

static struct buf export(struct vg *vg, enum vg_text_form form, const struct vg_text_info *info)
{
	struct buf out = { .limit = (size_t)64 << 20 };
	struct err err = { 0 };

	if (vg_export(vg, form, info, &out, &err))
		fail_msg("%s", err.text);
	return out;
}

/* The same VG in a text whose LVs cannot be read one by one: it has the section of LVs twice. */
static struct vg *import_as_a_whole(struct blob text)
{
	const char *brace = memchr(text.data, '{', text.size);
	struct buf twice = { .limit = (size_t)64 << 20 };
	struct vg *vg;

	assert_non_null(brace);
	buf_add(&twice, text.data, (size_t)(brace + 1 - text.data));
	buf_puts(&twice, "logical_volumes { }\n");
	buf_add(&twice, brace + 1, text.size - (size_t)(brace + 1 - text.data));
	vg = import(twice.data, twice.used, NULL);
	buf_free(&twice);
	return vg;
}

static void assert_is_written_as(struct vg *vg, enum vg_text_form form,
				 const struct vg_text_info *info, struct blob text)
{
	struct buf out = export(vg, form, info);

	assert_int_equal(out.used, text.size);
	assert_memory_equal(out.data, text.data, text.size);
	buf_free(&out);
}

/* Read what LVM2 wrote, write it again, compare; through a copy too. */
static void assert_round_trip(const char *path, struct blob text, enum vg_text_form form)
{
	AUTO_ARENA struct arena arena = { .limit = 1 << 20 };
	struct vg_text_info info;
	struct vg *vg = import(text.data, text.size, &info), *copy;
	struct buf out;

	assert_non_null(copy = vg_copy(vg));
	add_comments(&info, text.data, &arena);
	out = export(vg, form, &info);
	if (out.used != text.size || memcmp(out.data, text.data, text.size) != 0) {
		size_t same = 0;

		while (same < out.used && same < text.size && out.data[same] == text.data[same])
			same++;
		fail_msg("%s: at byte %zu, wanted\n%.100s\ngot\n%.100s\n", path, same,
			 text.data + same, out.data + same);
	}
	buf_free(&out);
	info.description = arena_strdup(&arena, info.description);
	info.creation_host = arena_strdup(&arena, info.creation_host);
	if (info.creation_host_system_id)
		info.creation_host_system_id = arena_strdup(&arena, info.creation_host_system_id);
	vg_free(vg);
	assert_int_equal(vg_check(copy, NULL), 0);
	assert_is_written_as(copy, form, &info, text);
	vg_free(copy);
	vg = import_as_a_whole(text);
	assert_is_written_as(vg, form, &info, text);
	vg_free(vg);
	free(text.data);
}

static void golden_disk_texts_come_back_byte_for_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(golden_disk_images); i++) {
		struct blob text = golden_text(golden_disk_images[i]);

		assert_true(text.size);
		assert_round_trip(golden_disk_images[i], text, VG_TEXT_DISK);
	}
}

static void golden_backup_files_come_back_byte_for_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(golden_files); i++) {
		struct blob text = read_data(golden_files[i]);

		text.data[text.size] = '\0';
		assert_round_trip(golden_files[i], text, VG_TEXT_FILE);
	}
}

static void types_we_only_keep_come_back_byte_for_byte(void **state)
{
	char path[256];

	(void)state;
	for (size_t i = 0; i < COUNT(kept_types); i++) {
		struct blob text;

		(void)snprintf(path, sizeof(path), "kept-types/%s.disk", kept_types[i]);
		assert_round_trip(path, read_data(path), VG_TEXT_DISK);
		(void)snprintf(path, sizeof(path), "kept-types/%s.file", kept_types[i]);
		text = read_data(path);
		text.data[text.size] = '\0';
		assert_round_trip(path, text, VG_TEXT_FILE);
	}
}

/* --- texts made here ------------------------------------------------------------------ */

#define HEAD "contents = \"Text Format Volume Group\" version = 1\n"
#define VG_KEYS                                                                         \
	"id = \"AAAAAA-1111-2222-3333-4444-5555-zzzzz1\" seqno = 7 format = \"lvm2\" "  \
	"status = [\"RESIZEABLE\", \"READ\", \"WRITE\"] flags = [] extent_size = 8192 " \
	"max_lv = 0 max_pv = 0 "
#define PV(key, last)                                                                           \
	key " { id = \"BBBBBB-1111-2222-3333-4444-5555-zzzzz" last "\" device = \"/dev/ubda\" " \
	    "status = [\"ALLOCATABLE\"] flags = [] dev_size = 131072 pe_start = 2048 "          \
	    "pe_count = 15 }\n"
#define PVS "physical_volumes { " PV("pv0", "1") PV("pv1", "2") "}\n"
#define LV_KEYS(last)                                                                            \
	"id = \"CCCCCC-1111-2222-3333-4444-5555-zzzzz" last "\" status = [\"READ\", \"WRITE\", " \
	"\"VISIBLE\"] segment_count = 1 "
#define LINEAR(pv, le, pe, count)                                                       \
	"segment1 { start_extent = " le " extent_count = " count " type = \"striped\" " \
	"stripe_count = 1 stripes = [\"" pv "\", " pe "] }\n"
#define VG(lvs) HEAD "vgx {" VG_KEYS PVS "logical_volumes {" lvs "} }"

static struct vg *import_string(const char *text)
{
	return import(text, strlen(text), NULL);
}

static void assert_refused(const char *text, const char *message)
{
	struct err err = { 0 };
	struct vg *vg = NULL;

	assert_int_equal(vg_import(text, strlen(text), &vg, NULL, &err), -EUCLEAN);
	assert_null(vg);
	if (!strstr(err.text, message))
		fail_msg("wanted \"%s\" in \"%s\"", message, err.text);
}

static void assert_exports(struct vg *vg, const char *wanted)
{
	struct buf out = export(vg, VG_TEXT_DISK, &plain_info);

	if (!strstr(out.data, wanted))
		fail_msg("wanted\n%s\nin\n%s", wanted, out.data);
	buf_free(&out);
}

static void a_text_is_read_whatever_its_order_and_layout(void **state)
{
	struct vg *vg = import_string("vgx { logical_volumes { l1 {" LV_KEYS("1") LINEAR(
		"pv1", "0", "2", "3") "} } " PVS VG_KEYS "}\n# comment\n" HEAD);

	(void)state;
	assert_string_equal(vg->name, "vgx");
	assert_int_equal(vg->seqno, 7);
	assert_int_equal(vg->pv_count, 2);
	assert_int_equal(vg->lv_count, 1);
	assert_int_equal(vg->lvs[0]->le_count, 3);
	assert_ptr_equal(vg->lvs[0]->segs[0].areas[0].pv, vg->pvs[1]);
	assert_int_equal(pv_allocated_count(vg->pvs[1]), 3);
	assert_int_equal(vg_free_count(vg), 27);
	assert_true(lv_is_operable(vg->lvs[0]));
	vg_free(vg);
}

static void a_nul_ends_the_text(void **state)
{
	static const char text[] = VG("") "\0}}} garbage";
	struct vg *vg = import(text, sizeof(text), NULL);

	(void)state;
	vg_free(vg);
}

static void octal_numbers_and_first_of_equal_keys_count(void **state)
{
	struct vg *vg = import_string(
		HEAD "vgx { metadata_copies = 010 metadata_copies = 3 " VG_KEYS PVS "}");

	(void)state;
	assert_int_equal(vg->metadata_copies, 8);
	vg_free(vg);
}

static void unknown_keys_and_flags_survive(void **state)
{
	struct vg *vg = import_string(
		HEAD
		"vgx { future = \"a \\\"b\\\" \\\\\" fsect { x = [1, \"y\"] deep { z = 1.5 } } "
		"flags = [\"NEW\", \"NOAUTOACTIVATE\"] " VG_KEYS
		"physical_volumes { p7 { id = \"BBBBBB-1111-2222-3333-4444-5555-zzzzz1\" "
		"status = [\"ALLOCATABLE\"] pe_start = 2048 pe_count = 15 pnew = 5 } } "
		"logical_volumes { l1 { lnew = [] " LV_KEYS(
			"1") "flags = [\"LNEW\"] "
			     "segment1 { start_extent = 0 extent_count = 3 type = \"linear\" snew = \"s\" "
			     "stripe_count = 1 stripes = [\"p7\", 0] } } } }");

	(void)state;
	assert_exports(
		vg, "\nfuture = \"a \\\"b\\\" \\\\\"\nfsect {\nx = [1, \"y\"]\ndeep {\nz = 1.5\n}"
		    "\n}\n");
	assert_exports(vg, "\nflags = [\"NOAUTOACTIVATE\", \"NEW\"]\n");
	assert_exports(vg, "\npe_count = 15\npnew = 5\n}\n");
	assert_exports(vg, "\nlnew = []\n");
	assert_exports(vg, "\nflags = [\"LNEW\"]\n");
	assert_exports(vg, "\ntype = \"striped\"\nstripe_count = 1\nsnew = \"s\"\n\nstripes = [\n"
			   "\"pv0\", 0\n]\n");
	vg_free(vg);
}

static void an_unknown_status_word_is_refused(void **state)
{
	(void)state;
	assert_refused(VG("l1 { status = [\"READ\", \"NEWFLAG\"] " LV_KEYS("1")
				  LINEAR("pv0", "0", "0", "3") "}"),
		       "Unknown status flag 'NEWFLAG'.\nCould not read status flags.\n"
		       "Couldn't read status flags for logical volume vgx/l1.");
}

static void an_unknown_segment_type_makes_the_vg_read_only(void **state)
{
	static const char *const types[] = { "frobnicate", "striped+NEWFLAG", "cache-pool+X" };
	char text[4096];

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		struct vg *vg;

		(void)snprintf(
			text, sizeof(text), "%s%s%s",
			HEAD "vgx {" VG_KEYS PVS "logical_volumes { l1 {" LV_KEYS(
				"1") "segment1 { start_extent = 0 extent_count = 3 type = \"",
			types[i], "\" stripes = [\"pv1\", 0] odd = 1 } } } }");
		vg = import_string(text);
		assert_true(vg->has_unknown_segments);
		assert_int_equal(vg->lvs[0]->segs[0].type, SEG_UNKNOWN);
		assert_false(lv_is_operable(vg->lvs[0]));
		assert_exports(vg, "\nodd = 1\n");
		vg_free(vg);
	}
}

static void references_to_pvs_follow_their_renumbering(void **state)
{
	struct vg *vg = import_string(VG("l1 {" LV_KEYS(
		"1") "segment1 { start_extent = 0 extent_count = 3 type = \"mirror\" "
		     "mirror_count = 2 extents_moved = 0 region_size = 4096 "
		     "mirrors = [\"pv0\", 0, \"pv1\", 4] } }"));
	struct pv *first = vg->pvs[0];

	(void)state;
	vg->pvs[0] = vg->pvs[1];
	vg->pvs[1] = first;
	assert_exports(vg, "mirrors = [\n\"pv1\", 0,\n\"pv0\", 4\n]");
	vg_free(vg);
}

static struct vg *import_golden(const char *path)
{
	struct blob text = golden_text(path);
	struct vg *vg = import(text.data, text.size, NULL);

	free(text.data);
	return vg;
}

static void references_to_lvs_follow_renames(void **state)
{
	struct vg *vg = import_golden("golden/18-history/pv0.first1M.xz");
	struct vg *copy;

	(void)state;
	vg_find_lv(vg, "pool")->name = "swim";
	vg_find_lv(vg, "pool_tdata")->name = "swim_tdata";
	vg_find_lv(vg, "t1")->name = "uno";
	assert_non_null(copy = vg_copy(vg));
	vg_free(vg);
	assert_exports(copy, "\nthin_pool = \"swim\"\n");
	assert_exports(copy, "\npool = \"swim_tdata\"\n");
	assert_exports(copy, "\norigin = \"uno\"\ndescendants = [\"t3\"]\n");
	vg_find_lv(copy, "t3")->name = "tres";
	assert_exports(copy, "\ndescendants = [\"tres\"]\n");
	vg_free(copy);
}

static void lvs_know_who_uses_them(void **state)
{
	struct vg *vg = import_golden("golden/10-snapshot/pv0.first1M.xz");
	struct lv *origin = vg_find_lv(vg, "org"), *snap = vg_find_lv(vg, "snap1");
	struct lv *record = vg_find_lv(vg, "snapshot0");

	(void)state;
	assert_int_equal(origin->snapshot_count, 2);
	assert_int_equal(origin->user_count, 2);
	assert_ptr_equal(snap->snapshot_origin, origin);
	assert_false(snap->is_merging_snapshot);
	assert_true(lv_is_visible(snap));
	assert_false(lv_is_visible(record));
	assert_int_equal(vg_visible_lv_count(vg), 3);
	assert_false(lv_is_operable(origin));
	assert_false(lv_is_operable(snap));
	assert_true(seg_refers_to(&record->segs[0], origin));
	assert_true(seg_refers_to(&record->segs[0], snap));
	assert_false(seg_refers_to(&record->segs[0], record));
	assert_false(lv_is_partial(record));
	vg->pvs[0]->status |= STATUS_MISSING;
	assert_true(lv_is_partial(record));
	assert_true(lv_is_partial(snap));
	vg_free(vg);
}

static void areas_of_kept_types_are_resolved(void **state)
{
	struct vg *vg = import_golden("golden/09-raid1/pv0.first1M.xz");
	struct lv *raid = vg_find_lv(vg, "r5");

	(void)state;
	assert_int_equal(raid->segs[0].type, SEG_OTHER);
	assert_int_equal(raid->segs[0].area_count, 6);
	assert_ptr_equal(raid->segs[0].areas[1].lv, vg_find_lv(vg, "r5_rimage_0"));
	assert_int_equal(vg_find_lv(vg, "r5_rimage_0")->user_count, 1);
	vg->pvs[2]->status |= STATUS_MISSING;
	assert_true(lv_is_partial(raid));
	assert_false(lv_is_partial(vg_find_lv(vg, "r1")));
	vg_free(vg);
}

static const struct {
	const char *text, *message;
} broken_texts[] = {
	{ "", "missing contents field" },
	{ "vgx { }", "missing contents field" },
	{ HEAD, "Couldn't find volume group" },
	{ "contents = \"other\" version = 1 vgx {}", "unrecognised contents" },
	{ "contents = \"Text Format Volume Group\" version = 2 vgx {}", "version" },
	{ HEAD "vgx { format = \"lvm1\" }", "Unrecognised format lvm1 for volume group vgx." },
	{ HEAD "vgx { }", "Couldn't read uuid for volume group vgx." },
	{ HEAD "vgx {" VG_KEYS "}", "Couldn't find all physical volumes" },
	{ HEAD "vgx { seqno = -1 " VG_KEYS PVS "}", "Couldn't read 'seqno'" },
	{ HEAD "vgx { seqno = 4294967296 " VG_KEYS PVS "}", "Couldn't read 'seqno'" },
	{ HEAD "vgx { id = \"short\" " VG_KEYS PVS "}", "Couldn't read 'id'" },
	{ HEAD "vgx { tags = [1] " VG_KEYS PVS "}", "Couldn't read 'tags'" },
	{ HEAD "vgx { extent_size = 0 " VG_KEYS PVS "}", "Extent size" },
	{ HEAD "vgx {" VG_KEYS "physical_volumes { pv0 { id = \"BBBBBB-1111-2222-3333-"
	       "4444-5555-zzzzz1\" status = [] pe_start = 2048 } } }",
	  "Couldn't find extent count (pe_count) for physical volume." },
	{ HEAD "vgx {" VG_KEYS "physical_volumes {" PV("pv0", "1") PV("pv1", "1") "} }",
	  "have the UUID" },
	{ HEAD "a/b {" VG_KEYS PVS "}", "Couldn't read uuid" },
	{ HEAD "\"a b\" {" VG_KEYS PVS "}", "invalid" },
	{ VG("l1 {" LV_KEYS("1") LINEAR("pv0", "1", "0", "3") "}"),
	  "LV l1 invalid: segment 1 should begin at LE 0 (found 1)." },
	{ VG("l1 {" LV_KEYS("1") LINEAR("pv0", "0", "13", "3") "}"),
	  "Segment with extent 15 in PV" },
	{ VG("l1 {" LV_KEYS("1") LINEAR("pv0", "0", "4294967295", "2") "}"),
	  "Segment with extent 4294967296 in PV" },
	{ VG("l1 {" LV_KEYS("1") LINEAR("pv0", "0", "-1", "3") "}"), "Bad value" },
	{ VG("l1 {" LV_KEYS("1") LINEAR("pv9", "0", "0", "3") "}"), "Couldn't find volume 'pv9'" },
	{ VG("l1 {" LV_KEYS("1") LINEAR("pv0", "0", "0", "0") "}"), "without extents" },
	{ VG("l1 {" LV_KEYS("1") LINEAR("l1", "0", "0", "3") "}"), "rests on itself" },
	{ VG("l1 {" LV_KEYS("1") LINEAR("l2", "0", "0", "3") "} l2 {" LV_KEYS("2")
		     LINEAR("l1", "0", "0", "3") "}"),
	  "rests on itself" },
	{ VG("l1 { segment_count = 2 " LV_KEYS("1") LINEAR("pv0", "0", "0", "3") "}"),
	  "segment_count and actual number of segments disagree for logical volume l1." },
	{ VG("l1 { segment_count = 4294967295 " LV_KEYS("1") "}"), "disagree" },
	{ VG("l1 {" LV_KEYS("1") LINEAR("pv0", "0", "0", "3") "} l2 {" LV_KEYS("1")
		     LINEAR("pv0", "0", "3", "3") "}"),
	  "have the UUID" },
	{ VG("l1 {" LV_KEYS("1") LINEAR("pv0", "0", "0", "3") "} l2 {" LV_KEYS("2")
		     LINEAR("pv0", "0", "2", "3") "}"),
	  "Physical extent 2 of PV /dev/ubda is used by LV l1 and LV l2." },
	{ VG("l1 { read_ahead = -2 " LV_KEYS("1") LINEAR("pv0", "0", "0", "3") "}"), "read_ahead" },
	{ VG("l1 {" LV_KEYS(
		  "1") "segment1 { start_extent = 0 extent_count = 3 "
		       "type = \"striped\" stripe_count = 4294967295 stripes = [\"pv0\", 0] } }"),
	  "Incorrect number of areas" },
	{ VG("l1 {" LV_KEYS("1") "segment1 { start_extent = 0 extent_count = 3 "
				 "type = \"striped\" stripe_count = 2 stripe_size = 8 "
				 "stripes = [\"pv0\", 0, \"pv1\", 0] } }"),
	  "3 extents in 2 stripes" },
	{ VG("l1 {" LV_KEYS(
		  "1") "segment1 { start_extent = 0 extent_count = 4 "
		       "type = \"striped\" stripe_count = 2 stripes = [\"pv0\", 0, \"pv1\", 0] } }"),
	  "stripe_size" },
	{ VG("l1 {" LV_KEYS("1") "segment1 { start_extent = 0 extent_count = 3 } }"),
	  "segment type" },
	{ VG("l1 {" LV_KEYS("1") "segment1 { start_extent = 0 extent_count = 3 "
				 "type = \"thin\" thin_pool = \"l1\" } }"),
	  "rests on itself" },
};

static void broken_texts_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(broken_texts); i++)
		assert_refused(broken_texts[i].text, broken_texts[i].message);
}

/* LVM2 writes none of these, but reads them: a section that comes twice is one. */
static void sections_may_come_twice(void **state)
{
	static const char *const texts[] = {
		VG("l1 {" LV_KEYS("1") "} l1 {" LINEAR("pv0", "0", "0", "3") "}"),
		VG("l1 {" LV_KEYS("1") "segment1 { start_extent = 0 extent_count = 3 } segment1 { "
				       "type = \"striped\" stripe_count = 1 "
				       "stripes = [\"pv0\", 0] } }"),
		VG("l1 {" LV_KEYS("1") "} } logical_volumes { l1 {" LINEAR("pv0", "0", "0",
									   "3") "}"),
		VG("l1 {" LV_KEYS("1") LINEAR("pv0", "0", "0", "3") "} } physical_volumes {"),
		VG("l1 {" LV_KEYS("1")
			   LINEAR("pv0", "0", "0", "3") "} } } vgx { logical_volumes {"),
		HEAD "vgx {" VG_KEYS "logical_volumes { l1 {" LV_KEYS("1")
			LINEAR("pv0", "0", "0", "3") "} }" PVS "}",
		HEAD
		"vgx {" VG_KEYS
		"physical_volumes {" PV("pv0", "1") "} logical_volumes { l1 {" LV_KEYS("1")
			LINEAR("pv0", "0", "0", "3") "} } physical_volumes {" PV("pv1", "2") "} }",
		HEAD
		"vgx {" VG_KEYS
		"physical_volumes {" PV("pv1", "2") "} logical_volumes { l1 {" LV_KEYS("1")
			LINEAR("pv0", "0", "0", "3") "} } physical_volumes {" PV("pv0", "1") "} }",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct vg *vg = import_string(texts[i]);

		assert_int_equal(vg->pv_count, 2);
		assert_int_equal(vg->lv_count, 1);
		assert_int_equal(vg->lvs[0]->le_count, 3);
		assert_int_equal(vg->lvs[0]->segs[0].areas[0].type, AREA_PV);
		vg_free(vg);
	}
}

static void errors_say_the_line(void **state)
{
	(void)state;
	assert_refused(HEAD "vgx {\n\n" VG_KEYS "max_pv = 2\nprofile = 5 " PVS "}",
		       "Couldn't read 'profile' for volume group vgx. (line 5)");
}

/* Chain of LVs, each on the next. */
static struct buf chain_text(unsigned count)
{
	struct buf text = { .limit = (size_t)64 << 20 };

	buf_puts(&text, HEAD "vgx {" VG_KEYS PVS "logical_volumes {");
	for (unsigned i = 0; i < count; i++)
		buf_printf(
			&text,
			"l%u { id = \"%032u\" status = [] segment_count = 1 segment1 { start_extent = 0 "
			"extent_count = 1 type = \"linear\" stripe_count = 1 stripes = [\"%s%u\", 0] } }\n",
			i, i + 1, i + 1 < count ? "l" : "pv", i + 1 < count ? i + 1 : 0);
	buf_puts(&text, "} }");
	return text;
}

static void lvs_on_lvs_are_bounded(void **state)
{
	struct buf text = chain_text(LV_DEPTH_MAX);
	struct vg *vg = import_string(text.data);

	(void)state;
	vg_free(vg);
	buf_free(&text);
	text = chain_text(LV_DEPTH_MAX + 1);
	assert_refused(text.data, "too many others");
	buf_free(&text);
	text = chain_text(50000);
	assert_refused(text.data, "too many others");
	buf_free(&text);
}

static void a_summary_needs_no_model(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = 1 << 20 };
	struct blob text = golden_text("golden/15-clustered/pv0.first1M.xz");
	struct vg_summary summary;

	(void)state;
	assert_int_equal(vg_text_summary(text.data, text.size, &arena, &summary, NULL), 0);
	assert_string_equal(summary.name, "vgcl");
	assert_true(summary.clustered);
	assert_false(uuid_is_unset(&summary.id));
	assert_int_equal(vg_text_summary(text.data, 100, &arena, &summary, NULL), -EUCLEAN);
	free(text.data);
}

static double seconds_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct buf many_lvs_text(unsigned count)
{
	struct buf text = { .limit = (size_t)64 << 20 };

	buf_puts(&text,
		 HEAD "vgx {" VG_KEYS "physical_volumes { pv0 { id = \"BBBBBB-1111-2222-3333-"
		      "4444-5555-zzzzz1\" status = [\"ALLOCATABLE\"] pe_start = 2048 "
		      "pe_count = 100000 } } logical_volumes {");
	for (unsigned i = 0; i < count; i++)
		buf_printf(
			&text,
			"lvol%u { id = \"%032u\" status = [\"READ\", \"WRITE\", \"VISIBLE\"] flags = [] "
			"creation_time = 5 creation_host = \"h\" segment_count = 1 segment1 { "
			"start_extent = 0 extent_count = 2 type = \"striped\" stripe_count = 1 "
			"stripes = [\"pv0\", %u] } }\n",
			i, i + 1, i * 3);
	buf_puts(&text, "} }");
	return text;
}

static void twenty_thousand_lvs_are_read_fast(void **state)
{
	struct buf text = many_lvs_text(20000), out;
	double start = seconds_now(), end;
	struct vg *vg, *copy;

	(void)state;
	vg = import_string(text.data);
	assert_int_equal(vg->lv_count, 20000);
	assert_non_null(copy = vg_copy(vg));
	out = export(copy, VG_TEXT_DISK, &plain_info);
	end = seconds_now();
	print_message("import, copy, export of %u LVs: %.3f s\n", vg->lv_count, end - start);
	assert_true(end - start < 5); /* quadratic would take minutes */
	assert_true(VG_ARENA_LIMIT - vg->arena->limit < (size_t)100 << 20);
	buf_free(&out);
	buf_free(&text);
	vg_free(copy);
	vg_free(vg);
}

/* Cut anywhere and with bytes changed: whatever comes out, it must not crash. */
static void damaged_texts_never_crash(void **state)
{
	struct blob text = golden_text("golden/08-mirror/pv0.first1M.xz");
	unsigned seed = (unsigned)time(NULL);
	char *damaged = malloc(text.size);

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	assert_non_null(damaged);
	for (unsigned round = 0; round < 3000; round++) {
		struct vg *vg = NULL;
		size_t length = round % 3 ? text.size : (size_t)rand() % text.size;

		memcpy(damaged, text.data, text.size);
		for (int i = rand() % 4; i >= 0; i--)
			damaged[(size_t)rand() % text.size] = "\"{}[]=,#0 9\0-a"[rand() % 14];
		if (!vg_import(damaged, length, &vg, NULL, NULL)) {
			struct buf out = export(vg, VG_TEXT_DISK, &plain_info);
			struct vg *again = import(out.data, out.used, NULL);

			vg_free(again);
			buf_free(&out);
		}
		vg_free(vg);
	}
	free(damaged);
	free(text.data);
}

/* Puts pieces together again, up to a number of them. */
struct collector {
	struct buf text;
	unsigned pieces, pieces_max;
};

static int collect(void *arg, const char *bytes, size_t length, struct err *err)
{
	struct collector *collector = arg;

	assert_true(length);
	assert_true(!bytes[length - 1] || bytes[length - 1] == '\n');
	if (++collector->pieces > collector->pieces_max)
		return err_set(err, EFBIG, "enough");
	buf_add(&collector->text, bytes, length);
	return 0;
}

static void a_text_can_be_had_in_pieces(void **state)
{
	struct buf text = many_lvs_text(3000);
	struct vg *vg = import(text.data, text.used, NULL);
	struct err err = { 0 };

	(void)state;
	for (int form = VG_TEXT_DISK; form <= VG_TEXT_FILE; form++) {
		struct collector collector = { .text.limit = VG_TEXT_MAX, .pieces_max = 1000 };
		const struct text_sink sink = { collect, &collector };
		struct buf whole = export(vg, (enum vg_text_form)form, &plain_info);

		assert_int_equal(
			vg_export_to(vg, (enum vg_text_form)form, &plain_info, &sink, &err), 0);
		assert_true(collector.pieces > 5);
		assert_int_equal(collector.text.used, whole.used);
		assert_memory_equal(collector.text.data, whole.data, whole.used);
		buf_free(&whole);
		collector.pieces = 0;
		collector.pieces_max = 3;
		assert_int_equal(
			vg_export_to(vg, (enum vg_text_form)form, &plain_info, &sink, &err),
			-EFBIG);
		assert_int_equal(collector.pieces, 4);
		assert_string_equal(err.text, "enough");
		buf_free(&collector.text);
	}
	vg_free(vg);
	buf_free(&text);
}

static void export_stops_at_its_limit(void **state)
{
	struct vg *vg = import_string(VG(""));
	struct buf out = { .limit = 100 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(vg_export(vg, VG_TEXT_DISK, &plain_info, &out, &err), -ENOSPC);
	buf_free(&out);
	vg_free(vg);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_disk_texts_come_back_byte_for_byte),
		cmocka_unit_test(golden_backup_files_come_back_byte_for_byte),
		cmocka_unit_test(types_we_only_keep_come_back_byte_for_byte),
		cmocka_unit_test(a_text_is_read_whatever_its_order_and_layout),
		cmocka_unit_test(a_nul_ends_the_text),
		cmocka_unit_test(octal_numbers_and_first_of_equal_keys_count),
		cmocka_unit_test(unknown_keys_and_flags_survive),
		cmocka_unit_test(an_unknown_status_word_is_refused),
		cmocka_unit_test(an_unknown_segment_type_makes_the_vg_read_only),
		cmocka_unit_test(references_to_pvs_follow_their_renumbering),
		cmocka_unit_test(references_to_lvs_follow_renames),
		cmocka_unit_test(lvs_know_who_uses_them),
		cmocka_unit_test(areas_of_kept_types_are_resolved),
		cmocka_unit_test(broken_texts_are_refused),
		cmocka_unit_test(sections_may_come_twice),
		cmocka_unit_test(errors_say_the_line),
		cmocka_unit_test(lvs_on_lvs_are_bounded),
		cmocka_unit_test(a_summary_needs_no_model),
		cmocka_unit_test(twenty_thousand_lvs_are_read_fast),
		cmocka_unit_test(damaged_texts_never_crash),
		cmocka_unit_test(a_text_can_be_had_in_pieces),
		cmocka_unit_test(export_stops_at_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
