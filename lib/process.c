/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/process.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/number.h"

#define FIELD_STATE	 3 /* proc(5) counts from 1; pid and (command) come before */
#define FIELD_START_TIME 22

uint64_t process_start_time(pid_t pid)
{
	char path[64], text[1024], *rest, *field = NULL;
	AUTO_CLOSE int fd = -1;
	uint64_t start = 0;
	ssize_t length;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return 0;
	if ((length = read(fd, text, sizeof(text) - 1)) <= 0)
		return 0;
	text[length] = '\0';
	/* The command's name may have blanks and parentheses in it. */
	if (!(rest = strrchr(text, ')')) || rest[1] != ' ')
		return 0;
	rest += 2;
	for (int i = FIELD_STATE; i <= FIELD_START_TIME; i++)
		field = strsep(&rest, " ");
	return number_whole(field, UINT64_MAX, &start) ? start : 0;
}
