# shellcheck shell=bash disable=SC2154  # gpu-check and steps.sh set what is read here
# Steps tests-FAMILY of scripts/gpu-check: the GPU tests, each family a process with its own limit, log and report. An
# illegal access ends all that its process could do on the GPU, and a barrier that is never reached holds it for ever.

# Filters of GoogleTest's, by family; all other tests are of family `device`.
declare -A test_families=(
  [memory]='*/memory_*:*/host_device_*:*/latency_*'
  [cublaslt]='*/cublaslt_*'
  [nccl]='AllReduceNccl*'
  [cudnn]='*/attention_cudnn_*'
  [peak]='*/peak_fma_*:*/peak_mma_*'
  [wgmma]='*/peak_wgmma_*'
  [hopper]='*/hopper_*'
  [attention]='*/attention_hopper*'
)

# test_filter FAMILY
test_filter() {
  local IFS=:
  echo "${test_families[$1]:--${test_families[*]}}"
}

# gtest_count WORD: N of "[  PASSED  ] N tests."
gtest_count() { sed -n "s/^\[  *$1 *\] \([0-9]*\) tests\{0,1\}[.,].*/\1/p" "$log" | tail -n 1 | grep . || echo 0; }

# The first few that failed: after an error of the GPU all do.
failed_tests() {
  grep -aE '^\[  FAILED  \] [^0-9]' "$log" | sed 's/^.*\] //; s/,.*//; s/ (.*//' | awk '!seen[$0]++' | head -n 5 |
    paste -sd ' '
}

step_tests() {
  local program=$app/bin/petaproof-gpu-tests passed skipped names
  if [[ ! -x $program ]]; then
    skip "$app has no petaproof-gpu-tests"
    return
  fi
  limited "$limit" "${ours[@]}" "$program" "--gtest_filter=$(test_filter "$1")" \
    "--gtest_output=xml:$out/gpu-tests/$1.xml" --gtest_color=no
  passed=$(gtest_count PASSED) skipped=$(gtest_count SKIPPED)
  if ((code == 124 || code == 137)); then
    names=$(failed_tests)
    failure "did not end within its time in $(last '\[ RUN .*')${names:+; failed before: $names}"
  elif ((code != 0)); then
    names=$(failed_tests)
    # without any the program did not start, or broke off
    failure "$(gtest_count FAILED) failed, exit code $code: ${names:-$(last '[^[:space:]].*')}"
  elif ((passed == 0 && skipped == 0)); then
    # the filter is wrong, or the build lacks what it is to prove
    failure "no test ran: this build has none of the family"
  elif ((passed == 0)); then
    skip "all $skipped skipped: $(grep -aA1 ': Skipped$' "$log" | sed -n 2p)"
  else
    pass "$passed passed, $skipped skipped"
  fi
}
