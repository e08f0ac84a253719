/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/core/bus.h"

#include <errno.h>

#include "metadata/base/cleanup.h"

static int setup(void **state)
{
	struct bus *bus = calloc(1, sizeof(*bus));

	assert_non_null(bus);
	bus_form(bus, 3);
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

static void a_dead_daemon_leaves_orphans_and_does_not_pause_the_others(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 3, 0, 1, LV, MODE_EX, true);
	bus_kill(bus, 3, LEAVE_PROCDOWN);
	assert_true(lockspace_is_running(bus->ls[1]));
	assert_int_equal(bus_lock_state(bus, 1, LV), LOCK_ORPHAN);
	assert_int_equal(bus_state(bus, 1, 3), MEMBER_NO_CLVMD);
	bus_ask(bus, 1, 0, 2, LV, MODE_CR, false);
	assert_string_equal(bus_find(bus, EFFECT_REFUSED, 2)->text,
			    "held exclusively by n3 (its clvmd does not run)");
	bus_ask(bus, 1, 5, 3, V_VG, MODE_EX, false);
	assert_true(bus_granted(bus, 3));
}

static void a_new_daemon_of_the_same_boot_takes_over_what_its_kernel_has(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 3, 0, 1, LV, MODE_EX, true);
	bus_ask(bus, 3, 0, 2, "V_released", MODE_PR, true);
	bus_kill(bus, 3, LEAVE_PROCDOWN);
	bus_create(bus, 3);
	assert_int_equal(lockspace_adopt(bus->ls[3], LV, MODE_EX, 77, NULL), 0);
	bus_join(bus, 3);
	assert_int_equal(bus_lock_state(bus, 1, LV), LOCK_GRANTED);
	assert_int_equal(bus_lock_state(bus, 3, LV), LOCK_CONFIRMED);
	assert_int_equal(bus_locks(bus, 1, "V_released"), 0);
	assert_true(lockspace_is_running(bus->ls[1]) && lockspace_is_running(bus->ls[3]));
}

static void a_vanished_node_pauses_everybody_until_it_is_fenced(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 3, 0, 1, LV, MODE_EX, true);
	bus_crash(bus, 3);
	assert_false(lockspace_is_running(bus->ls[1]));
	assert_int_equal(bus_state(bus, 1, 3), MEMBER_UNCLEAN);
	assert_true(bus_waits_for(bus, 1, "node n3 is unclean"));
	bus_ask(bus, 1, 0, 2, LV, MODE_EX, true);
	assert_false(bus_granted(bus, 2));
	fence_ack(bus, 1, 3);
	assert_true(bus_granted(bus, 2));
	assert_int_equal(bus_state(bus, 2, 3), MEMBER_FENCED);
}

static void locks_can_be_released_while_paused(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 1, 5, 1, V_VG, MODE_EX, true);
	bus_crash(bus, 3);
	bus_unlock(bus, 1, 5, V_VG, 0);
	assert_int_equal(bus_locks(bus, 2, V_VG), 0);
}

static void a_rebooted_node_needs_no_fencing(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 3, 0, 1, LV, MODE_EX, true);
	bus_crash(bus, 3);
	bus_ask(bus, 1, 0, 2, LV, MODE_EX, true);
	bus->boot[3]++;
	bus_merge(bus);
	bus_start(bus, 3);
	assert_true(bus_granted(bus, 2));
	assert_true(lockspace_is_running(bus->ls[3]));
}

static void a_flap_loses_nothing(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 3, 0, 1, LV, MODE_EX, true);
	bus_isolate(bus, 3);
	assert_false(lockspace_is_running(bus->ls[1]) || lockspace_is_running(bus->ls[3]));
	bus_merge(bus);
	for (uint32_t n = 1; n <= 3; n++) {
		assert_true(lockspace_is_running(bus->ls[n]));
		assert_int_equal(bus_locks(bus, n, LV), 1);
	}
}

static void what_was_released_on_either_side_of_a_cut_is_released_after_the_merge(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 3, 0, 1, LV, MODE_EX, true);
	bus_ask(bus, 1, 5, 2, V_VG, MODE_EX, true);
	bus_ask(bus, 2, 5, 3, "V_kept", MODE_EX, true);
	bus_isolate(bus, 3);
	bus_unlock(bus, 3, 0, LV, 0);
	bus_unlock(bus, 1, 5, V_VG, 0);
	bus_merge(bus);
	for (uint32_t n = 1; n <= 3; n++) {
		assert_true(lockspace_is_running(bus->ls[n]));
		assert_int_equal(bus_locks(bus, n, LV), 0);
		assert_int_equal(bus_locks(bus, n, V_VG), 0);
		assert_int_equal(bus_locks(bus, n, "V_kept"), 1);
		assert_true(lockspace_hash(bus->ls[n]) == lockspace_hash(bus->ls[1]));
	}
}

