# shellcheck shell=bash disable=SC2034,SC2154  # $outcome and $why are read, $log, $out and the like set, by gpu-check
# The steps of scripts/gpu-check. Each sets $outcome to pass, fail or skipped and $why to one line, may take until
# $deadline, and writes what commands say to $log.

pass() { outcome=pass why=$*; }
skip() { outcome=skipped why=$*; }
failure() { outcome=fail why=$*; }

# limited SECONDS COMMAND...: its exit code in $code, all it says in $log; whatever it leaves running is ended.
limited() {
  local seconds=$1 mark
  shift
  mark=PETAPROOF_LAUNCH=$$-$RANDOM$RANDOM
  code=0
  ((seconds > 0)) || {
    code=124
    return
  }
  # the shell itself need not tell of a killed process
  { env "$mark" timeout -k 5 "$seconds" "$@" >>"$log" 2>&1 </dev/null || code=$?; } 2>/dev/null
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
      failure "${sentence:-$complaint}${reason:+; first $reason}"
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
  timeout -k 5 "$limit" nvidia-smi -q >"$out/nvidia-smi-q.txt" 2>&1 </dev/null || true
}

# The module loads and names its workloads; which library is missing otherwise, its reason says.
step_list() {
  local missing
  limited "$limit" "${ours[@]}" "$app/bin/petaproof" version
  limited "$limit" "${ours[@]}" "$app/bin/petaproof" list
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

# gtest_count WORD: N of "[  PASSED  ] N tests."
gtest_count() { sed -n "s/^\[  *$1 *\] \([0-9]*\) tests\{0,1\}[.,].*/\1/p" "$log" | tail -n 1 | grep . || echo 0; }

step_tests() {
  local program=$app/bin/petaproof-gpu-tests passed skipped names
  if [[ ! -x $program ]]; then
    skip "$app has no petaproof-gpu-tests"
    return
  fi
  limited "$limit" "${ours[@]}" "$program" "--gtest_output=xml:$out/gpu-tests.xml" --gtest_color=no
  passed=$(gtest_count PASSED) skipped=$(gtest_count SKIPPED)
  if ((code == 124 || code == 137)); then
    failure "did not end within its time in $(last '\[ RUN .*')"
  elif ((code != 0)); then
    names=$(grep -aE '^\[  FAILED  \] [^0-9]' "$log" | sed 's/^.*\] //; s/,.*//; s/ (.*//' | sort -u | paste -sd ' ')
    # without any the program did not start, or broke off
    failure "$(gtest_count FAILED) failed, exit code $code: ${names:-$(last '[^[:space:]].*')}"
  elif ((passed == 0)); then
    skip "all $skipped skipped: $(grep -aA1 ': Skipped$' "$log" | sed -n 2p)"
  else
    pass "$passed passed, $skipped skipped"
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

step_smoke() {
  limited "$limit" "${ours[@]}" "$app/bin/petaproof" run smoke --backend cuda --out "$out/smoke"
  judge_run
  show_table
}

# What the GPU issues at most, beside GEMM: other instructions on each architecture.
step_peak() {
  local capability suite
  capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -n 1) || capability=''
  case $capability in
    9.0) suite=gpu-peak ;;
    8.*) suite=gpu-peak-ampere ;;
    *)
      skip "no suite has the peaks of a GPU of compute capability ${capability:-unknown}"
      return
      ;;
  esac
  limited "$limit" "${ours[@]}" "$app/bin/petaproof" run "$suite" --backend cuda --out "$out/peak"
  judge_run
  show_table
}

# step_nccl N: N processes on the GPUs that are there, which they share on purpose if there are fewer.
step_nccl() {
  local ranks=$1
  if [[ ! -x $mpirun ]]; then
    skip "there is no mpirun, neither in $app/mpi nor on PATH"
    return
  fi
  limited "$limit" "${ours[@]}" OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader \
    OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_orte_tmpdir_base="${TMPDIR:-/tmp}" \
    "$mpirun" -np "$ranks" --oversubscribe --bind-to none \
    "$app/bin/petaproof" run gpu-nccl --backend cuda --share-gpu --expect-ranks "$ranks" --out "$out/nccl-$ranks"
  judge_run
  show_table
}

# PyTorch finds its own libraries; of the caller's LD_LIBRARY_PATH it gets no more than the driver's folder.
choose_torch_environment() {
  local folder driver=''
  while read -r folder; do
    [[ -n $folder && -e $folder/libcuda.so.1 ]] && driver+=${driver:+:}$folder
  done <<<"$(tr : '\n' <<<"${LD_LIBRARY_PATH:-}")"
  theirs=(env -u LD_LIBRARY_PATH)
  [[ -z $driver ]] || theirs=(env "LD_LIBRARY_PATH=$driver")
}

# torch_block WHAT NUMBER: ours, then PyTorch's on the same cases; false, with outcome and reason, where one failed.
torch_block() {
  limited "$(time_left)" "${ours[@]}" "$app/bin/petaproof" run "gpu-$1" --backend cuda --out "$peers/ours-$2"
  if ((code != 0)); then
    judge_run
    why="ours, block $2: $why"
    return 1
  fi
  limited "$(time_left)" "${theirs[@]}" python3 -B "$root/scripts/peers/torch_$1.py" \
    "$peers/ours-$2" "$peers/torch-$2.json"
  if ((code != 0)); then
    failure "PyTorch's, block $2: exit code $code: $(last '[^[:space:]].*')"
    return 1
  fi
}

# step_torch WHAT, gemm or attention: blocks of ours and of PyTorch in turn, so that neither has the cooler GPU.
step_torch() {
  local peers=$out/torch-$1 block begun longest=0
  command -v python3 >/dev/null || {
    skip "there is no python3"
    return
  }
  choose_torch_environment
  limited 30 "${theirs[@]}" python3 -c 'import sys
try: import torch
except ImportError as error: print(error); sys.exit(77)
print(f"PyTorch {torch.__version__} sees {torch.cuda.device_count()} GPUs")
sys.exit(0 if torch.cuda.is_available() else 77)'
  if ((code != 0)); then
    skip "$(last '[^[:space:]].*')"
    return
  fi
  mkdir -p "$peers"
  for block in 1 2 3 4 5; do
    # as many as the time allows: none is begun that would be cut off
    ((block == 1 || $(time_left) > longest + 5)) || break
    begun=$SECONDS
    torch_block "$1" "$block" || return
    ((SECONDS - begun <= longest)) || longest=$((SECONDS - begun))
  done
  limited 10 python3 -B "$root/scripts/peers/against_torch.py" "$peers"
  sed -n '/^ours: /,$p' "$log"
  if ((code == 0)); then
    pass "ratios to PyTorch are in torch-$1/comparison.json"
  else
    failure "not every case could be compared: $(last '[^[:space:]].*')"
  fi
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

# Which variables were set, and which unset, stands in the manifest of every run, by the program's own allow-list.
write_environment() {
  printf 'kernel %s\n' "$(uname -sr)"
  "${ours[@]}" "$app/bin/petaproof" version
  printf 'started by %s\n' "${ours[*]}"
}
