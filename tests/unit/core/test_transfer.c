/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/core/bus.h"

#include <errno.h>

static int setup(void **state)
{
	struct bus *bus = calloc(1, sizeof(*bus));

	assert_non_null(bus);
	bus_init(bus, 3);
	*state = bus;
	return 0;
}

static int teardown(void **state)
{
	bus_finish(*state);
	free(*state);
	return 0;
}

static void nothing_is_formed_before_every_node_is_accounted_for(void **state)
{
	struct bus *bus = *state;

	bus_start(bus, 1);
	bus_start(bus, 2);
	assert_false(lockspace_is_up(bus->ls[1]));
	assert_true(bus_waits_for(bus, 1, "node n3 is up without clvmd"));
	assert_true(lockspace_waits_for_daemons(bus->ls[1]));
	bus_ask(bus, 1, 5, 1, V_VG, MODE_EX, true);
	assert_false(bus_granted(bus, 1));
	bus_start(bus, 3);
	assert_true(lockspace_is_running(bus->ls[3]));
	assert_false(lockspace_waits_for_daemons(bus->ls[1]));
	assert_true(bus_granted(bus, 1)); /* asked before there was a table */
}

static void an_administrator_vouches_for_a_node_that_is_down(void **state)
{
	const unsigned away[BUS_NODES] = { 0, 1, 1, 2 };
	const bool quorate[BUS_NODES] = { false, true, true, false };
	struct bus *bus = *state;
	struct err err = { 0 };

	bus_start(bus, 1);
	bus_start(bus, 2);
	bus_take(bus, 1, lockspace_fence_ack(bus->ls[1], 3, false, &err));
	assert_int_equal(err.code, -EBUSY); /* it is in the ring */
	bus_split(bus, away, quorate);
	assert_true(bus_waits_for(bus, 2, "node n3 was never seen"));
	/* n3 may be running, and use volumes */
	assert_false(lockspace_waits_for_daemons(bus->ls[2]));
	err = (struct err){ 0 };
	bus_take(bus, 1, lockspace_fence_ack(bus->ls[1], 3, false, &err));
	bus_run(bus);
	assert_int_equal(err.code, 0);
	assert_true(lockspace_is_running(bus->ls[1]) && lockspace_is_running(bus->ls[2]));
	assert_int_equal(bus_state(bus, 2, 3), MEMBER_FENCED);
	bus_merge(bus);
	bus_start(bus, 3); /* with nothing active: new */
	assert_true(lockspace_is_running(bus->ls[3]));
}

static void a_node_that_was_vouched_for_but_has_volumes_active_is_not_let_in(void **state)
{
	struct bus *bus = *state;
	struct err err = { 0 };

	bus_start(bus, 1);
	bus_start(bus, 2);
	bus_take(bus, 1, lockspace_fence_ack(bus->ls[1], 3, true, &err));
	bus_run(bus);
	assert_true(lockspace_is_running(bus->ls[1]));
	bus_create(bus, 3);
	assert_int_equal(lockspace_adopt(bus->ls[3], LV, MODE_EX, 77, NULL), 0);
	bus_join(bus, 3);
	assert_false(lockspace_is_up(bus->ls[3]));
	assert_true(lockspace_is_running(bus->ls[1]));
	assert_int_equal(bus_state(bus, 1, 3), MEMBER_FENCED);
}

static void a_table_is_formed_from_what_the_kernels_have(void **state)
{
	struct bus *bus = *state;

	for (uint32_t n = 1; n <= 3; n++) {
		bus_create(bus, n);
		if (n != 2)
			assert_int_equal(lockspace_adopt(bus->ls[n], LV, MODE_CR, 77, NULL), 0);
		bus_join(bus, n);
	}
	for (uint32_t n = 1; n <= 3; n++) {
		assert_true(lockspace_is_running(bus->ls[n]));
		assert_int_equal(bus_locks(bus, n, LV), 2);
	}
	bus_ask(bus, 2, 0, 1, LV, MODE_EX, false);
	assert_string_equal(bus_find(bus, EFFECT_REFUSED, 1)->text, "active on n1, n3");
}

