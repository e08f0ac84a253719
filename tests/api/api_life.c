/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The whole life of a VG, many times over, in one process: create, LVs, resize, tags, properties,
 * rename, iterate, remove. From threads with a handle each, each with a VG on disks of its own, and
 * with one VG that all of them change. API_ROUNDS: how often.
 */
#include "tests/api/api.h"

#include <dirent.h>
#include <pthread.h>

#define THREADS 2

struct life {
	struct api *api;
	unsigned number, rounds;
	char vg[80];
	const char *device;
	char failed[512]; /* a thread must not end in an assertion of cmocka's */
};

#define MUST(life, lvm, expression)                                                          \
	do {                                                                                 \
		if (!(expression)) {                                                         \
			(void)snprintf((life)->failed, sizeof((life)->failed), "%s: %.400s", \
				       #expression, lvm_errmsg(lvm));                        \
			return false;                                                        \
		}                                                                            \
	} while (0)

static unsigned open_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned count = 0;

	if (!directory)
		return 0;
	while (readdir(directory))
		count++;
	(void)closedir(directory);
	return count;
}

static bool walk(struct life *life, lvm_t lvm, vg_t vg)
{
	struct dm_list *lvs = lvm_vg_list_lvs(vg);
	struct lvm_lv_list *item;
	uint64_t sum = 0;

	MUST(life, lvm, lvs);
	dm_list_iterate_items (item, lvs) {
		MUST(life, lvm, lvm_lv_get_name(item->lv) && lvm_lv_get_uuid(item->lv));
		MUST(life, lvm, lvm_lv_get_property(item->lv, "lv_attr").is_valid);
		sum += lvm_lv_get_size(item->lv);
	}
	MUST(life, lvm, sum + lvm_vg_get_free_size(vg) == lvm_vg_get_size(vg));
	return true;
}

static bool live(struct life *life, lvm_t lvm)
{
	vg_t vg = lvm_vg_create(lvm, life->vg);
	lv_t a, b;

	MUST(life, lvm, vg);
	MUST(life, lvm, !lvm_vg_extend(vg, life->device));
	MUST(life, lvm, !lvm_vg_set_extent_size(vg, 1 << 20));
	MUST(life, lvm, !lvm_vg_write(vg));
	MUST(life, lvm, (a = lvm_vg_create_lv_linear(vg, "a", 4 * MIB)));
	MUST(life, lvm, (b = lvm_vg_create_lv_linear(vg, NULL, 2 * MIB)));
	MUST(life, lvm, !lvm_lv_resize(a, 6 * MIB));
	MUST(life, lvm, !lvm_lv_rename(b, "b"));
	MUST(life, lvm, !lvm_lv_add_tag(b, "t") && !lvm_vg_add_tag(vg, "t"));
	MUST(life, lvm, !lvm_vg_write(vg) && !lvm_vg_close(vg));
	MUST(life, lvm, (vg = lvm_vg_open(lvm, life->vg, "w", 0)));
	MUST(life, lvm, walk(life, lvm, vg));
	MUST(life, lvm, (a = lvm_lv_from_name(vg, "a")) && (b = lvm_lv_from_name(vg, "b")));
	MUST(life, lvm, !lvm_lv_deactivate(a));
	MUST(life, lvm, !lvm_vg_remove_lv(a) && !lvm_vg_remove_lv(b));
	MUST(life, lvm, !lvm_vg_remove(vg) && !lvm_vg_write(vg) && !lvm_vg_close(vg));
	return true;
}

/* One more tag in the VG that all share: none may be lost. */
static bool tag_shared(struct life *life, lvm_t lvm, const char *shared, unsigned round)
{
	vg_t vg = lvm_vg_open(lvm, shared, "w", 0);
	char tag[40];

	MUST(life, lvm, vg);
	(void)snprintf(tag, sizeof(tag), "t%u.%u", life->number, round);
	MUST(life, lvm, !lvm_vg_add_tag(vg, tag));
	MUST(life, lvm, !lvm_vg_write(vg) && !lvm_vg_close(vg));
	return true;
}

static void *live_often(void *data)
{
	struct life *life = data;
	lvm_t lvm = lvm_init(NULL);
	bool fine = lvm;

	for (unsigned i = 0; fine && i < life->rounds; i++)
		fine = live(life, lvm) && tag_shared(life, lvm, life->api->vg, i);
	if (!fine && !*life->failed)
		(void)snprintf(life->failed, sizeof(life->failed), "lvm_init");
	lvm_quit(lvm);
	return NULL;
}

static void many_lives(void **state)
{
	const char *text = getenv("API_ROUNDS");
	struct api *api = *state;
	struct life lives[THREADS] = { 0 };
	pthread_t threads[THREADS];
	vg_t vg = api_vg(api, 1);
	unsigned before;

	assert_true(api->device_count > THREADS);
	assert_ok(api, lvm_vg_close(vg));
	lives[0] = (struct life){ .api = api, .device = api->devices[1] };
	(void)snprintf(lives[0].vg, sizeof(lives[0].vg), "%s0", api->vg);
	assert_true(
		live(&lives[0], api->lvm)); /* what is opened once for the process is open now */
	before = open_descriptors();
	for (unsigned i = 0; i < THREADS; i++) {
		lives[i] = (struct life){ .api = api,
					  .number = i,
					  .rounds = text ? (unsigned)strtoul(text, NULL, 10) : 3,
					  .device = api->devices[i + 1] };
		(void)snprintf(lives[i].vg, sizeof(lives[i].vg), "%s%u", api->vg, i);
		assert_int_equal(pthread_create(&threads[i], NULL, live_often, &lives[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (unsigned i = 0; i < THREADS; i++)
		assert_string_equal(lives[i].failed, "");
	assert_int_equal(open_descriptors(), before);
	assert_got(api, vg = lvm_vg_open(api->lvm, api->vg, "r", 0));
	assert_int_equal(api_count(lvm_vg_get_tags(vg)), THREADS * lives[0].rounds);
	assert_ok(api, lvm_vg_close(vg));
}

int main(void)
{
	const struct CMUnitTest tests[] = { API_TEST(many_lives) };
	unsigned before = open_descriptors();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	if (!failed && open_descriptors() != before) {
		(void)fprintf(stderr, "descriptors left open behind the last lvm_quit()\n");
		failed = 1;
	}
	return failed;
}
