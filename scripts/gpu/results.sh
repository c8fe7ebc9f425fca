# shellcheck shell=bash disable=SC2154  # gpu-check and app.sh set what is read here
# What scripts/gpu-check leaves: a folder of results, and the same in one archive.

# The first step that the archive lacks, as it could not be written since; and a folder that goes once it lacks none.
lacking='' fleeting=''

# Sets $out and $archive to absolute paths. With --archive alone the folder is a fleeting one.
choose_results() {
  local stamp
  stamp=$(date -u +%Y%m%dT%H%M%SZ)
  folder_in_archive=gpu-check-$stamp
  if [[ -z $out ]]; then
    out=$root/results/local/gpu-check-$stamp
    [[ -z $archive ]] || out=$(mktemp -d -t petaproof-gpu-check-XXXXXX) fleeting=$out
  fi
  [[ ! -e $out || -d $out ]] || fail 3 "$out is no folder"
  if [[ -d $out && -n $(ls -A "$out") ]]; then
    fail 3 "$out is not empty"
  fi
  mkdir -p "$out/logs" 2>/dev/null || fail 4 "cannot write to $out"
  out=$(cd "$out" && pwd)
  : "${archive:=$out/run.tar.gz}"
  [[ ! -e $archive ]] || fail 3 "$archive is there already"
  mkdir -p "$(dirname "$archive")" 2>/dev/null || fail 4 "cannot write $archive"
  # tried before anything is measured
  (: >"$archive.part") 2>/dev/null || fail 4 "cannot write $archive"
  rm "$archive.part"
  archive=$(cd "$(dirname "$archive")" && pwd)/$(basename "$archive")
}

# quoted COMMAND...: the command and what it says, whatever it ends with
quoted() {
  printf '\n%s\n' "$*"
  briefly "$@" 2>&1 </dev/null || true
}

# Which variables were set, and which unset, stands in the manifest of every run, by the program's own allow-list.
write_environment() {
  {
    printf 'kernel %s\n' "$(uname -sr)"
    briefly "${ours[@]}" "$app/bin/petaproof" version </dev/null || true
    printf 'started by %s\n' "${ours[*]}"
    printf 'ssh: %s\n' "$(command -v ssh || echo none)"
    quoted df -h /dev/shm "$out"
    quoted ip -brief address
    quoted bash -c "ldconfig -p | grep -E 'lib(cuda|nvidia|cublas|cudnn|nccl|nvrtc)'"
    quoted python3 -c 'from importlib import metadata
for one in metadata.distributions():
    if str(one.metadata["Name"]).startswith(("nvidia", "torch")): print(one.metadata["Name"], one.version)'
  } >"$out/environment.txt"
  briefly nvidia-smi -q >"$out/nvidia-smi-q.txt" 2>&1 </dev/null || true
}

print_summary() {
  local total=pass
  ((failed == 0)) || total=fail
  printf '%-15s %-8s %7s %6s  %s\n' STEP OUTCOME SECONDS LIMIT WHY
  printf '%s\n' "${rows[@]}"
  printf '%-15s %-8s %7s %6s  %s\n' total "$total" "$SECONDS" "$limits" "$failed failed, $skipped skipped"
}

# All results in one archive, whose one folder can be moved below results/ as it is.
pack_results() {
  local code=0
  print_summary >"$out/summary.txt" || return 1
  # made elsewhere: tar would see the folder change
  tar czf "$scratch/run.tar.gz" -C "$out" --exclude="./${archive#"$out/"}" \
    --transform "s,^\.,$folder_in_archive," . || code=$?
  # 1: a file changed as tar read it, say the log of what is slow to die; the others are whole
  ((code <= 1)) && cp "$scratch/run.tar.gz" "$archive.part" && mv "$archive.part" "$archive"
}

# After step $name. The new archive takes the old one's place once it is whole, and if it cannot the old one stays: the
# machine may go at any time, and the disk may be full.
write_archive() {
  if pack_results; then
    lacking=''
  else
    : "${lacking:=$name}"
    rm -f "$archive.part"
    return 1
  fi
}

forget_results() {
  [[ -z $fleeting || -n $lacking ]] || rm -rf "$fleeting"
}

what_is_left() {
  [[ -n $fleeting && -z $lacking ]] || printf 'results in %s; ' "$out"
  if [[ ! -e $archive ]]; then
    printf 'nothing to publish: the archive could not be written, see above'
  else
    printf 'to publish: %s' "$archive${lacking:+, which ends before step $lacking: see above}"
  fi
}
