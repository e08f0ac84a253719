/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/core/bus.h"

#include <errno.h>

static int setup(void **state)
{
	struct bus *bus = calloc(1, sizeof(*bus));

	assert_non_null(bus);
	bus_form(bus, 2);
	*state = bus;
	return 0;
}

static int teardown(void **state)
{
	bus_finish(*state);
	free(*state);
	return 0;
}

static void grants_only_when_all_have_acknowledged(void **state)
{
	struct bus *bus = *state;

	bus->drop_acks = true;
	bus_ask(bus, 1, 5, 1, V_VG, MODE_EX, true);
	assert_false(bus_granted(bus, 1));
	assert_int_equal(bus_lock_state(bus, 1, V_VG), LOCK_GRANTED);
	bus->drop_acks = false;
	bus_ask(bus, 1, 6, 2, "V_other", MODE_EX, true);
	assert_true(bus_granted(bus, 1)); /* one acknowledgement covers everything before it */
	assert_true(bus_granted(bus, 2));
	assert_int_equal(bus_lock_state(bus, 1, V_VG), LOCK_CONFIRMED);
	assert_int_equal(bus_lock_state(bus, 2, V_VG), LOCK_GRANTED);
}

static void two_nodes_share_an_active_lv(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 1, 0, 1, LV, MODE_CR, false);
	bus_ask(bus, 2, 0, 2, LV, MODE_CR, false);
	assert_true(bus_granted(bus, 1) && bus_granted(bus, 2));
}

static void a_refusal_says_who_holds_it(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 2, 5, 1, V_VG, MODE_EX, false);
	bus_ask(bus, 1, 6, 2, V_VG, MODE_EX, false);
	assert_int_equal(bus_find(bus, EFFECT_REFUSED, 2)->error, -EBUSY);
	assert_string_equal(bus_find(bus, EFFECT_REFUSED, 2)->text,
			    "vg lock is held EX by node n2 (lvextend, pid 812)");
	bus_ask(bus, 2, 0, 3, LV, MODE_EX, false);
	bus_ask(bus, 1, 0, 4, LV, MODE_CR, false);
	assert_string_equal(bus_find(bus, EFFECT_REFUSED, 4)->text, "held exclusively by n2");
}

static void an_exclusive_request_is_told_all_nodes_that_have_it_active(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 1, 0, 1, LV, MODE_CR, false);
	bus_ask(bus, 2, 0, 2, LV, MODE_CR, false);
	bus_ask(bus, 2, 9, 3, LV, MODE_EX, false);
	assert_string_equal(bus_find(bus, EFFECT_REFUSED, 3)->text, "active on n1, n2");
}

static void a_reader_does_not_overtake_a_waiting_writer(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 1, 5, 1, V_VG, MODE_PR, true);
	bus_ask(bus, 2, 6, 2, V_VG, MODE_EX, true);
	assert_non_null(bus_find(bus, EFFECT_WAITING, 2));
	bus_ask(bus, 1, 7, 3, V_VG, MODE_PR, true);
	assert_false(bus_granted(bus, 3));
	bus_unlock(bus, 1, 5, V_VG, 0);
	assert_true(bus_granted(bus, 2));
	assert_false(bus_granted(bus, 3));
	bus_unlock(bus, 2, 6, V_VG, 0);
	assert_true(bus_granted(bus, 3));
}

static void a_conversion_up_goes_before_new_requests(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 1, 5, 1, V_VG, MODE_PR, true);
	bus_ask(bus, 2, 6, 2, V_VG, MODE_PR, true);
	bus_ask(bus, 2, 7, 3, V_VG, MODE_EX, true);
	bus_ask(bus, 1, 5, 4, V_VG, MODE_EX, true);
	assert_false(bus_granted(bus, 4));
	bus_unlock(bus, 2, 6, V_VG, 0);
	assert_true(bus_granted(bus, 4));
	assert_false(bus_granted(bus, 3));
}

static void the_second_of_two_conversions_that_block_each_other_is_refused(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 1, 5, 1, V_VG, MODE_PR, true);
	bus_ask(bus, 2, 6, 2, V_VG, MODE_PR, true);
	bus_ask(bus, 1, 5, 3, V_VG, MODE_EX, true);
	bus_ask(bus, 2, 6, 4, V_VG, MODE_EX, true);
	assert_int_equal(bus_find(bus, EFFECT_REFUSED, 4)->error, -EDEADLK);
	bus_unlock(bus, 2, 6, V_VG, 0);
	assert_true(bus_granted(bus, 3));
}

static void a_conversion_down_is_immediate_and_lets_others_in(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 1, 5, 1, V_VG, MODE_EX, true);
	bus_ask(bus, 2, 6, 2, V_VG, MODE_PR, true);
	bus_ask(bus, 1, 5, 3, V_VG, MODE_PR, false);
	assert_true(bus_granted(bus, 3) && bus_granted(bus, 2));
}

