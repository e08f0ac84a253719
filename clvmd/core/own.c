/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What this node's clients believe. A hold is a lock that a client was told it has; it enters
 * here when it is confirmed (rule 6), and leaves when the client lets go, before anybody else
 * hears of it. So holds are never more than what this node may rely on, and never less than what
 * it uses: they are what this node claims when its table is lost.
 */
#include <errno.h>
#include <string.h>

#include "clvmd/core/internal.h"

struct hold *hold_find(const struct resource *resource, enum lock_kind kind, uint64_t client)
{
	for (struct hold *at = resource->holds; at; at = at->next)
		if (at->kind == kind && at->client == client)
			return at;
	return NULL;
}

void hold_set(struct lockspace *ls, const char *name, const struct own_request *request,
	      enum lock_mode mode)
{
	struct resource *resource = resource_get(ls, name);
	struct hold *hold;

	if (!resource)
		return;
	if (!(hold = hold_find(resource, request->kind, request->client))) {
		if (!(hold = ls_alloc(ls, sizeof(*hold))))
			return;
		hold->kind = request->kind;
		hold->client = request->client;
		hold->since = request->since;
		hold->next = resource->holds;
		resource->holds = hold;
	}
	hold->mode = mode;
	hold->pid = request->pid;
	ls_free(ls, hold->command);
	hold->command = ls_strdup(ls, request->command);
}

static void hold_drop(struct lockspace *ls, struct resource *resource, struct hold *hold)
{
	struct hold **link = &resource->holds;

	while (*link != hold)
		link = &(*link)->next;
	*link = hold->next;
	ls_free(ls, hold->command);
	ls_free(ls, hold);
}

bool own_holds(const struct lockspace *ls)
{
	for (size_t i = 0; i < ls->bucket_count; i++)
		for (const struct resource *at = ls->buckets[i]; at; at = at->next)
			if (at->holds)
				return true;
	return false;
}

/* ---- requests ---- */

static struct own_request *find_request(const struct lockspace *ls, uint64_t client,
					uint64_t request)
{
	for (struct own_request *at = ls->own_requests; at; at = at->next)
		if (at->client == client && at->request == request)
			return at;
	return NULL;
}

static void request_free(struct lockspace *ls, struct own_request *request)
{
	for (size_t i = 0; request->names && i < request->count; i++)
		ls_free(ls, request->names[i]);
	ls_free(ls, request->names);
	ls_free(ls, request->command);
	ls_free(ls, request);
}

static void request_drop(struct lockspace *ls, struct own_request *request)
{
	struct own_request **link = &ls->own_requests;

	while (*link != request)
		link = &(*link)->next;
	*link = request->next;
	if (!request->next)
		ls->own_requests_end = link;
	ls->own_request_count--;
	request_free(ls, request);
}

static struct own_request *request_copy(struct lockspace *ls, const struct lock_request *asked)
{
	struct own_request *request = ls_alloc(ls, sizeof(*request));
	char command[LOCK_COMMAND_MAX] = { 0 };

	if (!request)
		return NULL;
	if (asked->command)
		memcpy(command, asked->command, strnlen(asked->command, sizeof(command) - 1));
	request->client = asked->client;
	request->request = asked->request;
	request->kind = asked->kind;
	request->mode = asked->mode;
	request->wait = asked->wait;
	request->pid = asked->pid;
	request->since = asked->since;
	request->command = ls_strdup(ls, command);
	request->count = asked->resource_count;
	request->names = ls_alloc(ls, asked->resource_count * sizeof(char *));
	for (size_t i = 0; request->names && i < request->count; i++)
		request->names[i] = ls_strdup(ls, asked->resources[i]);
	if (!ls->broken)
		return request;
	request_free(ls, request);
	return NULL;
}