static void a_command_that_outlives_its_daemon_keeps_its_lock(void **state)
{
	const struct adopted_client command = { 5, 812, "lvremove vg/lv" };
	struct bus *bus = *state;

	bus_form(bus, 3);
	bus_ask(bus, 1, 5, 1, V_VG, MODE_EX, true);
	bus_ask(bus, 2, 6, 2, V_VG, MODE_EX, true);
	bus_kill(bus, 1, LEAVE_PROCDOWN);
	assert_false(bus_granted(bus, 2));
	bus_create(bus, 1);
	assert_int_equal(lockspace_adopt_command(bus->ls[1], &command, V_VG, MODE_EX, 7, NULL), 0);
	bus_join(bus, 1);
	assert_true(lockspace_is_running(bus->ls[1]));
	assert_false(bus_granted(bus, 2)); /* the new daemon claimed it */
	bus_take(bus, 1, lockspace_client_gone(bus->ls[1], 5));
	bus_run(bus);
	assert_true(bus_granted(bus, 2));
}

static void what_a_new_daemon_does_not_adopt_is_released(void **state)
{
	struct bus *bus = *state;

	bus_form(bus, 3);
	bus_ask(bus, 1, 5, 1, V_VG, MODE_EX, true);
	bus_ask(bus, 2, 6, 2, V_VG, MODE_EX, true);
	bus_kill(bus, 1, LEAVE_PROCDOWN);
	assert_false(bus_granted(bus, 2));
	bus_start(bus, 1);
	assert_true(bus_granted(bus, 2));
}

static void conflicting_claims_keep_everybody_else_out(void **state)
{
	struct bus *bus = *state;

	for (uint32_t n = 1; n <= 3; n++) {
		bus_create(bus, n);
		if (n != 2)
			assert_int_equal(lockspace_adopt(bus->ls[n], LV, MODE_EX, 77, NULL), 0);
		bus_join(bus, n);
	}
	assert_int_equal(bus_locks(bus, 2, LV), 2);
	bus_ask(bus, 2, 0, 1, LV, MODE_CR, false);
	assert_string_equal(bus_find(bus, EFFECT_REFUSED, 1)->text,
			    "claimed by more than one node: n1, n3");
	bus_unlock(bus, 1, 0, LV, 0);
	bus_unlock(bus, 3, 0, LV, 0);
	bus_ask(bus, 2, 0, 2, LV, MODE_EX, false);
	assert_true(bus_granted(bus, 2));
}

static void a_late_joiner_gets_the_table_while_the_others_run(void **state)
{
	struct bus *bus = *state;

	bus_form(bus, 3);
	bus_kill(bus, 3, LEAVE_PROCDOWN);
	bus_ask(bus, 1, 5, 1, V_VG, MODE_EX, true);
	bus_unlock(bus, 1, 5, V_VG, 41);
	bus_ask(bus, 1, 5, 2, V_VG, MODE_PR, true);
	bus_ask(bus, 2, 6, 3, V_VG, MODE_EX, true);
	bus_start(bus, 3);
	assert_true(lockspace_is_running(bus->ls[3]));
	assert_int_equal(bus_locks(bus, 3, V_VG), 2);
	assert_int_equal(lockspace_value(bus->ls[3], V_VG), 41);
	assert_true(lockspace_hash(bus->ls[3]) == lockspace_hash(bus->ls[1]));
}

static void a_table_of_many_chunks_arrives_whole(void **state)
{
	struct bus *bus = *state;
	char name[RESOURCE_NAME_MAX];

	bus_form(bus, 3);
	bus_kill(bus, 3, LEAVE_PROCDOWN);
	for (uint64_t i = 0; i < 2000; i++) {
		(void)snprintf(name, sizeof(name), "%.32s%032d", LV, (int)i);
		bus_ask(bus, 1, 0, 100 + i, name, MODE_CR, false);
		bus->count = 0;
	}
	bus_start(bus, 3);
	assert_true(lockspace_is_running(bus->ls[3]));
	assert_int_equal(bus_locks(bus, 3, name), 1);
	assert_true(lockspace_hash(bus->ls[3]) == lockspace_hash(bus->ls[2]));
	assert_true(lockspace_check(bus->ls[3], NULL));
}

static void a_daemon_that_restarts_during_its_transfer_gets_the_table(void **state)
{
	struct bus *bus = *state;
	struct bus_message *chunk;

	bus_form(bus, 3);
	bus_kill(bus, 3, LEAVE_PROCDOWN);
	bus_create(bus, 3);
	bus_joins(bus, 3);
	while (!bus_is(bus->first, MESSAGE_SYNC))
		bus_deliver(bus);
	bus_dies(bus, 3, LEAVE_PROCDOWN); /* whom the SYNC names is dead when it is delivered */
	bus_deliver(bus);
	chunk = bus_hold_back(bus, 1, MESSAGE_CHUNK);
	bus_start(bus, 3);
	bus_give_back(bus, chunk); /* meant for the daemon before */
	bus_run(bus);
	assert_true(lockspace_is_up(bus->ls[3]));
	assert_true(lockspace_is_running(bus->ls[3]));
}

