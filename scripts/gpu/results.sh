# shellcheck shell=bash disable=SC2154  # gpu-check and app.sh set what is read here
# What scripts/gpu-check leaves: a folder of results, and the same in one archive.

# Sets $out and $archive to absolute paths. Without --out the folder is a scratch one, of which the archive alone stays.
choose_results() {
  local stamp
  stamp=$(date -u +%Y%m%dT%H%M%SZ)
  folder_in_archive=gpu-check-$stamp
  if [[ -z $out ]]; then
    out=$root/results/local/gpu-check-$stamp
    [[ -z $archive ]] || out=$scratch/results
  fi
  if [[ -d $out && -n $(ls -A "$out") ]]; then
    fail 3 "$out is not empty"
  fi
  mkdir -p "$out/logs" 2>/dev/null || fail 4 "cannot write to $out"
  out=$(cd "$out" && pwd)
  : "${archive:=$out/run.tar.gz}"
  [[ ! -e $archive ]] || fail 3 "$archive is there already"
  mkdir -p "$(dirname "$archive")" 2>/dev/null || fail 4 "cannot write $archive"
  archive=$(cd "$(dirname "$archive")" && pwd)/$(basename "$archive")
}

# quoted COMMAND...: the command and what it says, whatever it ends with
quoted() {
  printf '\n%s\n' "$*"
  timeout -k 5 20 "$@" 2>&1 </dev/null || true
}

# Which variables were set, and which unset, stands in the manifest of every run, by the program's own allow-list.
write_environment() {
  {
    printf 'kernel %s\n' "$(uname -sr)"
    timeout -k 5 20 "${ours[@]}" "$app/bin/petaproof" version </dev/null || true
    printf 'started by %s\n' "${ours[*]}"
    printf 'ssh: %s\n' "$(command -v ssh || echo none)"
    quoted df -h /dev/shm "$out"
    quoted ip -brief address
    quoted bash -c "ldconfig -p | grep -E 'lib(cuda|nvidia|cublas|cudnn|nccl|nvrtc)'"
    quoted python3 -c 'from importlib import metadata
for one in metadata.distributions():
    if str(one.metadata["Name"]).startswith(("nvidia", "torch")): print(one.metadata["Name"], one.version)'
  } >"$out/environment.txt"
  timeout -k 5 20 nvidia-smi -q >"$out/nvidia-smi-q.txt" 2>&1 </dev/null || true
}

print_summary() {
  local total=pass
  ((failed == 0)) || total=fail
  printf '%-15s %-8s %7s %6s  %s\n' STEP OUTCOME SECONDS LIMIT WHY
  printf '%s\n' "${rows[@]}"
  printf '%-15s %-8s %7s %6s  %s\n' total "$total" "$SECONDS" "$limits" "$failed failed, $skipped skipped"
}

# Everything so far in one archive, whose one folder can be moved below results/ as it is. It takes the old one's place
# once it is whole: the machine may go at any time.
write_archive() {
  print_summary >"$out/summary.txt" || return 1
  # made elsewhere: tar would see the folder change
  if ! tar czf "$scratch/run.tar.gz" -C "$out" --exclude="./${archive#"$out/"}" \
    --transform "s,^\.,$folder_in_archive," . ||
    ! cp "$scratch/run.tar.gz" "$archive.part" || ! mv "$archive.part" "$archive"; then
    rm -f "$archive" "$archive.part"
    return 1
  fi
}

what_is_left() {
  [[ $out == "$scratch"/* ]] || printf 'results in %s; ' "$out"
  printf 'to publish: %s' "$archive"
}