static bool request_is_valid(const struct lock_request *asked)
{
	if (!asked->resource_count || asked->resource_count > REQUEST_RESOURCES_MAX ||
	    (unsigned)asked->mode >= LOCK_MODE_COUNT ||
	    (asked->kind != LOCK_COMMAND && asked->kind != LOCK_ACTIVATION))
		return false;
	for (size_t i = 0; i < asked->resource_count; i++) {
		const char *name = asked->resources[i];
		size_t length = strnlen(name, RESOURCE_NAME_MAX);

		if (!length || length >= RESOURCE_NAME_MAX)
			return false;
		for (size_t at = 0; at < length; at++)
			if (name[at] <= ' ' || name[at] > '~')
				return false;
	}
	return true;
}

static void refuse_client(struct lockspace *ls, uint64_t client, uint64_t request, int error,
			  const char *text)
{
	struct effect *effect = ls_effect(ls, EFFECT_REFUSED);

	effect->client = client;
	effect->request = request;
	effect->error = error;
	effect->text = text;
}

static bool names_fit(const struct lock_request *asked)
{
	struct buf names = { .limit = MESSAGE_LENGTH_MAX - 1024 };
	bool fit;

	names_encode(asked->resources, asked->resource_count, &names);
	fit = !names.failed;
	buf_free(&names);
	return fit;
}

/*
 * Who asks for a weaker mode gives up the stronger one by asking: others may be granted theirs
 * as soon as the request is delivered, before this client hears of it.
 */
static void weaken_holds(const struct lockspace *ls, const struct lock_request *asked)
{
	for (size_t i = 0; i < asked->resource_count; i++) {
		const struct resource *resource = resource_find(ls, asked->resources[i]);
		struct hold *hold =
			resource ? hold_find(resource, asked->kind, asked->client) : NULL;

		if (hold && lock_mode_covers(hold->mode, asked->mode))
			hold->mode = asked->mode;
	}
}

const struct effect *lockspace_lock(struct lockspace *ls, const struct lock_request *asked)
{
	struct own_request *request;

	ls_begin(ls);
	if (ls->broken) {
		refuse_client(ls, asked->client, asked->request, -ENOLCK, "clvmd left the group");
	} else if (!request_is_valid(asked)) {
		refuse_client(ls, asked->client, asked->request, -EINVAL, "invalid lock request");
	} else if (!names_fit(asked)) {
		refuse_client(ls, asked->client, asked->request, -E2BIG,
			      "too many resources in one request");
	} else if (ls->own_request_count >= OWN_REQUESTS_MAX) {
		refuse_client(ls, asked->client, asked->request, -EBUSY,
			      "too many requests are open");
	} else if (ls->left || ls->ghost) {
		refuse_client(ls, asked->client, asked->request, -ENOLCK, text_paused(ls));
	} else if (!asked->wait && (!lockspace_is_quorate(ls) || !lockspace_is_up(ls))) {
		refuse_client(ls, asked->client, asked->request, -ENOLCK, text_paused(ls));
	} else if ((request = request_copy(ls, asked))) {
		weaken_holds(ls, asked);
		*ls->own_requests_end = request;
		ls->own_requests_end = &request->next;
		ls->own_request_count++;
		own_advance(ls);
	}
	return ls_end(ls);
}

void own_refused(struct lockspace *ls, uint64_t client, uint64_t number, int error,
		 const char *text)
{
	struct own_request *request = find_request(ls, client, number);

	if (!request)
		return; /* cancelled meanwhile */
	request_drop(ls, request);
	refuse_client(ls, client, number, error, text);
}

void own_waiting(struct lockspace *ls, const struct waiter *waiter)
{
	struct effect *effect;

	if (!find_request(ls, waiter->client, waiter->request))
		return;
	effect = ls_effect(ls, EFFECT_WAITING);
	effect->client = waiter->client;
	effect->request = waiter->request;
	effect->text = text_holders(ls, waiter);
}

void own_granted(struct lockspace *ls, uint64_t client, uint64_t number)
{
	struct own_request *request = find_request(ls, client, number);

	if (!request)
		return;
	request->granted = true;
	request->grant_count = ls->count;
}

