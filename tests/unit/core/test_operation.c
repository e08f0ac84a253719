/* SPDX-License-Identifier: LGPL-2.1-or-later */
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

static int teardown(void **state)
{
	bus_finish(*state);
	free(*state);
	return 0;
}

static void ask(struct bus *bus, uint32_t on, enum op_phase phase)
{
	struct op_request request = { .client = 5,
				      .number = 1,
				      .phase = phase,
				      .needs_running = true,
				      .resource = V_VG,
				      .payload = "job",
				      .payload_length = 3 };

	bus_take(bus, on, lockspace_op(bus->ls[on], &request));
	bus_run(bus);
}

static void answer(struct bus *bus, uint32_t on, uint32_t owner, enum op_phase phase, int rc)
{
	struct op_result result = { { owner, 1 }, phase, rc, rc ? "no" : "", "data", 4 };

	bus_take(bus, on, lockspace_op_result(bus->ls[on], &result));
	bus_run(bus);
}

static void all_answer(struct bus *bus, uint32_t owner, enum op_phase phase)
{
	for (uint32_t n = 1; n <= 3; n++)
		if (bus->ls[n])
			answer(bus, n, owner, phase, 0);
}

static const struct bus_event *done(const struct bus *bus, enum op_phase phase)
{
	for (size_t i = bus->count; i-- > 0;)
		if (bus->events[i].type == EFFECT_OP_DONE && bus->events[i].phase == phase)
			return &bus->events[i];
	return NULL;
}

static bool runs(const struct bus *bus, uint32_t on, enum op_phase phase)
{
	for (size_t i = 0; i < bus->count; i++)
		if (bus->events[i].type == EFFECT_RUN && bus->events[i].on == on &&
		    bus->events[i].phase == phase)
			return true;
	return false;
}

static void every_member_runs_it_and_the_owner_hears_of_each(void **state)
{
	struct bus *bus = *state;

	ask(bus, 1, OP_DO);
	assert_int_equal(bus_count(bus, EFFECT_RUN, OP_DO), 3);
	answer(bus, 2, 1, OP_DO, -EIO);
	answer(bus, 3, 1, OP_DO, 0);
	assert_null(done(bus, OP_DO));
	answer(bus, 1, 1, OP_DO, 0);
	assert_int_equal(bus_count(bus, EFFECT_OP_RESULT, OP_DO), 3);
	assert_int_equal(done(bus, OP_DO)->error, 0);
	assert_int_equal(done(bus, OP_DO)->on, 1);
}

static void a_member_that_dies_has_a_result_too(void **state)
{
	struct bus *bus = *state;
	bool told = false;

	ask(bus, 1, OP_DO);
	answer(bus, 1, 1, OP_DO, 0);
	answer(bus, 2, 1, OP_DO, 0);
	bus_kill(bus, 3, LEAVE_PROCDOWN);
	assert_non_null(done(bus, OP_DO));
	for (size_t i = 0; i < bus->count; i++)
		told |= bus->events[i].type == EFFECT_OP_RESULT && bus->events[i].node == 3 &&
			bus->events[i].error == -EHOSTDOWN &&
			!strcmp(bus->events[i].text, "node n3 is gone");
	assert_true(told);
}

static void one_member_alone_may_be_asked(void **state)
{
	struct op_request request = { .client = 5, .number = 1, .phase = OP_DO, .only_node = 2 };
	struct bus *bus = *state;

	bus_take(bus, 1, lockspace_op(bus->ls[1], &request));
	bus_run(bus);
	assert_int_equal(bus_count(bus, EFFECT_RUN, OP_DO), 1);
	assert_true(runs(bus, 2, OP_DO));
	request.number = 2;
	request.only_node = 9;
	bus_take(bus, 1, lockspace_op(bus->ls[1], &request));
	bus_run(bus);
	assert_int_equal(done(bus, OP_DO)->error, -EHOSTDOWN);
}

static void what_needs_a_running_table_is_refused_while_it_is_paused(void **state)
{
	struct bus *bus = *state;

	bus_crash(bus, 3);
	ask(bus, 1, OP_PREPARE);
	assert_int_equal(done(bus, OP_PREPARE)->error, -ENOLCK);
	assert_non_null(strstr(done(bus, OP_PREPARE)->text, "n3 is unclean"));
}