static void several_resources_are_granted_together_or_not_at_all(void **state)
{
	const char *const both[] = { V_VG, LV };
	struct lock_request asked = { .client = 6,
				      .request = 2,
				      .kind = LOCK_COMMAND,
				      .mode = MODE_EX,
				      .resources = both,
				      .resource_count = 2 };
	struct bus *bus = *state;

	bus_ask(bus, 1, 5, 1, LV, MODE_EX, true);
	bus_take(bus, 2, lockspace_lock(bus->ls[2], &asked));
	bus_run(bus);
	assert_non_null(bus_find(bus, EFFECT_REFUSED, 2));
	assert_int_equal(bus_locks(bus, 1, V_VG), 0);
	asked.request = 3;
	asked.wait = true;
	bus_take(bus, 2, lockspace_lock(bus->ls[2], &asked));
	bus_run(bus);
	bus_unlock(bus, 1, 5, LV, 0);
	assert_true(bus_granted(bus, 3));
	assert_int_equal(bus_locks(bus, 1, V_VG), 1);
}

static void a_cancelled_request_leaves_nothing_behind(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 1, 5, 1, V_VG, MODE_EX, true);
	bus_ask(bus, 2, 6, 2, V_VG, MODE_EX, true);
	bus_take(bus, 2, lockspace_cancel(bus->ls[2], 6, 2));
	assert_int_equal(bus_find(bus, EFFECT_REFUSED, 2)->error, -ECANCELED);
	bus_unlock(bus, 1, 5, V_VG, 0);
	assert_int_equal(bus_locks(bus, 1, V_VG), 0);
}

static void a_cancelled_request_that_was_granted_but_not_confirmed_is_taken_back(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 1, 5, 1, V_VG, MODE_PR, true);
	bus->drop_acks = true;
	bus_ask(bus, 1, 5, 2, V_VG, MODE_EX, true);
	bus_take(bus, 1, lockspace_cancel(bus->ls[1], 5, 2));
	bus_run(bus);
	bus->drop_acks = false;
	bus_ask(bus, 2, 6, 3, V_VG, MODE_PR, false); /* what was held before is held still: PR */
	assert_true(bus_granted(bus, 3));
	assert_int_equal(bus_locks(bus, 2, V_VG), 2);
}

static void locks_of_a_dead_client_go_but_not_what_it_activated(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 1, 5, 1, V_VG, MODE_EX, true);
	bus_ask(bus, 1, 0, 2, LV, MODE_EX, true);
	bus_ask(bus, 2, 6, 3, V_VG, MODE_EX, true);
	bus_take(bus, 1, lockspace_client_gone(bus->ls[1], 5));
	bus_run(bus);
	assert_true(bus_granted(bus, 3));
	assert_int_equal(bus_locks(bus, 2, LV), 1);
}

static void the_value_of_a_vg_is_the_highest_committed(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 1, 5, 1, V_VG, MODE_EX, true);
	assert_int_equal(bus_find(bus, EFFECT_GRANTED, 1)->value, 0);
	bus_unlock(bus, 1, 5, V_VG, 13);
	bus_ask(bus, 2, 6, 2, V_VG, MODE_EX, true);
	assert_int_equal(bus_find(bus, EFFECT_GRANTED, 2)->value, 13);
	bus_unlock(bus, 2, 6, V_VG, 12);
	assert_int_equal(lockspace_value(bus->ls[1], V_VG), 13);
}

static void nonsense_is_refused_before_anybody_hears_of_it(void **state)
{
	struct bus *bus = *state;
	char name[RESOURCE_NAME_MAX + 1];

	memset(name, 'x', sizeof(name));
	name[RESOURCE_NAME_MAX] = '\0';
	bus_ask(bus, 1, 5, 1, name, MODE_EX, true);
	assert_int_equal(bus_find(bus, EFFECT_REFUSED, 1)->error, -EINVAL);
	bus_ask(bus, 1, 5, 2, "", MODE_EX, true);
	assert_int_equal(bus_find(bus, EFFECT_REFUSED, 2)->error, -EINVAL);
	bus_ask(bus, 1, 5, 3, V_VG, (enum lock_mode)17, true);
	assert_int_equal(bus_find(bus, EFFECT_REFUSED, 3)->error, -EINVAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(grants_only_when_all_have_acknowledged),
		TEST(two_nodes_share_an_active_lv),
		TEST(a_refusal_says_who_holds_it),
		TEST(an_exclusive_request_is_told_all_nodes_that_have_it_active),
		TEST(a_reader_does_not_overtake_a_waiting_writer),
		TEST(a_conversion_up_goes_before_new_requests),
		TEST(the_second_of_two_conversions_that_block_each_other_is_refused),
		TEST(a_conversion_down_is_immediate_and_lets_others_in),
		TEST(several_resources_are_granted_together_or_not_at_all),
		TEST(a_cancelled_request_leaves_nothing_behind),
		TEST(a_cancelled_request_that_was_granted_but_not_confirmed_is_taken_back),
		TEST(locks_of_a_dead_client_go_but_not_what_it_activated),
		TEST(the_value_of_a_vg_is_the_highest_committed),
		TEST(nonsense_is_refused_before_anybody_hears_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