void own_returned(struct lockspace *ls, const struct message *message)
{
	struct own_request *request = find_request(ls, message->client, message->request);

	if (request && !request->granted)
		request->sent = false;
}

void own_table_lost(struct lockspace *ls)
{
	for (struct own_request *at = ls->own_requests; at; at = at->next)
		at->sent = at->granted = false;
}

/* ---- confirmation ---- */

uint64_t own_min_acked(const struct lockspace *ls)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < ls->member_count; i++) {
		const struct member *member = ls->members[i];

		if (member != ls->self && member->synced && member->acked < least)
			least = member->acked;
	}
	return least;
}

bool own_awaits(const struct lockspace *ls, const struct member *member)
{
	if (member == ls->self || !member->synced || !ls->has_table)
		return false;
	for (const struct own_request *at = ls->own_requests; at; at = at->next)
		if (at->granted && at->grant_count > member->acked)
			return true;
	return own_ops_await(ls, member);
}

/* The lock as the table has it now; NULL when its client let go of it before it was confirmed. */
static const struct lock *still_there(const struct lockspace *ls, const struct own_request *request,
				      size_t index)
{
	const struct resource *resource = resource_find(ls, request->names[index]);

	return resource ? lock_find(resource, ls->node, request->kind, request->client) : NULL;
}

static void confirm(struct lockspace *ls, struct own_request *request)
{
	struct effect *effect;
	uint64_t value = 0;

	for (size_t i = 0; i < request->count; i++)
		if (!still_there(ls, request, i)) {
			own_refused(ls, request->client, request->request, -ECANCELED,
				    "unlocked before it was granted");
			return;
		}
	for (size_t i = 0; i < request->count; i++) {
		enum lock_mode mode = still_there(ls, request, i)->mode;
		const struct resource *resource;

		/* A later request may have converted it, and not be confirmed yet. */
		hold_set(ls, request->names[i], request,
			 lock_mode_covers(request->mode, mode) ? mode : request->mode);
		resource = resource_find(ls, request->names[i]);
		if (resource && resource->value > value)
			value = resource->value;
	}
	effect = ls_effect(ls, EFFECT_GRANTED);
	effect->client = request->client;
	effect->request = request->request;
	effect->value = value;
	request_drop(ls, request);
}

static void confirm_all(struct lockspace *ls)
{
	uint64_t acked = own_min_acked(ls);
	struct own_request *next;

	if (!ls->running || !ls->self->synced)
		return;
	for (struct own_request *at = ls->own_requests; at; at = next) {
		next = at->next;
		if (at->granted && at->grant_count <= acked)
			confirm(ls, at);
	}
}

static void send_request(struct lockspace *ls, struct own_request *request)
{
	struct message message = { .type = MESSAGE_LOCK,
				   .client = request->client,
				   .request = request->request,
				   .kind = request->kind,
				   .mode = request->mode,
				   .pid = request->pid,
				   .since = request->since,
				   .flags = request->wait ? FLAG_WAIT : 0,
				   .command = { request->command, strlen(request->command) } };
	struct buf names = { .limit = MESSAGE_LENGTH_MAX };

	names_encode((const char *const *)request->names, request->count, &names);
	message.names = (struct blob){ names.data, names.used };
	ls_send(ls, &message);
	buf_free(&names);
	request->sent = true;
}

void own_advance(struct lockspace *ls)
{
	if (!ls->has_table || !ls->decided || !ls->self->synced)
		return;
	confirm_all(ls);
	for (struct own_request *at = ls->own_requests; at; at = at->next)
		if (!at->sent)
			send_request(ls, at);
}

/* ---- letting go ---- */

