/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rule 19: who was written off and lives. */
#include "tests/unit/core/bus.h"

#include <errno.h>

static int setup(void **state)
{
	struct bus *bus = calloc(1, sizeof(*bus));

	assert_non_null(bus);
	bus_form(bus, 3);
	*state = bus;
	return 0;
}

static int setup_apart(void **state)
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

static void fence_ack(struct bus *bus, uint32_t on, uint32_t node)
{
	struct err err = { 0 };

	bus_take(bus, on, lockspace_fence_ack(bus->ls[on], node, false, &err));
	assert_string_equal(err.text, "");
	bus_run(bus);
}

/* Node 3 is cut off, written off wrongly, and comes back as it was. */
static void write_off_wrongly(struct bus *bus)
{
	bus_isolate(bus, 3);
	fence_ack(bus, 1, 3);
	assert_true(lockspace_is_running(bus->ls[1]) && lockspace_is_running(bus->ls[2]));
	bus_merge(bus);
	assert_true(lockspace_is_running(bus->ls[1]) && lockspace_is_running(bus->ls[2]));
}

static void who_was_written_off_in_this_boot_is_not_let_in_with_its_volumes(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 3, 0, 1, LV, MODE_EX, true);
	bus_isolate(bus, 3);
	fence_ack(bus, 1, 3);
	bus_ask(bus, 1, 0, 2, LV, MODE_EX, true);
	assert_true(bus_granted(bus, 2));
	bus_merge(bus);
	assert_true(lockspace_is_running(bus->ls[1]) && lockspace_is_running(bus->ls[2]));
	assert_false(lockspace_is_up(bus->ls[3]));
	assert_int_equal(bus_count(bus, EFFECT_GHOST, 0), 1);
	assert_int_equal(bus_state(bus, 1, 3), MEMBER_FENCED);
	assert_true(bus_member(bus, 1, 3).is_ghost && bus_member(bus, 3, 3).is_ghost);
	assert_true(bus_waits_for(bus, 3, "written off as fenced but did not reboot"));
	assert_true(bus_waits_for(bus, 1, "n3 was fenced but did not reboot"));
	bus_ask(bus, 3, 5, 3, V_VG, MODE_PR, true);
	assert_int_equal(bus_find(bus, EFFECT_REFUSED, 3)->error, -ENOLCK);
	bus_kill(bus, 3, LEAVE_PROCDOWN); /* a new daemon does not help */
	bus_create(bus, 3);
	assert_int_equal(lockspace_adopt(bus->ls[3], LV, MODE_EX, 77, NULL), 0);
	bus_join(bus, 3);
	assert_false(lockspace_is_up(bus->ls[3]));
	assert_int_equal(bus_count(bus, EFFECT_GHOST, 0), 2); /* it must see to it as well */
	bus_kill(bus, 3, LEAVE_PROCDOWN);
	bus->boot[3]++; /* but a reboot does */
	bus_start(bus, 3);
	assert_true(lockspace_is_running(bus->ls[3]));
}

static void it_joins_as_new_when_its_last_volume_is_gone(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 3, 0, 1, LV, MODE_EX, true);
	write_off_wrongly(bus);
	bus_ask(bus, 1, 0, 2, LV, MODE_EX, true);
	assert_false(lockspace_is_up(bus->ls[3]));
	bus_unlock(bus, 3, 0, LV, 0);
	assert_true(lockspace_is_running(bus->ls[3]));
	assert_int_equal(bus_state(bus, 1, 3), MEMBER_UP);
	assert_int_equal(bus_locks(bus, 3, LV), 1); /* node 1's: nothing of its own came along */
	assert_true(lockspace_hash(bus->ls[1]) == lockspace_hash(bus->ls[3]));
	bus_ask(bus, 3, 0, 3, "V_of_3", MODE_EX, true);
	bus_isolate(bus, 3);	      /* and it is written off no more */
	bus_unlock(bus, 1, 0, LV, 0); /* so that its table is another one */
	bus_merge(bus);
	assert_true(lockspace_is_running(bus->ls[3]) && lockspace_is_running(bus->ls[1]));
	assert_int_equal(bus_count(bus, EFFECT_GHOST, 0), 1);
	assert_int_equal(bus_locks(bus, 1, "V_of_3"), 1);
}

static void one_that_holds_nothing_is_let_in_at_once(void **state)
{
	struct bus *bus = *state;

	bus_isolate(bus, 3);
	bus_ask(bus, 3, 5, 1, V_VG, MODE_EX,
		true); /* waits there: its cluster went on without it */
	fence_ack(bus, 1, 3);
	bus_merge(bus);
	assert_int_equal(bus_find(bus, EFFECT_REFUSED, 1)->error, -ENOLCK);
	for (uint32_t n = 1; n <= 3; n++)
		assert_true(lockspace_is_running(bus->ls[n]));
	bus_ask(bus, 3, 5, 2, V_VG, MODE_EX, true);
	assert_true(bus_granted(bus, 2));
}

