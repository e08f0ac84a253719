/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For programs of the C API's tests. Only the public header and libdevmapper are used, as any
 * program would; the runner (test_api.py, in the lab test_api_lab.py) gives in the environment:
 *
 *	API_DEVICES	at least four disks, parted by blanks: free to be used
 *	API_ACTIVATES	set when device-mapper is there
 *	API_CLUSTERED	set when clvmd runs
 *	API_PREFIX	of names of VGs, for programs that run side by side
 */
#ifndef TESTS_API_API_H
#define TESTS_API_API_H

/* cmocka wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lvm2app.h>

#define MIB	    ((uint64_t)1 << 20)
#define DEVICES_MAX 8

struct api {
	lvm_t lvm;
	char vg[64]; /* name of the VG that the test may make */
	const char *devices[DEVICES_MAX];
	unsigned device_count;
	bool activates, clustered;
	char *device_text;
};

static inline int api_setup(void **state)
{
	struct api *api = calloc(1, sizeof(*api));
	const char *prefix = getenv("API_PREFIX"), *devices = getenv("API_DEVICES");
	char *rest, *word;

	assert_non_null(api);
	assert_non_null(devices);
	api->device_text = rest = strdup(devices);
	while ((word = strsep(&rest, " ")) && api->device_count < DEVICES_MAX)
		if (*word)
			api->devices[api->device_count++] = word;
	assert_true(api->device_count >= 2);
	(void)snprintf(api->vg, sizeof(api->vg), "%svg", prefix ? prefix : "api");
	api->activates = getenv("API_ACTIVATES");
	api->clustered = getenv("API_CLUSTERED");
	api->lvm = lvm_init(NULL);
	assert_non_null(api->lvm);
	assert_int_equal(lvm_errno(api->lvm), 0);
	*state = api;
	return 0;
}

/* Whatever a test left: LVs, VG, labels. */
static inline void api_clean(struct api *api)
{
	vg_t vg = lvm_vg_open(api->lvm, api->vg, "w", 0);
	struct dm_list *lvs;
	struct lvm_lv_list *item;

	if (vg) {
		if ((lvs = lvm_vg_list_lvs(vg)))
			dm_list_iterate_items (item, lvs)
				(void)lvm_vg_remove_lv(item->lv);
		if (!lvm_vg_remove(vg))
			(void)lvm_vg_write(vg);
		(void)lvm_vg_close(vg);
	}
	for (unsigned i = 0; i < api->device_count; i++)
		(void)lvm_pv_remove(api->lvm, api->devices[i]);
	(void)lvm_errmsg(api->lvm);
}

static inline int api_teardown(void **state)
{
	struct api *api = *state;

	api_clean(api);
	lvm_quit(api->lvm);
	free(api->device_text);
	free(api);
	return 0;
}

static inline void api_says(struct api *api, int number, const char *text)
{
	int found = lvm_errno(api->lvm);
	const char *message = lvm_errmsg(api->lvm);

	if (!strstr(message, text))
		fail_msg("expected \"%s\" in \"%s\"", text, message);
	assert_int_equal(found, number);
}

#define assert_ok(api, call)                                               \
	do {                                                               \
		if (call)                                                  \
			fail_msg("%s: %s", #call, lvm_errmsg((api)->lvm)); \
	} while (0)
#define assert_got(api, pointer)                                                      \
	do {                                                                          \
		if (!(pointer))                                                       \
			fail_msg("%s is NULL: %s", #pointer, lvm_errmsg((api)->lvm)); \
	} while (0)

/* A VG of the first @count devices, written and open for writing. */
static inline vg_t api_vg(struct api *api, unsigned count)
{
	vg_t vg = lvm_vg_create(api->lvm, api->vg);

	assert_got(api, vg);
	for (unsigned i = 0; i < count; i++)
		assert_ok(api, lvm_vg_extend(vg, api->devices[i]));
	assert_ok(api, lvm_vg_write(vg));
	return vg;
}

static inline unsigned api_count(struct dm_list *list)
{
	return list ? dm_list_size(list) : 0;
}

static inline bool api_has_text(struct dm_list *list, const char *text)
{
	struct lvm_str_list *item;

	dm_list_iterate_items (item, list)
		if (!strcmp(item->str, text))
			return true;
	return false;
}

#define API_TEST(function) cmocka_unit_test_setup_teardown(function, api_setup, api_teardown)

#endif