static void the_highest_value_of_both_sides_of_a_cut_is_kept(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 1, 5, 1, V_VG, MODE_EX, true);
	bus_unlock(bus, 1, 5, V_VG, 12);
	bus_ask(bus, 3, 6, 2, V_VG, MODE_EX, true);
	bus_ask(bus, 1, 5, 3, "V_other", MODE_EX, true);
	bus_isolate(bus, 3);
	bus_unlock(bus, 3, 6, V_VG, 13); /* was committed: the others did not hear of it */
	bus_unlock(bus, 1, 5, "V_other", 7);
	bus_merge(bus);
	for (uint32_t n = 1; n <= 3; n++) {
		assert_int_equal(lockspace_value(bus->ls[n], V_VG), 13);
		assert_int_equal(lockspace_value(bus->ls[n], "V_other"), 7);
	}
}

static void fencing_of_a_member_is_not_believed(void **state)
{
	struct bus *bus = *state;
	struct err err = { 0 };

	bus_take(bus, 1, lockspace_fence_ack(bus->ls[1], 3, false, &err));
	assert_string_equal(err.text, "n3 is a member: not accepted");
	bus_crash(bus, 3);
	err = (struct err){ 0 };
	bus_take(bus, 1, lockspace_fence_ack(bus->ls[1], 2, false, &err));
	assert_int_equal(err.code, -EBUSY);
}

static void a_side_without_quorum_grants_nothing_and_believes_no_fencing(void **state)
{
	struct bus *bus = *state;
	struct err err = { 0 };

	bus_isolate(bus, 3);
	bus_ask(bus, 3, 5, 1, V_VG, MODE_PR, false);
	assert_string_equal(bus_find(bus, EFFECT_REFUSED, 1)->text,
			    "cluster is not quorate (1 of 3 votes)");
	bus_ask(bus, 3, 5, 2, V_VG, MODE_PR, true);
	assert_null(bus_find(bus, EFFECT_REFUSED, 2));
	bus_take(bus, 3, lockspace_fence_ack(bus->ls[3], 1, false, &err));
	assert_int_equal(err.code, -ENOLCK);
	bus_merge(bus);
	assert_true(bus_granted(bus, 2)); /* it waited over the merge */
}

static void quorum_lost_on_the_same_ring_pauses(void **state)
{
	struct event_quorum quorum = { .quorate = false };
	struct bus *bus = *state;

	quorum.ring = (struct ring_id){ 1, bus->ring_of[2] };
	bus_take(bus, 2, lockspace_quorum(bus->ls[2], &quorum));
	bus_run(bus);
	assert_false(lockspace_is_running(bus->ls[1]));
	quorum.quorate = true;
	bus_take(bus, 2, lockspace_quorum(bus->ls[2], &quorum));
	bus_run(bus);
	assert_true(lockspace_is_running(bus->ls[1]));
}

static void a_request_under_way_when_quorum_is_lost_waits_only_if_it_may(void **state)
{
	struct event_quorum quorum = { .quorate = false };
	struct bus *bus = *state;

	quorum.ring = (struct ring_id){ 1, bus->ring_of[2] };
	bus_take(bus, 2, lockspace_quorum(bus->ls[2], &quorum)); /* node 1 has not heard of it */
	bus_ask(bus, 1, 5, 1, V_VG, MODE_EX, false);
	assert_int_equal(bus_find(bus, EFFECT_REFUSED, 1)->error, -ENOLCK);
	assert_string_equal(bus_find(bus, EFFECT_REFUSED, 1)->text,
			    "node n2 says that the cluster is not quorate");
	bus_ask(bus, 1, 5, 2, V_VG, MODE_EX, true);
	assert_null(bus_find(bus, EFFECT_REFUSED, 2));
	quorum.quorate = true;
	bus_take(bus, 2, lockspace_quorum(bus->ls[2], &quorum));
	bus_run(bus);
	assert_true(bus_granted(bus, 2));
}