static void answer(struct bus *bus, uint32_t on, enum op_phase phase)
{
	struct op_result result = { { 3, 1 }, phase, 0, "", "", 0 };

	bus_take(bus, on, lockspace_op_result(bus->ls[on], &result));
	bus_run(bus);
}

static void its_commands_end_and_so_do_their_locks(void **state)
{
	struct op_request prepare = {
		.client = 5, .number = 1, .phase = OP_PREPARE, .resource = V_VG
	};
	struct bus *bus = *state;

	bus_ask(bus, 3, 5, 1, V_VG, MODE_EX, true);
	bus_take(bus, 3, lockspace_op(bus->ls[3], &prepare));
	bus_run(bus);
	answer(bus, 3, OP_PREPARE);
	write_off_wrongly(bus);
	for (uint32_t n = 1; n <= 2; n++)
		answer(bus, n, OP_ABORT);
	bus_ask(bus, 1, 6, 2, V_VG, MODE_EX, true);
	assert_true(bus_granted(bus, 2));
	assert_false(lockspace_is_up(bus->ls[3]));
	assert_int_equal(bus_locks(bus, 3, V_VG), 1); /* what its command believes to hold */
	bus_take(bus, 3, lockspace_client_gone(bus->ls[3], 5));
	bus_run(bus);
	assert_true(lockspace_is_running(bus->ls[3]));
	assert_int_equal(lockspace_header(bus->ls[1]).ops, 0);
}

static void when_each_wrote_off_the_other_the_larger_side_stays(void **state)
{
	struct bus *bus = *state;
	const unsigned apart[BUS_NODES] = { 0, 2, 1, 1 };
	const bool quorate[BUS_NODES] = { false, true, true, true };

	bus_ask(bus, 1, 0, 1, LV, MODE_EX, true);
	bus_split(bus, apart, quorate);
	fence_ack(bus, 1, 2);
	fence_ack(bus, 1, 3);
	fence_ack(bus, 2, 1);
	assert_true(lockspace_is_running(bus->ls[1]) && lockspace_is_running(bus->ls[2]));
	bus_merge(bus);
	assert_false(lockspace_is_up(bus->ls[1]));
	assert_int_equal(bus_count(bus, EFFECT_GHOST, 0), 1);
	assert_true(lockspace_is_running(bus->ls[2]) && lockspace_is_running(bus->ls[3]));
	bus_unlock(bus, 1, 0, LV, 0);
	assert_true(lockspace_is_running(bus->ls[1]));
}

static void of_two_lineages_the_larger_side_stays(void **state)
{
	const unsigned apart[BUS_NODES] = { 0, 2, 1, 1 };
	const bool quorate[BUS_NODES] = { false, true, true, true };
	struct bus *bus = *state;

	bus_start(bus, 1);
	bus_start(bus, 2);
	bus_split(bus, apart, quorate);
	bus_start(bus, 3);
	fence_ack(bus, 1, 2);
	fence_ack(bus, 1, 3);
	fence_ack(bus, 2, 1);
	for (uint32_t n = 1; n <= 3; n++)
		assert_true(lockspace_is_running(bus->ls[n]));
	bus_ask(bus, 1, 0, 1, LV, MODE_EX, true);
	bus_ask(bus, 2, 0, 2, LV, MODE_EX, true);
	assert_true(bus_granted(bus, 1) && bus_granted(bus, 2));
	bus_merge(bus);
	assert_true(lockspace_is_running(bus->ls[2]) && lockspace_is_running(bus->ls[3]));
	assert_true(bus_member(bus, 1, 1).is_ghost);
	bus_unlock(bus, 1, 0, LV, 0);
	for (uint32_t n = 1; n <= 3; n++)
		assert_true(lockspace_is_running(bus->ls[n]));
	assert_int_equal(bus_locks(bus, 1, LV), 1);
}

/* Who was written off and not let in waits in the group while all others start anew. */
static void a_ghost_takes_no_part_in_a_formation(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 3, 0, 1, LV, MODE_EX, true);
	write_off_wrongly(bus);
	for (uint32_t n = 1; n <= 2; n++)
		bus_kill(bus, n, LEAVE_PROCDOWN);
	for (uint32_t n = 1; n <= 2; n++)
		bus_start(bus, n);
	assert_false(lockspace_is_up(bus->ls[1]) || lockspace_is_up(bus->ls[2]));
	assert_true(bus_waits_for(bus, 1, "n3 was fenced but did not reboot"));
	bus_unlock(bus, 3, 0, LV, 0);
	for (uint32_t n = 1; n <= 3; n++)
		assert_true(lockspace_is_running(bus->ls[n]));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(who_was_written_off_in_this_boot_is_not_let_in_with_its_volumes),
		TEST(it_joins_as_new_when_its_last_volume_is_gone),
		TEST(one_that_holds_nothing_is_let_in_at_once),
		TEST(its_commands_end_and_so_do_their_locks),
		TEST(when_each_wrote_off_the_other_the_larger_side_stays),
		cmocka_unit_test_setup_teardown(of_two_lineages_the_larger_side_stays, setup_apart,
						teardown),
		TEST(a_ghost_takes_no_part_in_a_formation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