static void a_transfer_is_told_from_one_of_the_daemon_before(void **state)
{
	struct bus *bus = *state;
	struct bus_message *hello;

	bus_form(bus, 3);
	bus_kill(bus, 3, LEAVE_PROCDOWN);
	bus_create(bus, 3);
	bus_joins(bus, 3);
	while (!bus_is(bus->first, MESSAGE_SYNC))
		bus_deliver(bus);
	bus_dies(bus, 3, LEAVE_PROCDOWN);
	bus_create(bus, 3);
	bus_joins(bus, 3);
	free(bus_hold_back(bus, 3, MESSAGE_HELLO)); /* nobody knows this daemon yet */
	bus_deliver(bus);			    /* the SYNC, meant for the one before */
	free(bus_hold_back(bus, 1, MESSAGE_CHUNK)); /* its sender dies before */
	bus_dies(bus, 1, LEAVE_PROCDOWN);
	bus_ask(bus, 2, 6, 1, V_VG, MODE_EX, true);
	bus_unlock(bus, 2, 6, V_VG, 41);
	bus_ask(bus, 2, 7, 2, V_VG, MODE_EX, true);
	bus_create(bus, 1);
	bus_joins(bus, 1);
	hello = bus_hold_back(bus, 3, MESSAGE_HELLO);
	bus_run(bus); /* n1 gets the table, and numbers its transfers from the beginning */
	bus_give_back(bus, hello);
	bus_run(bus);
	assert_true(lockspace_is_running(bus->ls[3]));
	assert_int_equal(bus_locks(bus, 3, V_VG), 1);
	assert_true(lockspace_hash(bus->ls[3]) == lockspace_hash(bus->ls[2]));
}

static void all_daemons_may_restart_at_once(void **state)
{
	struct bus *bus = *state;

	bus_form(bus, 3);
	bus_ask(bus, 2, 0, 1, LV, MODE_EX, true);
	for (uint32_t n = 1; n <= 3; n++)
		bus_kill(bus, n, LEAVE_PROCDOWN);
	for (uint32_t n = 1; n <= 3; n++) {
		bus_create(bus, n);
		if (n == 2)
			assert_int_equal(lockspace_adopt(bus->ls[n], LV, MODE_EX, 77, NULL), 0);
		bus_join(bus, n);
	}
	assert_true(lockspace_is_running(bus->ls[1]));
	assert_int_equal(bus_lock_state(bus, 2, LV), LOCK_CONFIRMED);
}

static void two_lineages_do_not_mix(void **state)
{
	const unsigned apart[BUS_NODES] = { 0, 1, 1, 2 };
	const bool quorate[BUS_NODES] = { false, true, true, true };
	struct bus *bus = *state;
	struct err err = { 0 };

	bus_split(bus, apart, quorate);
	for (uint32_t n = 1; n <= 3; n++)
		bus_start(bus, n);
	bus_take(bus, 1, lockspace_fence_ack(bus->ls[1], 3, false, &err));
	bus_take(bus, 3, lockspace_fence_ack(bus->ls[3], 1, false, &err));
	bus_take(bus, 3, lockspace_fence_ack(bus->ls[3], 2, false, &err));
	bus_run(bus);
	assert_true(lockspace_is_running(bus->ls[1]) && lockspace_is_running(bus->ls[3]));
	bus_ask(bus, 3, 0, 1, LV, MODE_EX, true);
	bus_ask(bus, 1, 0, 2, LV, MODE_EX, true);
	bus_merge(bus);
	assert_true(lockspace_is_running(bus->ls[1]) && lockspace_is_running(bus->ls[2]));
	assert_false(lockspace_is_up(bus->ls[3]));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_formed_before_every_node_is_accounted_for),
		TEST(an_administrator_vouches_for_a_node_that_is_down),
		TEST(a_node_that_was_vouched_for_but_has_volumes_active_is_not_let_in),
		TEST(a_table_is_formed_from_what_the_kernels_have),
		TEST(a_command_that_outlives_its_daemon_keeps_its_lock),
		TEST(what_a_new_daemon_does_not_adopt_is_released),
		TEST(conflicting_claims_keep_everybody_else_out),
		TEST(a_late_joiner_gets_the_table_while_the_others_run),
		TEST(a_table_of_many_chunks_arrives_whole),
		TEST(a_daemon_that_restarts_during_its_transfer_gets_the_table),
		TEST(a_transfer_is_told_from_one_of_the_daemon_before),
		TEST(all_daemons_may_restart_at_once),
		TEST(two_lineages_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
