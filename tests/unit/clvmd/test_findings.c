/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which findings come of which status. Each is the healthy one with one thing changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "clvmd/findings.h"

#define CELL(node, mode, more)                                                           \
	"{\"node\":\"" node "\",\"mode\":\"" mode "\",\"orphan\":false,\"active\":true," \
	"\"suspended\":false,\"preloaded\":false,\"size_sectors\":8192,\"table\":\"1\"" more "}"
#define VOLUME(cells) "[{\"vg\":\"vg\",\"lv\":\"lv0\",\"uuid\":\"u\",\"nodes\":[" cells "]}]"
#define MEMBER(name, id, more)                                                     \
	"{\"name\":\"" name "\",\"id\":" id ",\"state\":\"up\",\"answered\":true," \
	"\"in_nodelist\":true,\"version\":\"1\",\"debts\":0" more "}"
#define OPERATION \
	"[{\"node\":\"n1\",\"vg\":\"vg\",\"owed\":false,\"abandoned\":false,\"reason\":\"r\"}]"

/* Of two equal keys the later one counts: so one is changed by adding it. */
static struct json_object *status_of(const char *members, const char *operations,
				     const char *volumes, const char *more)
{
	struct json_object *status;
	char text[4096];

	(void)snprintf(text, sizeof(text),
		       "{\"connected\":true,\"quorate\":true,\"running\":true,\"fence\":\"exec\","
		       "\"version\":\"1\",\"waiting_for\":[],\"workers\":{\"late\":0},"
		       "\"members\":[%s],\"operations\":%s,\"volumes\":%s%s}",
		       members, operations, volumes, more);
	status = json_tokener_parse(text);
	assert_non_null(status);
	return status;
}

/* The only finding's id and part of its text; "" none. */
static void assert_finds(struct json_object *status, const char *id, const char *part)
{
	struct buf out = { .limit = 65536 };
	struct findings findings;

	findings_init(&findings);
	findings_of_cluster(&findings, status, "1");
	findings_of_volumes(&findings, status);
	findings_print(&findings, false, &out);
	if (findings.count != (*id ? 1 : 0) || strncmp(out.data, id, strlen(id)) != 0 ||
	    !strstr(out.data, part))
		fail_msg("expected \"%s: %s\", found:\n%s", id, part, out.data);
	findings_free(&findings);
	buf_free(&out);
	(void)json_object_put(status);
}

#define TWO	MEMBER("n1", "1", "") "," MEMBER("n2", "2", "")
#define HEALTHY VOLUME(CELL("n1", "CR", "") "," CELL("n2", "CR", ""))

static void nothing_is_found_where_nothing_is_wrong(void **state)
{
	(void)state;
	assert_finds(status_of(TWO, "[]", HEALTHY, ""), "", "Nothing is wrong.");
	assert_finds(status_of(TWO, "[]", HEALTHY, ",\"fence\":\"manual\""), "", "note: Fencing");
	assert_finds(status_of(MEMBER("n1", "1", "") "," MEMBER("n2", "2", ",\"state\":\"left\""),
			       "[]", "[]", ""),
		     "", "note: Node n2 does not take part (left)");
}

