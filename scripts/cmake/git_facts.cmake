# Writes OUTPUT with the commit and dirty flag of SOURCE_DIR; leaves it untouched, and so nothing to rebuild, when
# they are as before. A tree without git says "unknown".
execute_process(COMMAND git -C ${SOURCE_DIR} rev-parse HEAD OUTPUT_VARIABLE commit ERROR_QUIET RESULT_VARIABLE status
                OUTPUT_STRIP_TRAILING_WHITESPACE)
# a tarball unpacked inside another repository must not pass for a commit of that one
execute_process(COMMAND git -C ${SOURCE_DIR} rev-parse --show-prefix OUTPUT_VARIABLE prefix ERROR_QUIET
                OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT status EQUAL 0 OR NOT "${prefix}" STREQUAL "")
  set(commit "unknown")
endif()
# the run folders under results/local are ignored by git, so a run does not make the tree dirty
execute_process(COMMAND git -C ${SOURCE_DIR} status --porcelain OUTPUT_VARIABLE changes ERROR_QUIET
                OUTPUT_STRIP_TRAILING_WHITESPACE)
if("${changes}" STREQUAL "" AND NOT commit STREQUAL "unknown")
  set(dirty false)
else()
  set(dirty true)
endif()
set(text "#define PETAPROOF_GIT_COMMIT \"${commit}\"\n#define PETAPROOF_GIT_DIRTY ${dirty}\n")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} before)
endif()
if(NOT "${before}" STREQUAL "${text}")
  file(WRITE ${OUTPUT} "${text}")
endif()
