# shellcheck shell=bash disable=SC2034,SC2154  # $outcome and $why are read, $log, $out and the like set, by gpu-check
# The steps of scripts/gpu-check. Each sets $outcome to pass, fail or skipped and $why to one line, may take until
# $deadline, and writes what commands say to $log.

pass() { outcome=pass why=$*; }
skip() { outcome=skipped why=$*; }
failure() { outcome=fail why=$*; }

# limited SECONDS COMMAND...: not beyond $deadline either; its exit code in $code, all it says in $log; whatever it
# leaves running is ended.
limited() {
  local seconds=$1 mark
  shift
  (($(time_left) > seconds)) || seconds=$(time_left)
  mark=PETAPROOF_LAUNCH=$$-$RANDOM$RANDOM
  code=0
  ((seconds > 0)) || {
    code=124
    return
  }
  # In the background: a signal that ends this shell does so at once. It need not tell of a killed process.
  {
    env "$mark" timeout -k 5 "$seconds" "$@" >>"$log" 2>&1 </dev/null &
    wait $! || code=$?
  } 2>/dev/null
  if ((code == 124 || code >= 128)); then
    end_orphans "$mark"
  fi
}

time_left() { echo $((deadline - SECONDS)); }

# last PATTERN: the last line of the log like it, whatever stands before the pattern cut off
last() { grep -aoE "$1" "$log" | tail -n 1; }

# What a run of Petaproof ended with. Code 2 is no pass: a case that could not be measured was asked for.
judge_run() {
  local sentence complaint reason
  sentence=$(last '[0-9]+ of [0-9]+ cases passed.*' | sed 's/; records in.*//')
  complaint=$(last 'petaproof: .*')
  case $code in
    0) pass "$sentence" ;;
    124 | 137) failure "did not end within its time: $(last '[^[:space:]].*')" ;;
    1 | 2)
      # the table is followed by a line for each case that did not pass
      reason=$(grep -aE '^(fail_verify|fail_run|invalid|timeout|skipped|not_supported): ' "$log" | head -n 1)
      failure "${sentence:-${complaint:-exit code $code}}${reason:+; first $reason}"
      ;;
    *) failure "exit code $code: ${complaint:-$(last '[^[:space:]].*')}" ;;
  esac
}

show_table() { sed -n '/^CASE /,/^$/p' "$log"; }

step_device() {
  if ! command -v nvidia-smi >/dev/null; then
    failure "there is no nvidia-smi: no NVIDIA driver is installed here"
    return
  fi
  limited "$limit" nvidia-smi -L
  if ((code != 0)) || ! grep -q '^GPU ' "$log"; then
    failure "nvidia-smi sees no GPU: $(last '[^[:space:]].*')"
    return
  fi
  pass "$(grep -a '^GPU ' "$log" | sed 's/ (UUID.*//' | paste -sd ';')"
}

# The module loads and names its workloads; which library is missing otherwise, its reason says.
step_list() {
  local missing
  limited "$limit" "${ours[@]}" "$app/bin/petaproof" version
  limited "$(time_left)" "${ours[@]}" "$app/bin/petaproof" list
  missing=$(not_found | paste -sd ' ')
  if ((code != 0)); then
    failure "exit code $code: $(last '[^[:space:]].*')"
  elif [[ -n $missing ]]; then
    failure "not found here: $missing"
  elif ! grep -q '\[cuda[],]' "$log"; then
    failure "no workload for GPUs: $(last 'not available: .*')"
  else
    pass "$(grep -c '\[cuda[],]' "$log") workloads for GPUs"
  fi
}

# Beside the compiler, where that is not on PATH either.
find_sanitizer() {
  local folder
  command -v compute-sanitizer && return
  for folder in "${CUDA_HOME:-/absent}" "${CUDA_PATH:-/absent}" /usr/local/cuda; do
    if [[ -x $folder/bin/compute-sanitizer ]]; then
      echo "$folder/bin/compute-sanitizer"
      return
    fi
  done
}