static void the_cluster(void **state)
{
	static const struct {
		const char *more, *id, *part;
	} rows[] = {
		{ ",\"connected\":false", "corosync", "does not answer" },
		{ ",\"quorate\":false", "quorum", "not quorate" },
		{ ",\"running\":false", "paused", "paused" },
		{ ",\"running\":false,\"waiting_for\":[\"n3\"]", "waiting", "waits for: n3" },
		{ ",\"fence\":\"none\"", "fencing", "UNSAFE" },
		{ ",\"workers\":{\"late\":2}", "worker", "2 worker processes" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_finds(status_of(TWO, "[]", HEALTHY, rows[i].more), rows[i].id, rows[i].part);
}

static void a_member(void **state)
{
	static const struct {
		const char *member, *id, *part;
	} rows[] = {
		{ MEMBER("n2", "2", ",\"state\":\"unclean\""), "unclean", "fence-ack n2" },
		{ MEMBER("n2", "2", ",\"state\":\"no-clvmd\""), "no-clvmd", "n2" },
		{ MEMBER("n2", "2", ",\"state\":\"joining\""), "joining", "n2" },
		{ MEMBER("n2", "2", ",\"ghost\":true"), "ghost", "n2" },
		{ MEMBER("n2", "2", ",\"in_nodelist\":false"), "nodelist", "n2" },
		{ MEMBER("n2", "2", ",\"other_protocol\":true"), "protocol", "n2" },
		{ MEMBER("n2", "2", ",\"version\":\"0\""), "version", "n2 is version 0" },
		{ MEMBER("n2", "2", ",\"answered\":false,\"reason\":\"why\""), "no-answer", "why" },
		{ MEMBER("n2", "2", ",\"debts\":3"), "debt", "3 operations" },
		{ MEMBER("n1", "2", ""), "name", "Two nodes are called n1 (ids 1 and 2)" },
	};
	char members[1000];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(members, sizeof(members), "%s,%s", MEMBER("n1", "1", ""),
			       rows[i].member);
		assert_finds(status_of(members, "[]", HEALTHY, ""), rows[i].id, rows[i].part);
	}
}

static void a_volume(void **state)
{
	static const struct {
		const char *cells, *id, *part;
	} rows[] = {
		{ CELL("n2", "CR", ",\"orphan\":true"), "orphan",
		  "vg/lv0: locked (CR) by node n2" },
		{ CELL("n2", "CR", ",\"suspended\":true"), "suspended", "on node n2" },
		{ CELL("n2", "CR", ",\"preloaded\":true"), "preloaded", "on node n2" },
		{ CELL("n2", "NL", ""), "active-unlocked", "on node n2" },
		{ CELL("n2", "CR", ",\"active\":false"), "locked-inactive", "by node n2" },
		{ CELL("n2", "CR", ",\"size_sectors\":1"), "size", "1 on node n2" },
		{ CELL("n2", "CR", ",\"table\":\"2\""), "table", "n1 and n2" },
		{ CELL("n2", "EX", ""), "exclusive", "exclusively on node n2" },
		{ CELL("n2", "CR", ",\"active\":null"), "", "" }, /* no answer is the node's */
	};
	char volumes[1000];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(volumes, sizeof(volumes),
			       "[{\"vg\":\"vg\",\"lv\":\"lv0\",\"nodes\":[%s,%s]}]",
			       CELL("n1", "CR", ""), rows[i].cells);
		assert_finds(status_of(TWO, "[]", volumes, ""), rows[i].id, rows[i].part);
	}
}

static void what_a_change_explains_is_no_finding(void **state)
{
	(void)state;
	assert_finds(
		status_of(
			TWO, OPERATION,
			VOLUME(CELL("n1", "CR", ",\"suspended\":true,\"preloaded\":true") "," CELL(
				"n2", "CR", ",\"size_sectors\":1")),
			""),
		"", "");
	assert_finds(status_of(TWO,
			       "[{\"node\":\"n1\",\"vg\":\"vg\",\"owed\":false,"
			       "\"abandoned\":true,\"reason\":\"its command is gone\"}]",
			       HEALTHY, ""),
		     "operation", "its command is gone");
}

static void what_is_gone_at_the_second_look_is_dropped(void **state)
{
	struct findings first, second;

	(void)state;
	findings_init(&first);
	findings_init(&second);
	finding_add(&first, "a", "x", "stays");
	finding_add(&first, "b", "x", "goes");
	finding_note(&first, "c", "a note that goes");
	finding_add(&second, "a", "x", "stays");
	finding_add(&second, "b", "x", "is new");
	findings_keep_common(&first, &second);
	assert_int_equal(first.count, 1);
	assert_int_equal(json_object_array_length(first.list), 1);
	findings_join(&second, &first);
	assert_int_equal(second.count, 3);
	findings_free(&first);
	findings_free(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_found_where_nothing_is_wrong),
		cmocka_unit_test(the_cluster),
		cmocka_unit_test(a_member),
		cmocka_unit_test(a_volume),
		cmocka_unit_test(what_a_change_explains_is_no_finding),
		cmocka_unit_test(what_is_gone_at_the_second_look_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
