/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIB_RANDOM_H
#define LIB_RANDOM_H

#include <stddef.h>

#include "metadata/base/err.h"
#include "metadata/base/uuid.h"

/** @length random bytes from the kernel. */
int random_bytes(void *bytes, size_t length, struct err *err) MUST_CHECK;

/** A new UUID for a PV, VG or LV. */
int random_uuid(struct uuid *ret_uuid, struct err *err) MUST_CHECK;

#endif
