#!/usr/bin/env bash
# Tests scripts/hosts, the several hosts on one machine: ranks on every host, a slow link that is slow, a dead link that
# MPI waits for and our timeout ends, and that nothing is left behind. Exit 77 (skipped) without root or namespaces.
#
#   hosts_test.sh SOURCE_FOLDER
set -euo pipefail
source_folder=$(cd "$1" && pwd)
# shellcheck source=harness/tests/scripts/common.sh
source "$source_folder/harness/tests/scripts/common.sh"

stub_project "$source_folder"
hosts=$project/scripts/hosts
wrapper=$project/scripts/petaproof
export PETAPROOF_PRESET=host
unset PETAPROOF_TIMEOUT "${!OMPI_@}"

namespaces_left() { ip netns list | grep -c '^petaproof-' || true; }

nothing_left() {
  check "namespaces left after $1" "$namespaces_before" "$(namespaces_left)"
  check "processes left after $1" 0 "$(grep -lsa "$project/build/host/[b]in/petaproof" /proc/[0-9]*/cmdline | wc -l)"
}

bad_arguments() {
  local arguments
  for arguments in '' 2 '2 true' '0 -- true' '65 -- true' 'two -- true' 'link-down h1' 'slow h1 1mbit'; do
    # shellcheck disable=SC2086  # several arguments
    call "$hosts" $arguments
    check "exit code of hosts $arguments" 3 "$code"
  done
  call "$hosts" 2 -- "$hosts" link-down h3
  check "exit code for a host that is none" 3 "$code"
  check "message for a host that is none" "hosts: there is no host 'h3'; there are: h1 h2" "$err"
}

ranks_on_every_host() {
  call "$hosts" 4 -- "$wrapper" --ranks 4 sum
  check "exit code on 4 hosts" 0 "$code"
  check "hosts that ran a rank" "rank 0 of 4 on h1: sum 6,rank 1 of 4 on h2: sum 6,rank 2 of 4 on h3: sum 6,$(
  )rank 3 of 4 on h4: sum 6" "$(sort "$work/out" | paste -sd ,)"
  nothing_left "a run on 4 hosts"
  call "$hosts" 2 -- "$wrapper" --ranks 4 exit 2
  check "exit code through hosts and mpirun" 2 "$code"
}

slow_link() {
  local quick
  call "$hosts" 3 -- "$wrapper" --ranks 3 exchange 3
  quick=$out
  # shellcheck disable=SC2016  # for the inner shell
  call "$hosts" 3 -- sh -c '"$1" slow h2 200mbit && "$2" --ranks 3 exchange 3' sh "$hosts" "$wrapper"
  echo "measured: 3 all-reduces of 4 MiB over 3 hosts: $quick ms; with h2 at 200 Mbit/s: $out ms"
  # h2 must send at least 2 x 4 MiB x 2/3 each time: 3 x 5.6 MB at 25 MB/s is 670 ms
  check "a slow link is slow" yes "$( ((out > 400 && out > quick)) && echo yes)"
}

dead_link() {
  # shellcheck disable=SC2016
  call env PETAPROOF_TIMEOUT=4 "$hosts" 3 -- sh -c '(sleep 2; "$1" link-down h3) & "$2" --ranks 3 exchange 1000000' \
    sh "$hosts" "$wrapper"
  check_like "exit code with a dead link" "1[23][47]" "$code"
  check_like "message with a dead link" "*after PETAPROOF_TIMEOUT=4*" "$err"
  nothing_left "a dead link"
}

interrupted() {
  "$hosts" 2 -- "$wrapper" --ranks 2 stuck >/dev/null 2>&1 &
  sleep 3
  kill -TERM $!
  code=0
  wait $! || code=$?
  check "exit code when ended by SIGTERM" 143 "$code"
  nothing_left "SIGTERM"
}

without_root() {
  call setpriv --reuid=65534 --clear-groups bash "$hosts" 2 -- true
  check "exit code without root" 77 "$code"
  check "message without root" "hosts: needs root to make network namespaces" "$err"
}

call "$hosts" 1 -- true
if ((code == 77)); then
  echo "skipped: $err"
  exit 77
fi
chmod -R a+rX "$work"
namespaces_before=$(namespaces_left)
call "$wrapper" one # builds the stub
check "exit code of the build" 0 "$code"
bad_arguments
ranks_on_every_host
slow_link
dead_link
interrupted
without_root
finish