static void a_quorum_callback_of_another_ring_does_not_count(void **state)
{
	struct event_quorum quorum = { .quorate = false, .ring = { 1, 4711 } };
	struct bus *bus = *state;

	bus_take(bus, 2, lockspace_quorum(bus->ls[2], &quorum));
	bus_run(bus);
	assert_true(lockspace_is_running(bus->ls[1]));
}

static void a_clean_leaver_holds_nothing_and_is_not_missed(void **state)
{
	struct bus *bus = *state;
	struct err err = { 0 };

	bus_ask(bus, 3, 0, 1, LV, MODE_EX, true);
	bus_take(bus, 3, lockspace_goodbye(bus->ls[3], &err));
	assert_int_equal(err.code, -EBUSY);
	bus_unlock(bus, 3, 0, LV, 0);
	err = (struct err){ 0 };
	bus_take(bus, 3, lockspace_goodbye(bus->ls[3], &err));
	bus_run(bus);
	assert_int_equal(err.code, 0);
	assert_int_equal(bus_count(bus, EFFECT_LEAVE, 0), 1);
	bus_kill(bus, 3, LEAVE_CLEAN);
	assert_int_equal(bus_state(bus, 1, 3), MEMBER_LEFT);
	bus_crash(bus, 3);
	assert_true(lockspace_is_running(bus->ls[1]));
}

static void a_node_that_vanishes_is_not_called_back(void **state)
{
	const struct confchg_entry gone = { .node = 3, .reason = LEAVE_NODEDOWN };
	const struct event_confchg event = { NULL, &gone, NULL, 0, 1, 0 };
	struct bus *bus = *state;

	/* The first thing that node 1 hears of it: the ring follows. */
	bus_take(bus, 1, lockspace_confchg(bus->ls[1], &event));
	assert_true(bus_waits_for(bus, 1, "node n3 is unclean: it must be fenced or come back"));
}

/* Row 31. As a bug would have it: node 3 never applied what the others did. */
static void tables_that_differ_are_not_kept_quiet(void **state)
{
	static const char *const resource = V_VG;
	const struct lock_request asked = { .client = 5,
					    .request = 1,
					    .kind = LOCK_COMMAND,
					    .mode = MODE_EX,
					    .command = "lvextend",
					    .resources = &resource,
					    .resource_count = 1 };
	struct bus *bus = *state;
	struct bus_message *lock;
	struct event_message event = { .from = 1 };

	bus_take(bus, 1, lockspace_lock(bus->ls[1], &asked));
	lock = bus_hold_back(bus, 1, MESSAGE_LOCK);
	event.bytes = lock->bytes;
	event.length = lock->length;
	bus->drop_acks = true; /* they would tell sooner */
	for (uint32_t n = 1; n <= 2; n++)
		bus_take(bus, n, lockspace_message(bus->ls[n], &event));
	free(lock);
	bus_run(bus);
	bus->drop_acks = false;
	assert_int_equal(bus->error_on, 0);
	bus_merge(bus); /* a new ring */
	assert_int_equal(bus->error_on, 1U << 1 | 1U << 2 | 1U << 3);
	assert_non_null(strstr(bus->error, LOCKSPACE_TABLES_DIFFER));
	for (uint32_t n = 1; n <= 3; n++) {
		assert_true(lockspace_is_running(bus->ls[n]));
		assert_int_equal(bus_locks(bus, n, V_VG), 1);
		assert_true(lockspace_hash(bus->ls[n]) == lockspace_hash(bus->ls[1]));
	}
}

/* After a merge its table does not count; its GOODBYE comes while it waits for the other one. */
static void a_leaver_leaves_also_while_it_gets_a_table(void **state)
{
	static const unsigned together[BUS_NODES] = { 0, 1, 1, 1 };
	static const bool quorate[BUS_NODES] = { false, true, true, true };
	struct bus *bus = *state;
	struct bus_message *goodbye;
	struct err err = { 0 };

	bus_ask(bus, 3, 5, 1, V_VG, MODE_EX, true);
	bus_isolate(bus, 3);
	bus_unlock(bus, 3, 5, V_VG, 0); /* now its table differs */
	bus_new_rings(bus, together, quorate);
	bus_take(bus, 3, lockspace_goodbye(bus->ls[3], &err));
	assert_int_equal(err.code, 0);
	goodbye = bus_hold_back(bus, 3, MESSAGE_GOODBYE);
	while (!bus_is(bus->first, MESSAGE_SYNC))
		bus_deliver(bus);
	bus_deliver(bus);
	goodbye->next = bus->first; /* before the first chunk */
	bus->first = goodbye;
	bus_deliver(bus);
	assert_int_equal(bus_count(bus, EFFECT_LEAVE, 0), 1);
	bus_kill(bus, 3, LEAVE_CLEAN);
	assert_int_equal(bus_state(bus, 1, 3), MEMBER_LEFT);
	assert_true(lockspace_is_running(bus->ls[1]));
}

