#!/usr/bin/env bash
# Runs the real program on several hosts (scripts/hosts): every node keeps its own records, and a link that dies while
# all wait for each other ends the run in bounded time, with what happened in the run folder. Exit 77 (skipped)
# without root or namespaces.
#
#   cluster_test.sh SOURCE_FOLDER PROGRAM
set -euo pipefail
source_folder=$(cd "$1" && pwd)
program=$(realpath "$2")
# shellcheck source=harness/tests/scripts/common.sh
source "$source_folder/harness/tests/scripts/common.sh"

hosts=$source_folder/scripts/hosts
launch="timeout -k 5 40 mpirun --oversubscribe --bind-to none"
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
unset "${!OMPI_@}"

# suite SECONDS: all-reduce cases of that length
suite() {
  cat >"$work/suite.json" <<END
{
  "schema": "petaproof-suite/1",
  "name": "cluster",
  "description": "all-reduce over several hosts",
  "defaults": {"seconds": $1, "warm_up_seconds": 0.1},
  "cases": [{"workload": "all_reduce/mpi", "params": {"size": ["64 KiB", "1 MiB"]}}]
}
END
}

outcome() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$work/$1/outcome.json" "$2"; }

every_node_keeps_its_records() {
  suite 0.2
  # shellcheck disable=SC2086  # several words
  call "$hosts" 4 -- $launch -np 8 "$program" run "$work/suite.json" --expect-ranks 8 --out "$work/whole"
  check "exit code of 8 ranks on 4 hosts" 0 "$code"
  check_like "table of 8 ranks on 4 hosts" "*2 of 2 cases passed, 8 ranks on 4 nodes*" "$out"
  check "nodes with records" "h1 h2 h3 h4" "$(find "$work/whole/ranks" -name '*.jsonl' -printf '%f\n' |
    grep -o 'h[0-9]*' | sort -u | paste -sd ' ')"
  check "records of each node" 4 "$(grep -lE '"disposition": ?"pass"' "$work"/whole/ranks/*.jsonl | wc -l)"
}

separate_launches_are_refused() {
  # shellcheck disable=SC2086
  call "$hosts" 2 -- $launch -np 2 "$program" run "$work/suite.json" --expect-ranks 4 --out "$work/fewer"
  check "exit code of 2 ranks where 4 are expected" 4 "$code"
  check "stdout of 2 ranks where 4 are expected" '' "$out"
}

# The ranks end themselves. mpirun may wait on for the dead node's daemon, for as long as the kernel repeats what was
# not acknowledged (some 15 minutes), which is why it stands under a timeout.
dead_link_ends_the_run() {
  suite 20
  local started
  started=$(date +%s)
  # shellcheck disable=SC2016,SC2086
  call "$hosts" 3 -- sh -c '(sleep 4; "$0" link-down h3) & "$@"' "$hosts" \
    $launch -np 3 "$program" run "$work/suite.json" --case-timeout 8 --out "$work/dead"
  check "a dead link is a failure" yes "$( ((code != 0)) && echo yes)"
  check_like "what a dead link says" '*petaproof: rank [012] on h[123]: phase "*" did not end within 8 s*' "$err"
  check "exit code in the outcome" 4 "$(outcome dead exit_code)"
  check "complete, in the outcome" False "$(outcome dead complete)"
  check "nodes that kept what they had" 3 "$(find "$work/dead/ranks" -name '*.jsonl' | wc -l)"
  local ended=$(($(stat -c %Y "$work/dead/outcome.json") - started))
  echo "measured: link down after 4 s, outcome written after $ended s, mpirun ended after $(($(date +%s) - started)) s"
  check "the outcome came in time" yes "$( ((ended < 30)) && echo yes)"
}

call "$hosts" 1 -- true
if ((code == 77)); then
  echo "skipped: $err"
  exit 77
fi
every_node_keeps_its_records
separate_launches_are_refused
dead_link_ends_the_run
finish
