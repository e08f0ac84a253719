/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "metadata/check.h"
#include "tests/unit/metadata/golden.h"

/* Each test damages a VG that LVM2 wrote and that is sound. */
static struct vg *sound_vg(void)
{
	struct blob text = golden_text("golden/04-segments/pv0.first1M.xz");
	struct err err = { 0 };
	struct vg *vg = NULL;

	if (vg_import(text.data, text.size, &vg, NULL, &err) || vg_check(vg, &err))
		fail_msg("%s", err.text);
	free(text.data);
	return vg;
}

static void assert_bad(struct vg *vg, const char *message)
{
	struct err err = { 0 };

	assert_int_equal(vg_check(vg, &err), -EUCLEAN);
	if (!strstr(err.text, message))
		fail_msg("wanted \"%s\" in \"%s\"", message, err.text);
	vg_free(vg);
}

static void names_must_be_valid_and_unique(void **state)
{
	struct vg *vg = sound_vg();

	(void)state;
	vg->name = "a/b";
	assert_bad(vg, "Volume group name \"a/b\" is invalid.");
	vg = sound_vg();
	vg->lvs[3]->name = "..";
	assert_bad(vg, "Logical volume name \"..\" is invalid.");
	vg = sound_vg();
	vg->lvs[3]->name = vg->lvs[0]->name;
	assert_bad(vg, "two logical volumes named a");
}

static void ids_must_be_there_and_unique(void **state)
{
	struct vg *vg = sound_vg();

	(void)state;
	vg->id = (struct uuid){ { 0 } };
	assert_bad(vg, "has no UUID");
	vg = sound_vg();
	vg->pvs[1]->id = vg->pvs[0]->id;
	assert_bad(vg, "Two physical volumes");
	vg = sound_vg();
	vg->lvs[1]->id = vg->lvs[5]->id;
	assert_bad(vg, "Two logical volumes");
	vg = sound_vg();
	vg->lvs[1]->id = (struct uuid){ { 0 } };
	assert_bad(vg, "has no UUID");
}

static void segments_must_cover_their_lv(void **state)
{
	struct vg *vg = sound_vg();

	(void)state;
	vg->lvs[0]->segs[1].le_start++;
	assert_bad(vg, "LV a invalid: segment 2 should begin at LE 3 (found 4).");
	vg = sound_vg();
	vg->lvs[0]->le_count++;
	assert_bad(vg, "LV a has 13 extents, but its segments have 12.");
	vg = sound_vg();
	vg->lvs[0]->seg_count = 0;
	assert_bad(vg, "has no segments");
	vg = sound_vg();
	vg->lvs[0]->segs[0].area_count = 0;
	assert_bad(vg, "in 0 stripes");
	vg = sound_vg();
	vg->lvs[0]->segs[0].lv = vg->lvs[1];
	assert_bad(vg, "segment of another LV");
}

static void extents_must_exist_and_be_used_once(void **state)
{
	struct vg *vg = sound_vg();

	(void)state;
	vg->lvs[0]->segs[2].areas[0].start = 10;
	assert_bad(vg, "Segment with extent 15 in PV /dev/ubdb not found");
	vg = sound_vg();
	vg->lvs[0]->segs[2].areas[0].start = UINT32_MAX;
	assert_bad(vg, "not found");
	vg = sound_vg();
	vg->lvs[0]->segs[2].areas[0].start = 1;
	assert_bad(vg, "Physical extent 1 of PV /dev/ubdb is used by LV c and LV a.");
}

static void objects_must_belong_to_the_vg(void **state)
{
	struct vg *vg = sound_vg(), *other = sound_vg();

	(void)state;
	vg->lvs[0]->segs[0].areas[0].pv = other->pvs[0];
	assert_bad(vg, "on no physical volume");
	vg = sound_vg();
	vg->lvs[0]->segs[0].areas[0] = (struct area){ .type = AREA_LV, .lv = other->lvs[1] };
	assert_bad(vg, "on no logical volume");
	vg = sound_vg();
	vg->lvs[0] = other->lvs[0];
	assert_bad(vg, "LV a is not of volume group vgm.");
	vg_free(other);
}

static void no_lv_may_rest_on_itself(void **state)
{
	struct vg *vg = sound_vg();

	(void)state;
	vg->lvs[1]->segs[0].areas[0] = (struct area){ .type = AREA_LV, .lv = vg->lvs[0] };
	assert_int_equal(vg_check(vg, NULL), 0);
	vg->lvs[0]->segs[0].le_count = 2;
	vg->lvs[0]->segs[0].areas[0] = (struct area){ .type = AREA_LV, .lv = vg->lvs[1] };
	vg->lvs[0]->segs[1].le_start = 2;
	vg->lvs[0]->segs[2].le_start = 5;
	vg->lvs[0]->le_count = 11;
	assert_bad(vg, "rests on itself");
}

static void sizes_must_not_overflow(void **state)
{
	struct vg *vg = sound_vg();

	(void)state;
	vg->extent_size = 0;
	assert_bad(vg, "Extent size");
	vg = sound_vg();
	vg->pvs[0]->pe_start = UINT64_MAX;
	assert_bad(vg, "too big");
	vg = sound_vg();
	vg->pvs[0]->pe_count = UINT32_MAX;
	vg->extent_size = UINT32_MAX;
	assert_bad(vg, "too big");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_must_be_valid_and_unique),
		cmocka_unit_test(ids_must_be_there_and_unique),
		cmocka_unit_test(segments_must_cover_their_lv),
		cmocka_unit_test(extents_must_exist_and_be_used_once),
		cmocka_unit_test(objects_must_belong_to_the_vg),
		cmocka_unit_test(no_lv_may_rest_on_itself),
		cmocka_unit_test(sizes_must_not_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