static void a_node_with_orphans_that_vanishes_is_unclean(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 3, 0, 1, LV, MODE_EX, true);
	bus_kill(bus, 3, LEAVE_PROCDOWN);
	bus_isolate(bus, 3); /* only the ring shows it */
	assert_int_equal(bus_state(bus, 1, 3), MEMBER_UNCLEAN);
	assert_false(lockspace_is_running(bus->ls[1]));
	fence_ack(bus, 1, 3);
	assert_true(lockspace_is_running(bus->ls[1]));
	assert_int_equal(bus_locks(bus, 1, LV), 0);
}

static void another_major_version_is_refused_and_does_not_pause(void **state)
{
	struct message hello = { .type = MESSAGE_HELLO, .major = PROTOCOL_MAJOR + 1 };
	struct confchg_entry joined = { .node = 3 };
	struct event_confchg event = { NULL, NULL, &joined, 0, 0, 1 };
	struct buf AUTO_BUF bytes = { .limit = MESSAGE_LENGTH_MAX };
	struct event_message message;
	struct bus *bus = *state;

	bus_kill(bus, 3, LEAVE_PROCDOWN);
	message_encode(&hello, &bytes);
	message = (struct event_message){ 3, bytes.data, bytes.used };
	for (uint32_t n = 1; n <= 2; n++) {
		bus_take(bus, n, lockspace_confchg(bus->ls[n], &event));
		bus_take(bus, n, lockspace_message(bus->ls[n], &message));
	}
	bus_run(bus);
	assert_true(lockspace_is_running(bus->ls[1]));
	assert_true(bus_waits_for(bus, 1, "n3 speaks version 2.0 of the protocol, this one 1.0"));
	bus_isolate(bus, 2); /* a ring change does not wait for its HELLO either */
	bus_merge(bus);
	assert_true(lockspace_is_running(bus->ls[1]) && lockspace_is_running(bus->ls[2]));
}

static void rubbish_makes_the_receiver_leave_the_group(void **state)
{
	struct event_message message = { 2, "rubbish", 7 };
	struct bus *bus = *state;

	bus_take(bus, 1, lockspace_message(bus->ls[1], &message));
	assert_int_equal(bus_count(bus, EFFECT_LEAVE, 0), 1);
	assert_false(lockspace_is_up(bus->ls[1]));
	bus_ask(bus, 1, 5, 1, V_VG, MODE_PR, true);
	assert_int_equal(bus_find(bus, EFFECT_REFUSED, 1)->error, -ENOLCK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_dead_daemon_leaves_orphans_and_does_not_pause_the_others),
		TEST(a_new_daemon_of_the_same_boot_takes_over_what_its_kernel_has),
		TEST(a_vanished_node_pauses_everybody_until_it_is_fenced),
		TEST(locks_can_be_released_while_paused),
		TEST(a_rebooted_node_needs_no_fencing),
		TEST(a_flap_loses_nothing),
		TEST(what_was_released_on_either_side_of_a_cut_is_released_after_the_merge),
		TEST(the_highest_value_of_both_sides_of_a_cut_is_kept),
		TEST(fencing_of_a_member_is_not_believed),
		TEST(a_side_without_quorum_grants_nothing_and_believes_no_fencing),
		TEST(quorum_lost_on_the_same_ring_pauses),
		TEST(a_request_under_way_when_quorum_is_lost_waits_only_if_it_may),
		TEST(a_quorum_callback_of_another_ring_does_not_count),
		TEST(a_clean_leaver_holds_nothing_and_is_not_missed),
		TEST(a_node_that_vanishes_is_not_called_back),
		TEST(a_leaver_leaves_also_while_it_gets_a_table),
		TEST(tables_that_differ_are_not_kept_quiet),
		TEST(a_node_with_orphans_that_vanishes_is_unclean),
		TEST(another_major_version_is_refused_and_does_not_pause),
		TEST(rubbish_makes_the_receiver_leave_the_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
