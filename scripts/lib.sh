# shellcheck shell=bash
# What scripts/petaproof, scripts/test and scripts/setup share: messages, cores, configure and build.
# Nothing here writes to stdout: that belongs to the program alone.

root=$(cd -- "${BASH_SOURCE[0]%/*}/.." && pwd)
# shellcheck source=scripts/cuda.sh
source "$root/scripts/cuda.sh"

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# fail CODE MESSAGE...: one clear line; 3 for usage, 4 for the environment, as the program itself.
fail() {
  local code=$1
  shift
  say "$*"
  exit "$code"
}

# Logical cores that this process may use: affinity and a container's CPU quota count.
usable_cores() {
  local cores quota period
  cores=$(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc)
  if read -r quota period 2>/dev/null </sys/fs/cgroup/cpu.max && [[ $quota != max ]]; then
    quota=$(((quota + period - 1) / period))
    ((quota < cores)) && cores=$quota
  fi
  echo "$cores"
}

# A wheel's program goes before the system's: setup only puts there what the system lacks.
use_venv() {
  if [[ -d $root/.venv/bin ]]; then
    PATH=$root/.venv/bin:$PATH
  fi
}

has_gpu() { [[ -e /dev/nvidiactl ]]; }

# choose_preset ARGUMENTS...: sets $preset to what PETAPROOF_PRESET says, or to cuda where there is a GPU or the
# program's arguments ask for one, or to host.
choose_preset() {
  preset=host
  if [[ -n ${PETAPROOF_PRESET:-} ]]; then
    [[ $PETAPROOF_PRESET =~ ^(host|host-asan|cuda)$ ]] ||
      fail 3 "PETAPROOF_PRESET is '$PETAPROOF_PRESET'; it can be host, host-asan or cuda"
    preset=$PETAPROOF_PRESET
  elif has_gpu || [[ " $* " == *' --backend cuda '* || " $* " == *' --backend=cuda '* ]]; then
    preset=cuda
  fi
}

# prepare_preset: what preset cuda needs beyond the rest. What cannot be had (no network) is said; a compiler alone
# builds what needs no more, and without any the host's preset is left. A failure is not tried again for an hour.
prepare_preset() {
  local failed=$root/build/.setup-cuda-failed
  [[ $preset == cuda ]] || return 0
  if [[ -n $(find "$failed" -mmin -60 2>/dev/null) ]]; then
    say "CUDA's set-up failed less than an hour ago; scripts/setup --cuda tries again"
  elif "$root/scripts/setup" --cuda; then
    rm -f "$failed"
    return
  else
    mkdir -p "$root/build"
    touch "$failed"
  fi
  if has_compiler; then
    say "going on with the CUDA that is here; workloads whose library is not are left out and say so"
  elif [[ -n ${PETAPROOF_PRESET:-} ]]; then
    fail 4 "PETAPROOF_PRESET is cuda, but there is no CUDA compiler"
  else
    say "there is no CUDA compiler: going on with preset host, which has no workload for GPUs"
    preset=host
  fi
}

# configure PRESET [CMAKE OPTIONS...]: only when there is no build tree yet, the presets or what CUDA's set-up found
# are newer, or options are given; ninja itself sees every other change.
configure() {
  local preset=$1 dir=$root/build/$1 log=$root/build/$1/configure.log
  shift
  if [[ $# -eq 0 && -e $dir/build.ninja && ! $root/CMakePresets.json -nt $dir/build.ninja ]] &&
    [[ $preset != cuda || ! $root/build/.setup-cuda -nt $dir/build.ninja ]]; then
    return
  fi
  mkdir -p "$dir"
  say "configuring preset $preset"
  if ! (cd "$root" && cmake --preset "$preset" "$@") >"$log" 2>&1 </dev/null; then
    grep -A12 -m1 '^CMake Error' "$log" >&2 || tail -n 12 "$log" >&2
    fail 4 "CMake could not configure preset $preset; all it said is in $log"
  fi
  # cmake leaves an unchanged build.ninja as it was; without this every call would configure again
  touch "$dir/build.ninja"
}

# Shows a build's output on stderr: progress now and then, warnings and errors whole, nothing for a build that had
# nothing to do.
show_build() {
  local line live='' started=$SECONDS shown=$SECONDS
  while IFS= read -r line || [[ -n $line ]]; do
    case $line in
      'ninja: Entering directory'* | 'ninja: no work to do.' | '-- '* | '[0/'*) ;;
      '['[0-9]*/[0-9]*'] '*)
        if [[ -t 2 ]] && ((SECONDS > started)); then
          printf '\rbuild %s ' "${line%% *}" >&2
          live=yes
        elif ((SECONDS - shown >= 10)); then
          say "build ${line%% *}"
          shown=$SECONDS
        fi
        ;;
      *)
        [[ -n $live ]] && printf '\r\033[K' >&2
        live=''
        printf '%s\n' "$line" >&2
        ;;
    esac
  done
  [[ -z $live ]] || printf '\r\033[K' >&2
}

# build PRESET TARGET...
build() {
  local dir=$root/build/$1
  shift
  cmake --build "$dir" --parallel "$(usable_cores)" --target "$@" 2>&1 </dev/null | show_build
}

# end_orphans MARK: ranks outlive an mpirun that was killed, and for a moment one that killed them. They carry MARK, a
# variable of their launch alone, in their environment; this returns when there are none.
end_orphans() {
  local file files attempt
  for ((attempt = 0; attempt < 50; attempt++)); do
    mapfile -t files < <(grep -lsaF "$1" /proc/[0-9]*/environ)
    ((${#files[@]})) || return 0
    for file in "${files[@]}"; do
      file=${file#/proc/}
      kill -KILL "${file%/environ}" 2>/dev/null || true
    done
    sleep 0.1
  done
}
