# shellcheck shell=bash disable=SC2034  # what call() leaves is read by the tests
# What the tests of scripts/ share: checks that say what was expected, and a small project whose program is a stub,
# so that the scripts are tested whatever state the real program is in.

failures=0 checks=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'echo "FAILED: stopped at line $LINENO of $0"' ERR

# check WHAT EXPECTED GOT
check() {
  checks=$((checks + 1))
  if [[ $2 != "$3" ]]; then
    failures=$((failures + 1))
    printf 'FAILED: %s\n  expected: %s\n  got:      %s\n' "$1" "$2" "$3"
  fi
}

# check_like WHAT PATTERN GOT: a shell pattern
check_like() {
  checks=$((checks + 1))
  # shellcheck disable=SC2053  # the right side is a pattern
  if [[ $3 != $2 ]]; then
    failures=$((failures + 1))
    printf 'FAILED: %s\n  expected, like: %s\n  got:            %s\n' "$1" "$2" "$3"
  fi
}

# call COMMAND...: leaves its exit code, stdout and stderr in $code, $out and $err; never waits for ever.
call() {
  code=0
  timeout -k 5 60 "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
  out=$(<"$work/out")
  err=$(<"$work/err")
}

# path_without NAMES...: a folder in place of PATH, with a link to each program that is on it but NAMES
path_without() {
  local IFS=- folder name from
  folder=$work/path-without-$*
  if [[ ! -d $folder ]]; then
    mkdir -p "$folder"
    IFS=: read -ra from <<<"$PATH"
    # of those with one name the first stays
    find "${from[@]}" -maxdepth 1 ! -type d -exec ln -s -t "$folder" {} + 2>/dev/null || true
    for name; do rm -f "$folder/$name"; done
  fi
  echo "$folder"
}

# need_cuobjdump SOURCE_FOLDER: leaves in $cuobjdump what scripts/setup found or installed; skips the test without one.
need_cuobjdump() {
  # shellcheck disable=SC2016  # for the inner shell to expand
  cuobjdump=$(bash -c 'source "$1/scripts/lib.sh" && find_cuobjdump' find "$1")
  PATH+=:$(dirname "$cuobjdump") # where the nvdisasm is that it calls
  [[ -z $cuobjdump ]] || return 0
  echo "skipped: there is no cuobjdump; scripts/setup --tests --cuda installs one"
  exit 77
}

finish() {
  echo "$checks checks, $failures failed"
  ((checks > 0 && failures == 0)) || exit 1
}

# stub_project SOURCE: a copy of the scripts beside a CMake project that builds stub.cc as `petaproof`, in $project
stub_project() {
  project=$work/project
  mkdir -p "$project/scripts"
  cp "$1"/scripts/{setup,petaproof,test,hosts,lib.sh,cuda.sh,versions.sh} "$project/scripts/"
  cp "$1/CMakePresets.json" "$project/"
  cp "$1/harness/tests/scripts/stub.cc" "$project/"
  cat >"$project/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.22)
project(stub C CXX)
find_package(MPI REQUIRED COMPONENTS C)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
add_executable(petaproof stub.cc)
target_compile_definitions(petaproof PRIVATE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
target_link_libraries(petaproof PRIVATE MPI::MPI_C)
END
}

# toolkit FOLDER VERSION: a CUDA toolkit as scripts/ see one, cuBLASLt, NCCL and cuDNN included
toolkit() {
  mkdir -p "$1"/{bin,include,lib64}
  cat >"$1/bin/nvcc" <<END
#!/bin/sh
case \$1 in
  --version) echo "Cuda compilation tools, release $2, V$2.1" ;;
  --dryrun) echo "#\$ TOP=$1/bin/.." >&2 ;;
esac
END
  cp "$1/bin/nvcc" "$1/bin/cuobjdump" # there is one: nothing to install
  chmod +x "$1"/bin/{nvcc,cuobjdump}
  touch "$1"/include/{cublasLt,nccl,cudnn,cudnn_frontend}.h "$1"/lib64/lib{cublasLt,nccl,cudnn}.so
}
