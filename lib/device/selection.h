/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices that are listed by name: --devices, or a devices file as lvmdevices of LVM2 writes it
 * (only read here). With a list the patterns of lvm.conf do not count.
 */
#ifndef LIB_DEVICE_SELECTION_H
#define LIB_DEVICE_SELECTION_H

#include "lib/device/device.h"
#include "metadata/base/uuid.h"

struct selection;

/** *ret_selection is NULL when there is no list: all devices count. */
int selection_open(struct context *context, struct selection **ret_selection,
		   struct err *err) MUST_CHECK;
void selection_close(struct selection *selection);

/** NULL: the device is listed; else why it may not be used. */
const char *selection_reject(struct selection *selection, const char *kernel_name,
			     const struct device *device);

/** All devices were asked for: what is listed and was not found is told. */
void selection_tell_missing(struct context *context, const struct selection *selection);

/** The PV id on a listed device; NULL or why it may not be used. Tells a difference. */
const char *selection_check_pv(struct context *context, const struct selection *selection,
			       const struct device *device, const struct uuid *pv_id);

#endif