static void a_node_alone_can_still_deactivate(void **state)
{
	struct op_request request = {
		.client = 5, .number = 1, .phase = OP_DO, .local_only = true
	};
	struct bus *bus = calloc(1, sizeof(*bus));

	(void)state;
	assert_non_null(bus);
	bus_init(bus, 3);
	bus_start(bus, 1); /* never formed */
	bus_take(bus, 1, lockspace_op(bus->ls[1], &request));
	assert_true(runs(bus, 1, OP_DO));
	answer(bus, 1, 1, OP_DO, 0);
	assert_int_equal(done(bus, OP_DO)->error, 0);
	bus_finish(bus);
	free(bus);
}

static void commit_is_permitted_when_all_have_acknowledged_it(void **state)
{
	struct bus *bus = *state;

	ask(bus, 1, OP_PREPARE);
	all_answer(bus, 1, OP_PREPARE);
	assert_int_equal(done(bus, OP_PREPARE)->error, 0);
	bus->drop_acks = true;
	ask(bus, 1, OP_COMMIT);
	assert_null(done(bus, OP_COMMIT));
	bus->drop_acks = false;
	bus_ask(bus, 1, 6, 9, "V_x", MODE_EX, true); /* brings the next acknowledgement */
	assert_int_equal(done(bus, OP_COMMIT)->error, 0);
	ask(bus, 1, OP_RESUME);
	assert_int_equal(bus_count(bus, EFFECT_RUN, OP_RESUME), 3);
	all_answer(bus, 1, OP_RESUME);
	assert_int_equal(done(bus, OP_RESUME)->error, 0);
}

static void resume_without_permission_is_refused(void **state)
{
	struct bus *bus = *state;

	ask(bus, 1, OP_PREPARE);
	all_answer(bus, 1, OP_PREPARE);
	ask(bus, 1, OP_RESUME);
	assert_int_equal(done(bus, OP_RESUME)->error, -EINVAL);
	ask(bus, 1, OP_ABORT);
	assert_int_equal(bus_count(bus, EFFECT_RUN, OP_ABORT), 3);
}

static void an_owner_killed_before_commit_is_undone(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 1, 5, 7, V_VG, MODE_EX, true);
	ask(bus, 1, OP_PREPARE);
	all_answer(bus, 1, OP_PREPARE);
	bus_take(bus, 1, lockspace_client_gone(bus->ls[1], 5));
	bus_run(bus);
	assert_int_equal(bus_count(bus, EFFECT_RUN, OP_ABORT), 3);
	bus_ask(bus, 2, 6, 8, V_VG, MODE_EX, true);
	assert_false(bus_granted(bus, 8)); /* until all have gone back */
	all_answer(bus, 1, OP_ABORT);
	assert_true(bus_granted(bus, 8));
}

static void after_commit_only_the_disk_knows(void **state)
{
	struct bus *bus = *state;

	ask(bus, 1, OP_PREPARE);
	all_answer(bus, 1, OP_PREPARE);
	ask(bus, 1, OP_COMMIT);
	bus_take(bus, 1, lockspace_client_gone(bus->ls[1], 5));
	bus_run(bus);
	assert_int_equal(bus_count(bus, EFFECT_RUN, OP_ABORT), 0);
	assert_int_equal(bus_count(bus, EFFECT_RECOVER, 0), 1);
	bus_take(bus, 1, lockspace_op_outcome(bus->ls[1], (struct op_id){ 1, 1 }, true));
	bus_run(bus);
	assert_int_equal(bus_count(bus, EFFECT_RUN, OP_RESUME), 3);
}

/* After a COMMIT, the command is killed: node 1 is asked to look. */
static void cut_after_commit(struct bus *bus)
{
	ask(bus, 1, OP_PREPARE);
	all_answer(bus, 1, OP_PREPARE);
	ask(bus, 1, OP_COMMIT);
	bus_take(bus, 1, lockspace_client_gone(bus->ls[1], 5));
	bus_run(bus);
}

static const struct bus_event *asked_last(const struct bus *bus)
{
	for (size_t i = bus->count; i-- > 0;)
		if (bus->events[i].type == EFFECT_RECOVER)
			return &bus->events[i];
	return NULL;
}