const struct effect *lockspace_unlock(struct lockspace *ls, const struct unlock_request *asked)
{
	struct message message = { .type = MESSAGE_UNLOCK,
				   .client = asked->client,
				   .kind = asked->kind,
				   .value = asked->value };
	struct buf names = { .limit = MESSAGE_LENGTH_MAX - 1024 };

	ls_begin(ls);
	for (size_t i = 0; i < asked->resource_count; i++) {
		struct resource *resource = resource_find(ls, asked->resources[i]);
		struct hold *hold;

		if (resource && (hold = hold_find(resource, asked->kind, asked->client)))
			hold_drop(ls, resource, hold);
		if (resource)
			resource_put(ls, resource);
	}
	names_encode(asked->resources, asked->resource_count, &names);
	message.names = (struct blob){ names.data, names.used };
	if (asked->resource_count && !ls->broken && ls->self->present)
		ls_send(ls, &message);
	buf_free(&names);
	ghost_advance(ls);
	return ls_end(ls);
}

const struct effect *lockspace_cancel(struct lockspace *ls, uint64_t client, uint64_t number)
{
	struct own_request *request = find_request(ls, client, number);
	struct message message = { .type = MESSAGE_CANCEL, .client = client, .request = number };

	ls_begin(ls);
	if (!request)
		return ls_end(ls); /* answered already */
	if (request->sent || ls->claim_sent)
		ls_send(ls, &message);
	request_drop(ls, request);
	refuse_client(ls, client, number, -ECANCELED, "cancelled");
	return ls_end(ls);
}

static void drop_holds_of_client(struct lockspace *ls, struct resource *resource, void *data)
{
	const uint64_t *client = data;
	struct hold *hold = hold_find(resource, LOCK_COMMAND, *client);

	if (hold)
		hold_drop(ls, resource, hold);
}

const struct effect *lockspace_client_gone(struct lockspace *ls, uint64_t client)
{
	struct message message = { .type = MESSAGE_GONE, .client = client };
	struct own_request *next;

	ls_begin(ls);
	resource_each(ls, drop_holds_of_client, &client);
	for (struct own_request *at = ls->own_requests; at; at = next) {
		next = at->next;
		if (at->client == client)
			request_drop(ls, at);
	}
	own_ops_client_gone(ls, client);
	if (!ls->broken && ls->self->present)
		ls_send(ls, &message);
	ghost_advance(ls);
	return ls_end(ls);
}

static int adopt(struct lockspace *ls, const struct lock_request *asked, struct err *err)
{
	char command[LOCK_COMMAND_MAX] = { 0 };
	const struct own_request request = { .client = asked->client,
					     .kind = asked->kind,
					     .pid = asked->pid,
					     .since = asked->since,
					     .command = command };

	if (!request_is_valid(asked))
		return err_set(err, EINVAL, "invalid lock to adopt");
	if (ls->self->present)
		return err_set(err, EBUSY, "locks are adopted before joining");
	memcpy(command, asked->command, strnlen(asked->command, sizeof(command) - 1));
	hold_set(ls, asked->resources[0], &request, asked->mode);
	return ls->broken ? err_set(err, ENOMEM, "out of memory") : 0;
}

int lockspace_adopt(struct lockspace *ls, const char *resource, enum lock_mode mode, uint64_t since,
		    struct err *err)
{
	return adopt(ls,
		     &(struct lock_request){ .kind = LOCK_ACTIVATION,
					     .mode = mode,
					     .since = since,
					     .command = "clvmd",
					     .resources = &resource,
					     .resource_count = 1 },
		     err);
}

int lockspace_adopt_command(struct lockspace *ls, const struct adopted_client *client,
			    const char *resource, enum lock_mode mode, uint64_t since,
			    struct err *err)
{
	return adopt(ls,
		     &(struct lock_request){ .client = client->client,
					     .kind = LOCK_COMMAND,
					     .mode = mode,
					     .pid = client->pid,
					     .since = since,
					     .command = client->command,
					     .resources = &resource,
					     .resource_count = 1 },
		     err);
}

static void drop_holds(struct lockspace *ls, struct resource *resource, void *data)
{
	(void)data;
	while (resource->holds)
		hold_drop(ls, resource, resource->holds);
}

void own_free(struct lockspace *ls)
{
	while (ls->own_requests)
		request_drop(ls, ls->own_requests);
	resource_each(ls, drop_holds, NULL);
}
