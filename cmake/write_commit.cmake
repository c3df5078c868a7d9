# SPDX-License-Identifier: BSD-3-Clause
# Writes HEADER with the commit of SOURCE: "bb15ba0", "bb15ba0+" where files differ from it, "" outside of git.
execute_process(COMMAND git describe --always --abbrev=7 --exclude=* --dirty=+ WORKING_DIRECTORY ${SOURCE}
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit "")
endif()
set(text "inline constexpr const char* kCommit = \"${commit}\";\n")
if(EXISTS ${HEADER})
  file(READ ${HEADER} old)
endif()
if(NOT text STREQUAL "${old}")
  file(WRITE ${HEADER} "${text}")
endif()
