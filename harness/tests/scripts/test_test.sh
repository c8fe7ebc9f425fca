#!/usr/bin/env bash
# Tests scripts/test on a small project: that what fails, cannot start or does not exist is never a pass, that the last
# line and the exit code say what happened, and that a selection selects.
#
#   test_test.sh SOURCE_FOLDER
set -euo pipefail
source_folder=$(cd "$1" && pwd)
# shellcheck source=harness/tests/scripts/common.sh
source "$source_folder/harness/tests/scripts/common.sh"

stub_project "$source_folder"
run_tests=$project/scripts/test
export PETAPROOF_PRESET=host
cat >"$project/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.22)
project(stub C)
enable_testing()
add_test(NAME unit.passes COMMAND true)
add_test(NAME mpi.passes COMMAND true)
add_test(NAME whole.passes COMMAND true)
add_test(NAME whole.skips COMMAND sh -c "exit 77")
add_test(NAME slow.passes COMMAND true)
set_tests_properties(unit.passes PROPERTIES LABELS unit)
set_tests_properties(mpi.passes PROPERTIES LABELS mpi)
set_tests_properties(whole.skips PROPERTIES SKIP_RETURN_CODE 77)
set_tests_properties(slow.passes PROPERTIES LABELS slow)
include(more.cmake OPTIONAL)
END

# expect WHAT CODE LAST_LINE ARGUMENTS...
expect() {
  local what=$1 wanted=$2 last=$3
  shift 3
  call "$run_tests" "$@"
  check "exit code of $what" "$wanted" "$code"
  check "last line of $what" "$last" "$(tail -n 1 "$work/out")"
}

expect "all suites" 0 "3 passed, 0 failed, 1 skipped"
for suite in build unit mpi end-to-end; do
  check "rows of $suite in the table" 1 "$(grep -cE "^$suite +[0-9]+ +[0-9]+ " <<<"$out")"
done
expect "one label" 0 "1 passed, 0 failed, 0 skipped" --label slow
expect "one name" 0 "1 passed, 0 failed, 0 skipped" -R '^mpi'
expect "a name that is none" 1 "0 passed, 1 failed, 0 skipped" -R nothing
check_like "a name that is none" "*FAILED: no test ran*" "$out"

call "$run_tests" --label quick
check "exit code of a label that is none" 3 "$code"
call "$run_tests" --fast
check "exit code of an unknown argument" 3 "$code"

echo 'add_test(NAME whole.fails COMMAND sh -c "echo the reason; exit 3")' >"$project/more.cmake"
expect "a failing test" 1 "3 passed, 1 failed, 1 skipped"
check_like "output of a failing test" "*the reason*" "$out"
echo 'add_test(NAME whole.absent COMMAND no/such/program)' >"$project/more.cmake"
expect "a test that cannot start" 1 "3 passed, 1 failed, 1 skipped"
echo 'add_executable(broken absent.c)' >"$project/more.cmake"
expect "a build that fails" 1 "0 passed, 1 failed, 0 skipped"

# everything: under the sanitizers too, and the CUDA module in the tree of the rest, with the tests that need no GPU
cat >"$project/more.cmake" <<'END'
if(PETAPROOF_CUDA)
  add_custom_target(module ALL COMMAND ${CMAKE_COMMAND} -E touch module)
  add_test(NAME cuda.built COMMAND ${CMAKE_COMMAND} -E cat module)
endif()
END
toolkit "$work/cuda" 13.0
export CUDACXX=$work/cuda/bin/nvcc
unset PETAPROOF_PRESET
expect "everything" 0 "8 passed, 0 failed, 2 skipped" --all
for suite in build unit mpi end-to-end slow asan-build asan-unit asan-mpi asan-fuzz; do
  check "rows of $suite in the table" 1 "$(grep -cE "^$suite +[0-9]+ +[0-9]+ " <<<"$out")"
done
check "end-to-end tests that passed, the CUDA module's among them" 2 "$(awk '$1 == "end-to-end" {print $4}' <<<"$out")"
finish
