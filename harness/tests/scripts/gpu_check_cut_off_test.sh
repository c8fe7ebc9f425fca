#!/usr/bin/env bash
# Tests what scripts/gpu-check leaves where it does not come to its end: the time is over, a command does not end, the
# archive cannot be written, or a signal ends it all.
#
#   gpu_check_cut_off_test.sh SOURCE_FOLDER PROGRAM MODULE_FOLDER
set -euo pipefail
# shellcheck source=harness/tests/scripts/gpu_check_stand_ins.sh
source "${BASH_SOURCE[0]%/*}/gpu_check_stand_ins.sh"

# The machine may go at any time: the archive holds what was measured so far.
archive_after_every_step() {
  FAKE_ARCHIVE=$work/early.tar.gz gpu_check_of_stand_ins --steps device,tests-device --archive "$work/early.tar.gz"
  check "the first step in the archive that the second sees" 1 \
    "$(tar tzf "$work/early.tar.gz.seen" | grep -c '/logs/device.log$')"
  check_like "the summary in it" "*device * pass *total *" \
    "$(tar xzf "$work/early.tar.gz.seen" -O --wildcards '*/summary.txt')"
}

# A part ends in time, whatever came before: here after no more than seconds.
parts_end_in_time() {
  edited s/part_end=585/part_end=12/
  source_folder=$work/edited gpu_check_of_stand_ins --part 3 --archive "$work/short.tar.gz"
  check_like "limit of what fits" "1[0-2]" "$(total_limit)"
  check_like "what fits" "pass: *" "$(outcome sustained)"
  edited s/part_end=585/part_end=4/
  source_folder=$work/edited gpu_check_of_stand_ins --part 3 --archive "$work/shorter.tar.gz"
  check "what does not fit" "skipped: the time of part 3 is over" "$(outcome sustained)"
}

# Nor does a driver that hangs hold it up.
driver_that_hangs() {
  edited s/1:peak:60/1:peak:2/
  FAKE_CAPABILITY=never source_folder=$work/edited gpu_check "$work/hanging" --steps peak
  check "exit code with a driver that hangs" 2 "$code"
  check_like "peaks of a GPU that cannot be asked" "skipped: *compute capability unknown" "$(outcome peak)"
}

# tar_from CALL CODE: from then on tar makes an archive all the same, but says that something is wrong
tar_from() {
  executable "$stubs/tar" <<END
echo >>"$work/tar_calls"
"$(command -v tar)" "\$@" || exit
((\$(wc -l <"$work/tar_calls") < $1)) || exit $2
END
  rm -f "$work/tar_calls"
}

# An archive that cannot be written takes nothing along that was measured.
archives_that_fail() {
  local archive=$work/failing.tar.gz kept
  tar_from 2 2
  gpu_check_of_stand_ins --steps device,list,smoke --archive "$archive"
  check "exit code where the archive fails" 1 "$code"
  check_like "where the archive ends" "*results in *; to publish: $archive, which ends before step list*" "$out"
  check "the archive of the first step" 1 "$(tar tzf "$archive" | grep -c /logs/device.log)"
  kept=$(sed -n 's/^results in \(.*\); .*/\1/p' <<<"$out")
  check "results that are not in it" yes "$([[ -s ${kept:-/absent}/smoke/manifest.json ]] && echo yes)"
  [[ -z $kept ]] || rm -r "$kept"
  tar_from 1 2
  gpu_check_of_stand_ins --steps device --archive "$work/never.tar.gz"
  check_like "what is left without an archive" "*results in *; nothing to publish*" "$out"
  kept=$(sed -n 's/^results in \(.*\); .*/\1/p' <<<"$out")
  check "results without an archive" yes "$([[ -s ${kept:-/absent}/summary.txt ]] && echo yes)"
  [[ -z $kept ]] || rm -r "$kept"
  tar_from 1 1
  gpu_check "$work/changing" --steps device
  check "exit code where a file changed as it was read" 0 "$code"
  rm "$stubs/tar"
}

# Being ended leaves nothing running, and what was measured in the archive.
ended_early() {
  local signal
  mkdir -p "$work/slow/bin"
  ln -s "$program" "$work/slow/bin/petaproof"
  executable "$work/slow/bin/petaproof-gpu-tests" <<<'setsid sleep 303 & exec sleep 303'
  for signal in 2 15; do
    set -m # without it a process in the background ignores SIGINT
    env PATH="$stubs:$PATH" "$source_folder/scripts/gpu-check" --app "$work/slow" \
      --steps device,tests-device,tests-memory --archive "$work/ended-$signal.tar.gz" \
      >"$work/out" 2>/dev/null </dev/null &
    set +m
    until (($(running '^sleep.303') == 2)) || ! kill -0 $!; do sleep 0.1; done
    kill "-$signal" $!
    code=0
    wait $! || code=$?
    out=$(<"$work/out")
    check "exit code after signal $signal" $((128 + signal)) "$code"
    check "step that signal $signal ended" "fail: ended by signal $signal" "$(outcome tests-device)"
    check "step after signal $signal" '' "$(outcome tests-memory)"
    check "what runs after signal $signal" 0 "$(running '^sleep.30[23]')"
    check "archive after signal $signal" 1 "$(tar tzf "$work/ended-$signal.tar.gz" | grep -c /logs/tests-device.log)"
  done
}

# A command that does not end is ended, and with it what it left.
time_limits() {
  code=0
  (
    # shellcheck disable=SC2034  # read by limited
    log=/dev/null deadline=100 SECONDS=0
    # shellcheck source=scripts/lib.sh
    source "$source_folder/scripts/lib.sh"
    # shellcheck source=scripts/gpu/steps.sh
    source "$source_folder/scripts/gpu/steps.sh"
    limited 1 bash -c 'trap "" TERM; setsid sleep 301 & sleep 300'
    exit "$code"
  ) || code=$?
  check_like "exit code of a command that does not end" "1[23][47]" "$code"
  check "what it left" 0 "$(running '^sleep.301')"
}

archive_after_every_step
parts_end_in_time
driver_that_hangs
time_limits
archives_that_fail
ended_early
finish
