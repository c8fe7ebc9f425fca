#!/usr/bin/env bash
# Every shell script of the repository is clean under shellcheck. Exit 77 (skipped) where there is no shellcheck.
#
#   lint_test.sh SOURCE_FOLDER
set -euo pipefail
cd "$1"
if ! command -v shellcheck >/dev/null; then
  echo "skipped: there is no shellcheck"
  exit 77
fi
mapfile -t scripts < <(grep -rlIE --exclude-dir={.git,.venv,build} '^#!.*(ba)?sh$|^# shellcheck shell=' .)
echo "${#scripts[@]} scripts"
((${#scripts[@]} > 0))
shellcheck -x -P . "${scripts[@]}"
