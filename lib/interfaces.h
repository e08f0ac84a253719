/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where clvmd is found: what agents, scripts and programs may rely on, stable from the first
 * release. Installed as <clvm/interfaces.h>.
 */
#ifndef LIB_INTERFACES_H
#define LIB_INTERFACES_H

#define CLVMD_SOCKET_PATH "/run/clvm/clvmd.sock"
#define CLVMD_PID_PATH \
	"/run/clvm/clvmd.pid" /* flock'ed while clvmd runs: the lock tells, not the pid */
#define CLVMD_CONF_PATH "/etc/clvm/clvmd.conf"

#endif
