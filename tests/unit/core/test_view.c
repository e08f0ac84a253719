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

static void since_is_when_a_lock_was_first_asked_for(void **state)
{
	struct bus *bus = *state;

	bus_form(bus, 3);
	bus_ask(bus, 1, 5, 21, V_VG, MODE_PR, true);
	for (uint32_t n = 1; n <= 3; n++)
		assert_int_equal(bus_since(bus, n, V_VG), 21000);
	bus_ask(bus, 1, 5, 22, V_VG, MODE_EX, true); /* a conversion keeps it */
	for (uint32_t n = 1; n <= 3; n++)
		assert_int_equal(bus_since(bus, n, V_VG), 21000);
	bus_ask(bus, 2, 6, 23, V_VG, MODE_PR, true); /* a waiter has its own, and comes last */
	assert_int_equal(bus_since(bus, 3, V_VG), 23000);
	bus_unlock(bus, 1, 5, V_VG, 0);
	assert_int_equal(bus_since(bus, 3, V_VG), 23000);
}

static void since_outlives_the_daemon_a_transfer_and_a_merge(void **state)
{
	struct bus *bus = *state;

	for (uint32_t n = 1; n <= 3; n++) {
		bus_create(bus, n);
		if (n == 3)
			assert_int_equal(lockspace_adopt(bus->ls[n], LV, MODE_EX, 77, NULL), 0);
		bus_join(bus, n);
	}
	assert_int_equal(bus_since(bus, 1, LV), 77);
	bus_ask(bus, 1, 5, 21, V_VG, MODE_PR, true);
	bus_kill(bus, 2, LEAVE_PROCDOWN);
	bus_start(bus, 2); /* gets a copy of the table */
	assert_int_equal(bus_since(bus, 2, V_VG), 21000);
	assert_int_equal(bus_since(bus, 2, LV), 77);
	bus_isolate(bus, 3);
	bus_merge(bus); /* claims its own */
	assert_int_equal(bus_since(bus, 1, LV), 77);
	bus_isolate(bus, 1);
	bus_ask(bus, 1, 7, 22, "V_other", MODE_EX, true); /* waits, and is claimed as a waiter */
	bus_merge(bus);
	assert_true(bus_granted(bus, 22));
	assert_int_equal(bus_since(bus, 3, V_VG), 21000);
	assert_int_equal(bus_since(bus, 3, "V_other"), 22000);
}

static void who_has_not_acknowledged_is_named(void **state)
{
	struct bus *bus = *state;

	bus_form(bus, 3);
	assert_false(bus_member(bus, 1, 2).is_awaited);
	bus->drop_acks = true;
	bus_ask(bus, 1, 5, 1, V_VG, MODE_EX, true);
	assert_true(bus_member(bus, 1, 2).is_awaited);
	assert_false(bus_member(bus, 1, 1).is_awaited);
	assert_false(bus_member(bus, 2, 3).is_awaited); /* nothing of node 2 waits */
	bus->drop_acks = false;
	bus_ask(bus, 1, 6, 2, "V_other", MODE_EX, true);
	assert_false(bus_member(bus, 1, 2).is_awaited);
}

struct op_look {
	size_t count;
	struct op_view view;
	struct op_target_view targets[LOCKSPACE_NODES_MAX];
	char resource[RESOURCE_NAME_MAX];
};

static bool see_op(void *data, const struct op_view *op)
{
	struct op_look *look = data;

	look->count++;
	look->view = *op;
	memcpy(look->targets, op->targets, op->target_count * sizeof(look->targets[0]));
	(void)snprintf(look->resource, sizeof(look->resource), "%s", op->resource);
	return true;
}

static struct op_look look(const struct bus *bus, uint32_t on)
{
	struct op_look look = { 0 };

	lockspace_each_op(bus->ls[on], see_op, &look);
	return look;
}

static void step(struct bus *bus, uint32_t on, enum op_phase phase)
{
	struct op_request request = { .client = 5,
				      .number = 1,
				      .phase = phase,
				      .needs_running = true,
				      .resource = V_VG,
				      .since = 4711,
				      .payload = "job",
				      .payload_length = 3 };

	bus_take(bus, on, lockspace_op(bus->ls[on], &request));
	bus_run(bus);
}

static void answer(struct bus *bus, uint32_t on, enum op_phase phase)
{
	struct op_result result = { { 1, 1 }, phase, 0, "", "", 0 };

	bus_take(bus, on, lockspace_op_result(bus->ls[on], &result));
	bus_run(bus);
}

static void an_operation_says_who_has_still_to_answer(void **state)
{
	struct bus *bus = *state;
	struct op_look seen;

	bus_form(bus, 3);
	assert_int_equal(look(bus, 1).count, 0);
	step(bus, 1, OP_PREPARE);
	answer(bus, 1, OP_PREPARE);
	answer(bus, 3, OP_PREPARE);
	for (uint32_t n = 1; n <= 3; n++) {
		seen = look(bus, n);
		assert_int_equal(seen.count, 1);
		assert_string_equal(seen.resource, V_VG);
		assert_int_equal(seen.view.op.node, 1);
		assert_int_equal(seen.view.phase, OP_PREPARE);
		assert_int_equal(seen.view.since, 4711);
		assert_true(seen.view.is_suspended && !seen.view.is_owed);
		assert_int_equal(seen.view.target_count, 3);
		assert_false(seen.targets[0].is_pending);
		assert_true(seen.targets[1].is_pending && seen.targets[1].node == 2);
	}
	assert_int_equal(bus_member(bus, 3, 1).debts, 1);
	answer(bus, 2, OP_PREPARE);
	step(bus, 1, OP_COMMIT);
	step(bus, 1, OP_RESUME);
	answer(bus, 1, OP_RESUME);
	answer(bus, 3, OP_RESUME);
	bus_kill(bus, 2, LEAVE_PROCDOWN); /* a debt of node 2 is left */
	seen = look(bus, 3);
	assert_true(seen.view.is_owed && !seen.view.is_suspended);
	assert_true(seen.targets[1].is_pending && seen.targets[1].is_gone);
	assert_int_equal(bus_member(bus, 3, 2).debts, 1);
	assert_int_equal(lockspace_header(bus->ls[3]).ops, 1);
}

static void the_header_tells_the_table(void **state)
{
	struct bus *bus = *state;
	struct lockspace_header header, other;

	bus_form(bus, 3);
	bus_ask(bus, 1, 5, 1, V_VG, MODE_EX, true);
	bus_ask(bus, 2, 6, 2, V_VG, MODE_EX, true);
	header = lockspace_header(bus->ls[1]);
	other = lockspace_header(bus->ls[3]);
	assert_true(header.has_table && header.is_running && header.ring_known);
	assert_memory_equal(&header.lineage, &other.lineage, sizeof(header.lineage));
	assert_int_equal(header.epoch, other.epoch);
	assert_int_equal(header.count, other.count);
	assert_int_equal(header.ring.seq, bus->ring);
	assert_int_equal(header.locks, 1);
	assert_int_equal(header.waiters, 1);
	assert_true(header.memory_used > 0 && header.memory_used < header.memory_limit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(since_is_when_a_lock_was_first_asked_for),
		TEST(since_outlives_the_daemon_a_transfer_and_a_merge),
		TEST(who_has_not_acknowledged_is_named),
		TEST(an_operation_says_who_has_still_to_answer),
		TEST(the_header_tells_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
