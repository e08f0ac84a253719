/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one error type.
 *
 * A function that can fail returns int: 0, or a negative errno value. When it
 * fails it also leaves the reason for a person in the struct err it was given.
 * err_set() does both, so that failing is always a single statement:
 *
 *	return err_set(err, ENOSPC, "Volume group \"%s\" is full.", vg->name);
 *
 * The text is one line, or a few separated by '\n' (LVM2 prints some failures as
 * two lines); it has no leading blanks and no newline at its end.
 *
 * Codes with a meaning of our own:
 *	EINVAL	an argument of the user's is not valid (commands exit with 3, not 5)
 *	EUCLEAN	metadata on disk is not valid		ESTALE	seqno moved under us
 *	EBUSY	a lock is held in a conflicting mode	ENOLCK	the lock was lost or cannot be had
 *	ECANCELED	the user said no to a question
 *	EHOSTDOWN	clvmd is not running or a member does not answer
 */
#ifndef METADATA_BASE_ERR_H
#define METADATA_BASE_ERR_H

#define MUST_CHECK __attribute__((warn_unused_result))

#define ERR_TEXT_MAX 2048 /* a result line of each of a few dozen members fits */

/* { 0 } is "no failure yet". */
struct err {
	int code; /* 0 or a negative errno, the value that was returned */
	char text[ERR_TEXT_MAX];
};

/** Record a failure; returns -@errnum. @err may be NULL when nobody will read the text. */
int err_set(struct err *err, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** Put a line or a prefix in front of a failure already recorded; returns @err's code. */
int err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** Add text (begin it with '\n' for a line of its own) after a failure; returns @err's code. */
int err_append(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What a failure returns is never 0. Compilers and analyzers that see one file at a time would not
 * know, and report what would follow if a function that failed returned 0. */
static inline int err_code(int code)
{
	return code < 0 ? code : -1;
}

#define err_set(...)	err_code(err_set(__VA_ARGS__))
#define err_prefix(...) err_code(err_prefix(__VA_ARGS__))
#define err_append(...) err_code(err_append(__VA_ARGS__))

#endif