static void is_unclear(struct bus *bus, uint32_t on, uint64_t missing)
{
	assert_int_equal(asked_last(bus)->on, on);
	bus_take(bus, on, lockspace_op_unclear(bus->ls[on], (struct op_id){ 1, 1 }, missing));
	bus_run(bus);
}

static void who_does_not_see_all_areas_leaves_it_to_another(void **state)
{
	struct bus *bus = *state;

	cut_after_commit(bus);
	is_unclear(bus, 1, 1);
	assert_int_equal(bus_count(bus, EFFECT_RECOVER, 0), 2);
	assert_int_equal(asked_last(bus)->on, 2);
	assert_int_equal(asked_last(bus)->value, 0);
	/* Not asked any more: not heard. */
	bus_take(bus, 1, lockspace_op_unclear(bus->ls[1], (struct op_id){ 1, 1 }, 0));
	bus_run(bus);
	assert_int_equal(bus_count(bus, EFFECT_RECOVER, 0), 2);
	bus_take(bus, 2, lockspace_op_outcome(bus->ls[2], (struct op_id){ 1, 1 }, true));
	bus_run(bus);
	assert_int_equal(bus_count(bus, EFFECT_RUN, OP_RESUME), 3);
}

static void who_sees_most_decides_when_nobody_sees_all_areas(void **state)
{
	struct bus *bus = *state;

	cut_after_commit(bus);
	is_unclear(bus, 1, 2);
	is_unclear(bus, 2, AREAS_UNREADABLE);
	is_unclear(bus, 3, 1);
	assert_int_equal(asked_last(bus)->on, 3);
	assert_int_equal(asked_last(bus)->value, RECOVER_ANYWAY);
	/* It has lost them since. */
	is_unclear(bus, 3, AREAS_UNREADABLE);
	assert_int_equal(asked_last(bus)->on, 1);
	assert_int_equal(asked_last(bus)->value, RECOVER_ANYWAY);
}

static void what_nobody_can_read_is_looked_at_again_later(void **state)
{
	struct bus *bus = *state;

	cut_after_commit(bus);
	for (uint32_t n = 1; n <= 3; n++)
		is_unclear(bus, n, AREAS_UNREADABLE);
	assert_int_equal(asked_last(bus)->on, 1);
	assert_int_equal(asked_last(bus)->value, RECOVER_LATER);
	is_unclear(bus, 1, AREAS_UNREADABLE);
	assert_int_equal(asked_last(bus)->on, 2);
	assert_int_equal(bus_count(bus, EFFECT_RUN, OP_RESUME), 0);
	assert_int_equal(bus_count(bus, EFFECT_RUN, OP_ABORT), 0);
}

static void a_joiner_may_see_more(void **state)
{
	struct bus *bus = *state;

	bus_kill(bus, 3, LEAVE_PROCDOWN);
	bus_run(bus);
	cut_after_commit(bus);
	is_unclear(bus, 1, 1);
	bus_start(bus, 3);
	bus_run(bus);
	is_unclear(bus, 2, 2);
	/* Node 1 once more: all that was known is forgotten when a member gets the table. */
	is_unclear(bus, 1, 1);
	assert_int_equal(asked_last(bus)->on, 3);
	assert_int_equal(asked_last(bus)->value, 0);
}

static void who_never_saw_commit_goes_back_at_once_when_the_owner_vanishes(void **state)
{
	struct bus *bus = *state;

	ask(bus, 1, OP_PREPARE);
	all_answer(bus, 1, OP_PREPARE);
	bus_crash(bus, 1);
	assert_false(lockspace_is_running(bus->ls[2]));
	assert_true(runs(bus, 2, OP_ABORT) && runs(bus, 3, OP_ABORT));
}

static void who_saw_commit_waits_until_the_owner_is_fenced(void **state)
{
	struct bus *bus = *state;
	struct err err = { 0 };

	ask(bus, 1, OP_PREPARE);
	all_answer(bus, 1, OP_PREPARE);
	ask(bus, 1, OP_COMMIT);
	bus_crash(bus, 1);
	assert_false(runs(bus, 2, OP_ABORT) || runs(bus, 2, OP_RESUME));
	assert_int_equal(bus_count(bus, EFFECT_RECOVER, 0), 0);
	bus_take(bus, 3, lockspace_fence_ack(bus->ls[3], 1, false, &err));
	bus_run(bus);
	assert_int_equal(bus_count(bus, EFFECT_RECOVER, 0), 1);
	bus_take(bus, 2, lockspace_op_outcome(bus->ls[2], (struct op_id){ 1, 1 }, false));
	bus_run(bus);
	assert_true(runs(bus, 2, OP_ABORT) && runs(bus, 3, OP_ABORT));
	/* The fenced node owes nothing: when the others have answered, the VG is free again. */
	answer(bus, 2, 1, OP_ABORT, 0);
	answer(bus, 3, 1, OP_ABORT, 0);
	bus_ask(bus, 2, 6, 8, V_VG, MODE_EX, true);
	assert_true(bus_granted(bus, 8));
}

