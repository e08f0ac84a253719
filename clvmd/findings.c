/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 2048

/* ---- the list ---- */

void findings_init(struct findings *findings)
{
	*findings = (struct findings){ .list = json_object_new_array() };
}

void findings_free(struct findings *findings)
{
	(void)json_object_put(findings->list);
	findings->list = NULL;
}

static void add(struct findings *findings, const char *id, const char *text, const char *remedy)
{
	struct json_object *object = json_object_new_object();

	(void)json_object_object_add(object, "id", json_object_new_string(id));
	(void)json_object_object_add(object, "text", json_object_new_string(text));
	(void)json_object_object_add(object, "remedy", json_object_new_string(remedy));
	(void)json_object_object_add(object, "note", json_object_new_boolean(!*remedy));
	(void)json_object_array_add(findings->list, object);
	findings->count += *remedy != '\0';
}

void finding_add(struct findings *findings, const char *id, const char *remedy, const char *fmt,
		 ...)
{
	char text[TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	add(findings, id, text, remedy);
}

void finding_note(struct findings *findings, const char *id, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	add(findings, id, text, "");
}

/* ---- reading the status ---- */

static struct json_object *get(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	(void)json_object_object_get_ex(object, key, &value);
	return value;
}

static const char *text_of(struct json_object *object, const char *key)
{
	struct json_object *value = get(object, key);
	const char *text = value ? json_object_get_string(value) : NULL;

	return text ? text : "";
}

static bool is_true(struct json_object *object, const char *key)
{
	return json_object_get_boolean(get(object, key));
}

static uint64_t number_of(struct json_object *object, const char *key)
{
	return json_object_get_uint64(get(object, key));
}

static size_t length_of(struct json_object *list)
{
	return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static struct json_object *item_of(struct json_object *list, size_t i)
{
	return json_object_array_get_idx(list, i);
}

/* ---- members ---- */

static void check_state(struct findings *findings, struct json_object *member)
{
	const char *name = text_of(member, "name"), *state = text_of(member, "state");
	char remedy[512];

	if (!strcmp(state, "unclean")) {
		(void)snprintf(remedy, sizeof(remedy),
			       "Have it fenced, or when it is down for certain: clvmd fence-ack %s",
			       name);
		finding_add(findings, "unclean", remedy,
			    "Node %s is lost and not fenced: no lock is granted.", name);
	} else if (!strcmp(state, "no-clvmd")) {
		finding_add(findings, "no-clvmd", "Start clvmd there (systemctl start clvmd).",
			    "Node %s is in the cluster, but its clvmd does not run.", name);
	} else if (!strcmp(state, "joining")) {
		finding_add(findings, "joining", "Wait; see what clvmd status waits for.",
			    "Node %s is joining and does not take part yet.", name);
	} else if (!strcmp(state, "absent") || !strcmp(state, "fenced") || !strcmp(state, "left")) {
		finding_note(findings, "not-there", "Node %s does not take part (%s).", name,
			     state);
	}
	if (is_true(member, "ghost"))
		finding_add(findings, "ghost", "Reboot it.",
			    "Node %s was written off as fenced, but has not rebooted.", name);
}

static void check_member(struct findings *findings, struct json_object *member, const char *version)
{
	const char *name = text_of(member, "name"), *theirs = text_of(member, "version");
	bool up = !strcmp(text_of(member, "state"), "up");

	check_state(findings, member);
	if (!is_true(member, "in_nodelist"))
		finding_add(findings, "nodelist",
			    "Make corosync.conf the same on all nodes, then corosync-cfgtool -R.",
			    "Node %s is not in this node's nodelist of corosync.", name);
	if (is_true(member, "other_protocol"))
		finding_add(findings, "protocol", "Install the same version on all nodes.",
			    "Node %s speaks another protocol and is not let in.", name);
	else if (*theirs && strcmp(theirs, version) != 0)
		finding_add(findings, "version",
			    "Finish the upgrade: install the same version, then clvmd restart.",
			    "The clvmd of node %s is version %s; this one is %s.", name, theirs,
			    version);
	if (up && !is_true(member, "answered"))
		finding_add(findings, "no-answer", "See the log of clvmd there, and its devices.",
			    "Node %s did not say in time what its device-mapper has%s%s.", name,
			    *text_of(member, "reason") ? ": " : "", text_of(member, "reason"));
	if (number_of(member, "debts"))
		finding_add(findings, "debt", "Start clvmd there, or fence the node.",
			    "Node %s owes the end of %llu operations.", name,
			    (unsigned long long)number_of(member, "debts"));
}

static void check_names(struct findings *findings, struct json_object *members)
{
	for (size_t i = 0; i < length_of(members); i++)
		for (size_t k = 0; k < i; k++)
			if (!strcmp(text_of(item_of(members, i), "name"),
				    text_of(item_of(members, k), "name")))
				finding_add(
					findings, "name",
					"Give each node its own name in corosync.conf.",
					"Two nodes are called %s (ids %llu and %llu).",
					text_of(item_of(members, i), "name"),
					(unsigned long long)number_of(item_of(members, k), "id"),
					(unsigned long long)number_of(item_of(members, i), "id"));
}

static void check_waiting(struct findings *findings, struct json_object *status)
{
	struct json_object *waiting = get(status, "waiting_for");

	for (size_t i = 0; i < length_of(waiting); i++)
		finding_add(findings, "waiting", "See clvmd status.", "Locking waits for: %s.",
			    json_object_get_string(item_of(waiting, i)));
	if (!is_true(status, "running") && !length_of(waiting))
		finding_add(findings, "paused", "Wait; if it lasts, see the log of clvmd.",
			    "The lock table is paused.");
}

static void check_fencing(struct findings *findings, struct json_object *status)
{
	const char *method = text_of(status, "fence");

	if (!strcmp(method, "none"))
		finding_add(findings, "fencing",
			    "Set fence in /etc/clvm/clvmd.conf; see clvmd.conf(5).",
			    "Fencing is \"none\": a lost node is taken for dead. UNSAFE.");
	else if (!strcmp(method, "manual"))
		finding_note(findings, "fencing",
			     "Fencing is manual: when a node is lost, all wait for clvmd "
			     "fence-ack.");
}

static void check_workers(struct findings *findings, struct json_object *status)
{
	uint64_t late = number_of(get(status, "workers"), "late");

	if (late)
		finding_add(findings, "worker",
			    "Look for a device that does not answer (dmesg, dmsetup info).",
			    "%llu worker processes of clvmd hang in their job.",
			    (unsigned long long)late);
}

void findings_of_cluster(struct findings *findings, struct json_object *status, const char *version)
{
	struct json_object *members = get(status, "members");

	if (!is_true(status, "connected"))
		finding_add(findings, "corosync", "Start corosync (systemctl start corosync).",
			    "corosync does not answer on this node.");
	else if (!is_true(status, "quorate"))
		finding_add(findings, "quorum", "Start the other nodes; see corosync-quorumtool.",
			    "The cluster is not quorate: nothing is granted.");
	check_waiting(findings, status);
	check_fencing(findings, status);
	check_workers(findings, status);
	check_names(findings, members);
	if (strcmp(text_of(status, "version"), version) != 0)
		finding_add(findings, "old-daemon", "clvmd restart",
			    "clvmd runs as version %s; installed is %s.",
			    text_of(status, "version"), version);
	for (size_t i = 0; i < length_of(members); i++)
		check_member(findings, item_of(members, i), text_of(status, "version"));
}

/* ---- volumes ---- */

/* Is a change of this VG under way? Then what differs may be as it should. */
static bool is_changing(struct json_object *status, const char *vg)
{
	struct json_object *operations = get(status, "operations");

	for (size_t i = 0; i < length_of(operations); i++)
		if (!strcmp(text_of(item_of(operations, i), "vg"), vg))
			return true;
	return false;
}

static bool is_active(struct json_object *cell)
{
	return is_true(cell, "active") || is_true(cell, "suspended");
}

static bool is_locked(struct json_object *cell)
{
	return strcmp(text_of(cell, "mode"), "NL") != 0;
}

static void check_cell(struct findings *findings, struct json_object *cell, const char *name,
		       bool changing)
{
	const char *node = text_of(cell, "node");

	if (is_true(cell, "orphan")) {
		finding_add(findings, "orphan", "Start clvmd there, or fence the node.",
			    "%s: locked (%s) by node %s, where clvmd does not run.", name,
			    text_of(cell, "mode"), node);
		return;
	}
	if (!get(cell, "active"))
		return; /* no answer: said of the node */
	if (is_true(cell, "suspended") && !changing)
		finding_add(findings, "suspended", "There: lvchange --refresh, or dmsetup resume.",
			    "%s: suspended on node %s without an operation that says why.", name,
			    node);
	if (is_true(cell, "preloaded") && !changing)
		finding_add(findings, "preloaded", "There: lvchange --refresh.",
			    "%s: a table that never became live is loaded on node %s.", name, node);
	if (is_active(cell) && !is_locked(cell))
		finding_add(findings, "active-unlocked",
			    "There: clvmd restart, or deactivate it (lvchange -aln).",
			    "%s: active on node %s without a lock.", name, node);
	if (!is_active(cell) && is_locked(cell))
		finding_add(findings, "locked-inactive",
			    "There: lvchange -ay (or -an, which gives the lock back).",
			    "%s: locked (%s) by node %s, but not active there.", name,
			    text_of(cell, "mode"), node);
}

static void compare_cells(struct findings *findings, struct json_object *first,
			  struct json_object *cell, const char *name)
{
	if (number_of(first, "size_sectors") != number_of(cell, "size_sectors"))
		finding_add(findings, "size", "lvchange --refresh on the node that is wrong.",
			    "%s: %llu sectors on node %s, %llu on node %s.", name,
			    (unsigned long long)number_of(first, "size_sectors"),
			    text_of(first, "node"),
			    (unsigned long long)number_of(cell, "size_sectors"),
			    text_of(cell, "node"));
	else if (strcmp(text_of(first, "table"), text_of(cell, "table")) != 0)
		finding_add(findings, "table",
			    "Stop using it at once; lvchange --refresh on the node that is wrong.",
			    "%s: mapped differently on nodes %s and %s.", name,
			    text_of(first, "node"), text_of(cell, "node"));
}

static void check_exclusive(struct findings *findings, struct json_object *first,
			    struct json_object *cell, const char *name)
{
	struct json_object *holder = !strcmp(text_of(first, "mode"), "EX") ? first : cell;
	struct json_object *other = holder == first ? cell : first;

	if (!strcmp(text_of(holder, "mode"), "EX"))
		finding_add(findings, "exclusive", "Deactivate it on one of them.",
			    "%s: active exclusively on node %s, and active on node %s.", name,
			    text_of(holder, "node"), text_of(other, "node"));
}

static void check_volume(struct findings *findings, struct json_object *status,
			 struct json_object *volume)
{
	struct json_object *nodes = get(volume, "nodes"), *first = NULL;
	const char *vg = text_of(volume, "vg"), *lv = text_of(volume, "lv");
	bool changing = is_changing(status, vg) || is_true(status, "frozen");
	char name[300];

	(void)snprintf(name, sizeof(name), "%.128s/%.128s", *vg ? vg : "?",
		       *lv ? lv : text_of(volume, "uuid"));
	for (size_t i = 0; i < length_of(nodes); i++) {
		struct json_object *cell = item_of(nodes, i);

		check_cell(findings, cell, name, changing);
		if (!is_active(cell))
			continue;
		if (first && !changing)
			compare_cells(findings, first, cell, name);
		if (first)
			check_exclusive(findings, first, cell, name);
		first = first ? first : cell;
	}
}

static void check_operation(struct findings *findings, struct json_object *operation)
{
	if (is_true(operation, "owed") || is_true(operation, "abandoned"))
		finding_add(findings, "operation",
			    "Start clvmd on the nodes named, or have them fenced.",
			    "A change of volume group %s by node %s is not ended: %s.",
			    text_of(operation, "vg"), text_of(operation, "node"),
			    text_of(operation, "reason"));
}

void findings_of_volumes(struct findings *findings, struct json_object *status)
{
	struct json_object *volumes = get(status, "volumes");
	struct json_object *operations = get(status, "operations");

	for (size_t i = 0; i < length_of(operations); i++)
		check_operation(findings, item_of(operations, i));
	for (size_t i = 0; i < length_of(volumes); i++)
		check_volume(findings, status, item_of(volumes, i));
}

static bool has(const struct findings *findings, struct json_object *wanted)
{
	for (size_t i = 0; i < length_of(findings->list); i++)
		if (!strcmp(text_of(item_of(findings->list, i), "text"), text_of(wanted, "text")))
			return true;
	return false;
}

void findings_keep_common(struct findings *findings, const struct findings *others)
{
	size_t i = 0;

	while (i < length_of(findings->list)) {
		struct json_object *finding = item_of(findings->list, i);

		if (has(others, finding)) {
			i++;
			continue;
		}
		findings->count -= !is_true(finding, "note");
		(void)json_object_array_del_idx(findings->list, i, 1);
	}
}

void findings_join(struct findings *findings, const struct findings *others)
{
	for (size_t i = 0; i < length_of(others->list); i++) {
		struct json_object *finding = item_of(others->list, i);

		add(findings, text_of(finding, "id"), text_of(finding, "text"),
		    text_of(finding, "remedy"));
	}
}

/* ---- printing ---- */

static void print_text(const struct findings *findings, struct buf *out)
{
	for (size_t i = 0; i < length_of(findings->list); i++) {
		struct json_object *finding = item_of(findings->list, i);

		if (is_true(finding, "note"))
			buf_printf(out, "note: %s\n", text_of(finding, "text"));
		else
			buf_printf(out, "%s: %s\n    %s\n", text_of(finding, "id"),
				   text_of(finding, "text"), text_of(finding, "remedy"));
	}
	if (!findings->count)
		buf_puts(out, "Nothing is wrong.\n");
}

void findings_print(const struct findings *findings, bool json, struct buf *out)
{
	if (json)
		buf_printf(out, "%s\n",
			   json_object_to_json_string_ext(findings->list,
							  JSON_C_TO_STRING_PRETTY |
								  JSON_C_TO_STRING_NOSLASHESCAPE));
	else
		print_text(findings, out);
}
