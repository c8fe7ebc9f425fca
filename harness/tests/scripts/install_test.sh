#!/usr/bin/env bash
# Installs the build into a folder and checks that it can be moved: nothing in it leads back to the build tree or to
# .venv, it finds its configs and module, and with the component `libraries` it has all but what a machine has itself.
#
#   install_test.sh SOURCE_FOLDER BUILD_FOLDER
set -euo pipefail
source_folder=$(cd "$1" && pwd)
build=$2
# shellcheck source=harness/tests/scripts/common.sh
source "$source_folder/harness/tests/scripts/common.sh"
unset PETAPROOF_CONFIGS PETAPROOF_MODULE_DIR

run_paths() {
  local file
  for file in "$1"/bin/* "$1"/lib/libpetaproof_*.so; do
    [[ ! -e $file ]] || readelf -dW "$file" | sed -n 's/.*(R.*PATH).*\[\(.*\)\]/\1/p' | tr : '\n'
  done
}

# Folders of NVIDIA's large libraries, which are not taken along, as the module of the build finds them.
nvidia_folders() {
  ldd "$build/lib/libpetaproof_cuda.so" | awk '$1 ~ /^lib(cublas|nccl|cudnn)/ && $3 ~ /^\// {print $3}' |
    sed 's,/[^/]*$,,' | sort -u | paste -sd :
}

call cmake --install "$build" --strip --prefix "$work/first"
check "exit code of installing" 0 "$code"
# shellcheck disable=SC2016  # the loader's word
check "run paths that are not relative" '' "$(run_paths "$work/first" | grep -v '^\$ORIGIN' | paste -sd ' ')"
check_like "run paths" "*\$ORIGIN/../lib*" "$(run_paths "$work/first")"
call cmake --install "$build" --prefix "$work/first" --component libraries
check "exit code of installing the libraries" 0 "$code"
mv "$work/first" "$work/moved"

call "$work/moved/bin/petaproof" claim nexus-hub-240pf
check "exit code of claim in a moved tree" 2 "$code"
check "libraries that are found elsewhere" '' "$(
  for file in "$work"/moved/bin/*; do ldd "$file"; done |
    awk '$1 ~ /^lib(fmt|openblas|gfortran|quadmath|cudart)/ && $3 ~ /^\// {print $3}' |
    grep -v "^$work/moved/" | sort -u | paste -sd ' '
)"
if [[ -e $build/lib/libpetaproof_cuda.so ]]; then
  call env "LD_LIBRARY_PATH=$(nvidia_folders)" "$work/moved/bin/petaproof" list
  check "exit code of list in a moved tree" 0 "$code"
  check_like "workloads of the module in a moved tree" "*memory/device*\[cuda*" "$out"
fi
finish
