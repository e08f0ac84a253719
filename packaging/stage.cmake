# Before a package is made: what Debian wants compressed.
file(GLOB_RECURSE files "${CPACK_TEMPORARY_DIRECTORY}/*")
foreach(file IN LISTS files)
	if(file MATCHES "/man/man[578]/[^/]*[.][578]$|/changelog[.]Debian$")
		execute_process(COMMAND gzip -9n "${file}" COMMAND_ERROR_IS_FATAL ANY)
	endif()
endforeach()
