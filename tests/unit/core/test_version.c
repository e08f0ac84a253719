/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rule 27: members of different minor versions. */
#include "tests/unit/core/bus.h"

#include "metadata/base/cleanup.h"

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

static void start(struct bus *bus, uint32_t n, uint16_t minor)
{
	bus->minor[n] = minor;
	bus_start(bus, n);
}

static uint64_t level(const struct bus *bus, uint32_t on)
{
	return lockspace_header(bus->ls[on]).level;
}

static void the_level_is_that_of_the_oldest_member(void **state)
{
	struct bus *bus = *state;

	start(bus, 1, 3);
	start(bus, 2, 2);
	start(bus, 3, 7);
	for (uint32_t n = 1; n <= 3; n++) {
		assert_true(lockspace_is_running(bus->ls[n]));
		assert_int_equal(level(bus, n), 2);
	}
	assert_int_equal(bus_member(bus, 1, 3).minor, 7);
}

static void an_upgrade_one_by_one_raises_it_in_the_end(void **state)
{
	struct bus *bus = *state;

	for (uint32_t n = 1; n <= 3; n++)
		start(bus, n, 1);
	bus_ask(bus, 1, 0, 1, LV, MODE_CR, true);
	for (uint32_t n = 1; n <= 3; n++) {
		assert_int_equal(level(bus, n), 1);
		bus_kill(bus, n, LEAVE_PROCDOWN);
		bus->minor[n] = 2;
		bus_create(bus, n);
		if (n == 1)
			assert_int_equal(lockspace_adopt(bus->ls[n], LV, MODE_CR, 0, NULL), 0);
		bus_join(bus, n);
		assert_true(lockspace_is_running(bus->ls[n]));
	}
	for (uint32_t n = 1; n <= 3; n++) {
		assert_int_equal(level(bus, n), 2);
		assert_int_equal(bus_locks(bus, n, LV), 1);
		assert_true(lockspace_hash(bus->ls[n]) == lockspace_hash(bus->ls[1]));
	}
}

static void an_older_joiner_lowers_it_before_it_gets_the_table(void **state)
{
	struct bus *bus = *state;

	for (uint32_t n = 1; n <= 3; n++)
		start(bus, n, 5);
	bus_kill(bus, 3, LEAVE_PROCDOWN);
	bus->minor[3] = 4;
	bus->drop_acks = true; /* somebody has not heard of the new level yet */
	bus_start(bus, 3);
	assert_int_equal(level(bus, 1), 4);
	assert_false(lockspace_is_up(bus->ls[3]));
	bus->drop_acks = false;
	bus_ask(bus, 1, 5, 1, V_VG, MODE_EX, true);
	assert_true(bus_granted(bus, 1));
	assert_true(lockspace_is_running(bus->ls[3]));
	assert_int_equal(level(bus, 3), 4);
}

static void levels_survive_a_cut(void **state)
{
	struct bus *bus = *state;

	for (uint32_t n = 1; n <= 3; n++)
		start(bus, n, n == 3 ? 1 : 2);
	bus_isolate(bus, 3);
	assert_int_equal(level(bus, 1), 2); /* the old one is away */
	bus_merge(bus);
	for (uint32_t n = 1; n <= 3; n++) {
		assert_true(lockspace_is_running(bus->ls[n]));
		assert_int_equal(level(bus, n), 1);
	}
}

static void send_unknown(struct bus *bus, uint32_t to, bool optional, uint64_t ring)
{
	struct message message = { .type = MESSAGE_TYPE_COUNT + 3,
				   .optional = optional,
				   .lineage = lockspace_header(bus->ls[to]).lineage,
				   .ring = { 1, ring } };
	struct buf AUTO_BUF bytes = { .limit = MESSAGE_LENGTH_MAX };

	message_encode(&message, &bytes);
	bus_take(bus, to,
		 lockspace_message(bus->ls[to],
				   &(struct event_message){ 2, bytes.data, bytes.used }));
	bus_run(bus);
}

static void an_unknown_message_is_fatal_to_a_member_unless_optional(void **state)
{
	struct bus *bus = *state;

	bus_start(bus, 1);
	send_unknown(bus, 1, false, bus->ring); /* not a member yet: it was not meant */
	bus_start(bus, 2);
	bus_start(bus, 3);
	assert_true(lockspace_is_running(bus->ls[1]));
	send_unknown(bus, 1, true, bus->ring);
	send_unknown(bus, 1, false, bus->ring - 4); /* those of that ring */
	assert_true(lockspace_is_running(bus->ls[1]));
	send_unknown(bus, 1, false, bus->ring);
	assert_int_equal(bus_count(bus, EFFECT_LEAVE, 0), 1);
	assert_false(lockspace_is_up(bus->ls[1]));
}

/* Named by node, it was meant for the newer daemon that ran here before. */
static void a_copy_of_a_newer_table_is_not_for_an_older_daemon(void **state)
{
	const unsigned char self[4] = { 3 };
	struct message sync = {
		.type = MESSAGE_SYNC, .request = 9, .number = 5, .nodes = { self, sizeof(self) }
	};
	struct buf AUTO_BUF bytes = { .limit = MESSAGE_LENGTH_MAX };
	struct bus *bus = *state;

	sync.ring = (struct ring_id){ 1, bus->ring };
	message_encode(&sync, &bytes);
	bus_start(bus, 3);
	bus_take(bus, 3,
		 lockspace_message(bus->ls[3],
				   &(struct event_message){ 2, bytes.data, bytes.used }));
	send_unknown(bus, 3, false, bus->ring); /* it keeps nothing: not meant for it either */
	assert_int_equal(bus_count(bus, EFFECT_LEAVE, 0), 0);
	bus_start(bus, 1);
	bus_start(bus, 2);
	assert_true(lockspace_is_running(bus->ls[3]));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_level_is_that_of_the_oldest_member),
		TEST(an_upgrade_one_by_one_raises_it_in_the_end),
		TEST(an_older_joiner_lowers_it_before_it_gets_the_table),
		TEST(levels_survive_a_cut),
		TEST(an_unknown_message_is_fatal_to_a_member_unless_optional),
		TEST(a_copy_of_a_newer_table_is_not_for_an_older_daemon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
