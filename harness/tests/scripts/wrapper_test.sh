#!/usr/bin/env bash
# Tests scripts/petaproof and scripts/setup with a stub in the program's place: arguments, exit codes, a stdout that
# is the program's alone, ranks and their threads, timeouts, signals, and that no process is left behind.
#
#   wrapper_test.sh SOURCE_FOLDER
set -euo pipefail
source_folder=$(cd "$1" && pwd)
# shellcheck source=harness/tests/scripts/common.sh
source "$source_folder/harness/tests/scripts/common.sh"

stub_project "$source_folder"
wrapper=$project/scripts/petaproof
cores=$(env -u OMP_NUM_THREADS nproc)
export PETAPROOF_PRESET=host
# what the one who runs the tests has set is not under test
unset OMP_NUM_THREADS OPENBLAS_NUM_THREADS PETAPROOF_TIMEOUT "${!OMPI_@}"

milliseconds() { echo $((${EPOCHREALTIME/./} / 1000)); }

# pids_of PATTERN: the processes whose command line is like it
pids_of() {
  local file words
  for file in /proc/[0-9]*/cmdline; do
    mapfile -d '' -t words 2>/dev/null <"$file" || continue
    # shellcheck disable=SC2053  # the right side is a pattern
    if [[ ${words[*]} == $1 ]]; then
      file=${file#/proc/}
      echo "${file%/cmdline}"
    fi
  done 2>/dev/null
}

processes_left() { pids_of "*$project/build/host/bin/petaproof*" | wc -l; }

segments_left() { find /dev/shm -maxdepth 1 -name 'petaproof.*' -newer "$work/start" | wc -l; }

bad_arguments() {
  local value
  for value in 0 -1 two 4097 1.5 99999 ''; do
    call "$wrapper" --ranks "$value" run
    check "exit code of --ranks '$value'" 3 "$code"
    check "stderr of --ranks '$value'" "petaproof: --ranks needs a whole number from 1 to 4096, not '$value'" "$err"
    check "stdout of --ranks '$value'" '' "$out"
  done
  call "$wrapper" --ranks
  check "exit code of --ranks alone" 3 "$code"
  call env PETAPROOF_PRESET=fast "$wrapper" version
  check "exit code of a preset that is none" 3 "$code"
  check_like "message for a preset that is none" "*it can be host, host-asan or cuda" "$err"
  call env PETAPROOF_TIMEOUT=soon "$wrapper" --ranks 1 sum
  check "exit code of a timeout that is none" 3 "$code"
}

first_and_second_call() {
  call "$wrapper" one 'two words'
  check "exit code of the first call" 0 "$code"
  check "stdout of the first call" "alone with 2 arguments, the last 'two words'" "$out"
  call "$wrapper" one
  check "stdout of the second call" "alone with 1 arguments, the last 'one'" "$out"
  check "stderr when nothing changed" '' "$err"
  local before after
  before=$(milliseconds)
  "$wrapper" one >/dev/null
  after=$(milliseconds)
  local with=$((after - before))
  "$project/build/host/bin/petaproof" one >/dev/null
  echo "measured: when nothing changed the wrapper adds $((with - ($(milliseconds) - after))) ms (goal: under 300)"
}

help() {
  call "$wrapper" --help
  check_like "--help" "*--ranks N*mpirun*"$'\n'"the program's help" "$out"
  check "lines of --help" 3 "$(wc -l <"$work/out")"
}

exit_codes() {
  local wanted
  for wanted in 0 1 2 3 4; do
    call "$wrapper" exit "$wanted"
    check "exit code $wanted without ranks" "$wanted" "$code"
    call "$wrapper" --ranks 2 exit "$wanted"
    check "exit code $wanted with 2 ranks" "$wanted" "$code"
    check "stdout of exit $wanted" '' "$out"
    check "stderr of exit $wanted" "a note from rank 0 a note from rank 1" "$(sort "$work/err" | paste -sd ' ')"
  done
  call "$wrapper" --ranks 3 die 1
  check "exit code of a killed rank" 137 "$code"
  check_like "mpirun's words about a killed rank" "*rank 1*signal 9*" "$err"
  check_like "the wrapper's words about a killed rank" "*petaproof: a rank or mpirun was killed (signal 9)*" "$err"
}

ranks_and_threads() {
  local threads=$((cores > 2 ? cores / 2 : 1))
  call "$wrapper" --ranks 3 sum
  check "ranks" 3 "$(grep -c ' of 3 on .*: sum 3$' "$work/out")"
  check "stderr of three ranks" '' "$err"
  call "$wrapper" --ranks=1 threads
  check_like "one rank" "ranks 1 threads *" "$out"
  call env OMP_NUM_THREADS=7 "$wrapper" --ranks 2 threads
  check_like "a user's OMP_NUM_THREADS stays" "ranks 2 threads 7 *" "$out"
  call "$wrapper" --ranks $((cores + 1)) threads
  check "more ranks than cores" "ranks $((cores + 1)) threads 1 1" "$out"
  if ((cores <= 2)); then
    call "$wrapper" --ranks 2 threads
    check "two ranks" "ranks 2 threads $threads $threads" "$out"
  fi
}

no_remote_shell() {
  call env PATH="$(path_without ssh rsh)" "$wrapper" --ranks 2 sum
  check "exit code of two ranks where there is no ssh" 0 "$code"
  check "ranks where there is no ssh" 2 "$(grep -c ' of 2 on .*: sum 1$' "$work/out")"
}

timeouts() {
  call env PETAPROOF_TIMEOUT=2 "$wrapper" --ranks 2 sleep 40
  check "exit code of a timeout" 124 "$code"
  check_like "message of a timeout" "*petaproof: ended after PETAPROOF_TIMEOUT=2*" "$err"
  check "processes left after a timeout" 0 "$(processes_left)"
}

# interrupt SIGNAL PROCESS: once the ranks run, SIGNAL goes to PROCESS of the launch (wrapper or mpirun)
interrupt() {
  local pid i
  env --default-signal=INT timeout -k 5 60 "$wrapper" --ranks 2 stuck >"$work/out" 2>"$work/err" &
  pid=$!
  for ((i = 0; i < 100 && $(processes_left) < 4; i++)); do sleep 0.05; done
  sleep 0.5
  if [[ $2 == mpirun ]]; then
    kill "-$1" "$(pids_of "*mpi[er]* -np 2 *$project/build/host/bin/petaproof*" | tail -n 1)"
  else
    kill "-$1" "$pid"
  fi
  code=0
  wait "$pid" || code=$?
}

signals() {
  interrupt TERM wrapper
  check "exit code after SIGTERM" 143 "$code"
  check "processes left after SIGTERM" 0 "$(processes_left)"
  interrupt INT wrapper
  check "exit code after SIGINT" 130 "$code"
  check "processes left after SIGINT" 0 "$(processes_left)"
  interrupt KILL mpirun
  check "exit code after mpirun was killed" 137 "$code"
  check "processes left after mpirun was killed" 0 "$(processes_left)"
  check "shared memory left behind" 0 "$(segments_left)"
}

broken_build() {
  echo 'this is not C++' >>"$project/stub.cc"
  call "$wrapper" one
  check "exit code of a broken build" 4 "$code"
  check "stdout of a broken build" '' "$out"
  check_like "stderr of a broken build" "*error:*petaproof: the build failed: see above" "$err"
  echo 'nonsense()' >>"$project/CMakeLists.txt"
  rm -r "$project/build/host"
  call "$wrapper" one
  check "exit code of a broken configuration" 4 "$code"
  check_like "stderr of a broken configuration" "*nonsense*petaproof: CMake could not configure preset host*" "$err"
}

set_up() {
  call "$project/scripts/setup" --everything
  check "exit code of an unknown argument to setup" 3 "$code"
  call "$project/scripts/setup"
  check "exit code of setup" 0 "$code"
  check "output of setup when all is there" '' "$out$err"
}

touch "$work/start"
bad_arguments
first_and_second_call
help
set_up
exit_codes
ranks_and_threads
no_remote_shell
timeouts
signals
broken_build
finish