static void a_participant_that_died_after_commit_owes_and_blocks_writers(void **state)
{
	struct bus *bus = *state;

	bus_ask(bus, 1, 5, 7, V_VG, MODE_EX, true);
	ask(bus, 1, OP_PREPARE);
	all_answer(bus, 1, OP_PREPARE);
	ask(bus, 1, OP_COMMIT);
	bus_kill(bus, 3, LEAVE_PROCDOWN);
	ask(bus, 1, OP_RESUME);
	answer(bus, 1, 1, OP_RESUME, 0);
	answer(bus, 2, 1, OP_RESUME, 0);
	assert_int_equal(done(bus, OP_RESUME)->error, 0); /* with a result that names n3 */
	bus_unlock(bus, 1, 5, V_VG, 2);
	bus_ask(bus, 2, 6, 8, V_VG, MODE_PR, false);
	assert_true(bus_granted(bus, 8));
	bus_unlock(bus, 2, 6, V_VG, 0);
	bus_ask(bus, 2, 6, 9, V_VG, MODE_EX, true);
	assert_false(bus_granted(bus, 9));
	bus_start(bus, 3);
	assert_true(runs(bus, 3, OP_RESUME));
	answer(bus, 3, 1, OP_RESUME, 0);
	assert_true(bus_granted(bus, 9));
}

static void a_participant_lost_before_commit_forbids_it(void **state)
{
	struct bus *bus = *state;

	ask(bus, 1, OP_PREPARE);
	all_answer(bus, 1, OP_PREPARE);
	bus_kill(bus, 3, LEAVE_PROCDOWN);
	ask(bus, 1, OP_COMMIT);
	assert_int_equal(done(bus, OP_COMMIT)->error, -ECANCELED);
	ask(bus, 1, OP_ABORT);
	answer(bus, 1, 1, OP_ABORT, 0);
	answer(bus, 2, 1, OP_ABORT, 0);
	assert_int_equal(done(bus, OP_ABORT)->error, 0);
}

static void one_volume_group_has_one_open_operation(void **state)
{
	struct op_request second = {
		.client = 6, .number = 1, .phase = OP_PREPARE, .resource = V_VG
	};
	struct bus *bus = *state;

	ask(bus, 1, OP_PREPARE);
	bus_take(bus, 2, lockspace_op(bus->ls[2], &second));
	bus_run(bus);
	assert_int_equal(done(bus, OP_PREPARE)->on, 2);
	assert_int_equal(done(bus, OP_PREPARE)->error, -EBUSY);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(every_member_runs_it_and_the_owner_hears_of_each),
		TEST(a_member_that_dies_has_a_result_too),
		TEST(one_member_alone_may_be_asked),
		TEST(what_needs_a_running_table_is_refused_while_it_is_paused),
		TEST(a_node_alone_can_still_deactivate),
		TEST(commit_is_permitted_when_all_have_acknowledged_it),
		TEST(resume_without_permission_is_refused),
		TEST(an_owner_killed_before_commit_is_undone),
		TEST(after_commit_only_the_disk_knows),
		TEST(who_does_not_see_all_areas_leaves_it_to_another),
		TEST(who_sees_most_decides_when_nobody_sees_all_areas),
		TEST(what_nobody_can_read_is_looked_at_again_later),
		TEST(a_joiner_may_see_more),
		TEST(who_never_saw_commit_goes_back_at_once_when_the_owner_vanishes),
		TEST(who_saw_commit_waits_until_the_owner_is_fenced),
		TEST(a_participant_that_died_after_commit_owes_and_blocks_writers),
		TEST(a_participant_lost_before_commit_forbids_it),
		TEST(one_volume_group_has_one_open_operation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
