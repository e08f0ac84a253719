/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the command lines of pvs, vgs and lvs say. */
#ifndef CMD_CMD_REPORT_H
#define CMD_CMD_REPORT_H

#include "cmd/opt.h"
#include "lib/report/report.h"

struct reporting_args {
	struct report_args op; /* flags and strings are set right here by the options */
	struct opt_list fields, selects;
};

#endif