# memcheck SECONDS COMMAND...: under compute-sanitizer. Calls that fail on purpose are no finding.
memcheck() {
  local seconds=$1
  shift
  limited "$seconds" "${ours[@]}" "$sanitizer" --tool memcheck --report-api-errors no --error-exitcode 99 "$@"
}

# A tiny trial first: on some virtual machines the tool is there and cannot work.
step_sanitizer() {
  local summary sanitizer trial="$app/bin/petaproof-gpu-tests"
  sanitizer=$(find_sanitizer)
  if [[ -z $sanitizer ]]; then
    skip "not available: there is no compute-sanitizer on PATH or in a CUDA toolkit"
    return
  elif [[ ! -x $trial ]]; then
    skip "not available: nothing to try it with, $app has no petaproof-gpu-tests"
    return
  fi
  memcheck 25 "$trial" --gtest_filter='*SetBytesReachesTheLastByte' --gtest_color=no
  if ((code != 0 && code != 99)) || ! grep -q 'PASSED  \] [1-9]' "$log" || ! grep -q 'ERROR SUMMARY: ' "$log" ||
    grep -qE 'not supported|Internal' "$log"; then
    skip "not available: a small trial ended with code $code: $(last '=========.*|^.*rror.*|[^[:space:]].*')"
    return
  fi
  memcheck "$(time_left)" "$app/bin/petaproof" run gpu-tiny --backend cuda --out "$out/sanitizer"
  summary=$(last 'ERROR SUMMARY: .*')
  if ((code == 99)); then
    failure "$summary"
  else
    judge_run
    why="${summary:-no summary of the sanitizer}; $why"
  fi
}

# run_suite NAME FOLDER
run_suite() {
  limited "$limit" "${ours[@]}" "$app/bin/petaproof" run "$1" --backend cuda --out "$out/$2"
  judge_run
  show_table
}

step_smoke() { run_suite smoke smoke; }

# Windows of minutes, which a claim needs.
step_sustained() { run_suite gpu-sustained sustained; }

# What the GPU issues at most, beside GEMM: other instructions on each architecture.
step_peak() {
  local capability='' suite
  limited 20 nvidia-smi --query-gpu=compute_cap --format=csv,noheader
  ((code != 0)) || capability=$(head -n 1 "$log")
  case $capability in
    9.0) suite=gpu-peak ;;
    8.*) suite=gpu-peak-ampere ;;
    *)
      skip "no suite has the peaks of a GPU of compute capability ${capability:-unknown}"
      return
      ;;
  esac
  run_suite "$suite" peak
}

# step_nccl N: N processes on the GPUs that are there, which they share on purpose if there are fewer. They are all on
# this machine, which may have neither ssh nor room in /dev/shm: without plm=isolated mpirun ends for want of a remote
# shell (Open MPI 4.1, plm_rsh_component.c).
step_nccl() {
  local ranks=$1
  if [[ ! -x $mpirun ]]; then
    skip "there is no mpirun, neither in $app/mpi nor on PATH"
    return
  fi
  limited "$limit" "${ours[@]}" OMPI_MCA_plm=isolated OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader \
    OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_btl_vader_backing_directory="$scratch" \
    OMPI_MCA_orte_tmpdir_base="$scratch" NCCL_DEBUG=INFO NCCL_DEBUG_FILE="$out/logs/nccl-$ranks.%p.txt" \
    "$mpirun" -np "$ranks" --oversubscribe --bind-to none \
    "$app/bin/petaproof" run gpu-nccl --backend cuda --share-gpu --expect-ranks "$ranks" --out "$out/nccl-$ranks"
  judge_run
  show_table
}

step_published() {
  local results=$root/results
  command -v python3 >/dev/null || {
    skip "there is no python3"
    return
  }
  if [[ ! -e $out/smoke/manifest.json ]]; then
    skip "there is no smoke run to compare"
    return
  fi
  limited "$limit" python3 -B "$root/scripts/peers/against_published.py" "$out/smoke" "$results"
  cat "$log"
  if ((code != 0)); then
    failure "$(last '[^[:space:]].*')"
  elif grep -q '^no published run' "$log"; then
    skip "$(last 'no published run.*')"
  else
    pass "$(grep -c ' x the ' "$log") cases beside published ones"
  fi
}
