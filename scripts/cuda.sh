# shellcheck shell=bash disable=SC2154  # $root is lib.sh's
# What this machine has of CUDA, and what NVIDIA's wheels would have to add. Sourced by lib.sh; says, installs nothing.
# scripts/cmake/nvidia_libraries.cmake looks in the same places.
# shellcheck source=scripts/versions.sh
source "$root/scripts/versions.sh"

at_least() { [[ $(printf '%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]; }

nvcc_version() { "$1" --version 2>/dev/null | sed -n 's/.*release \([0-9.]*\),.*/\1/p'; }

# The nvcc of a toolkit that is new enough, from the usual places; nothing where there is none.
toolkit_nvcc() {
  local nvcc version
  for nvcc in "${CUDACXX:-}" "$(command -v nvcc)" "${CUDA_PATH:-/absent}/bin/nvcc" "${CUDA_HOME:-/absent}/bin/nvcc" \
    /usr/local/cuda/bin/nvcc; do
    [[ -x $nvcc ]] || continue
    version=$(nvcc_version "$nvcc")
    if [[ -n $version ]] && at_least "$version" "$cuda_minimum"; then
      echo "$nvcc"
      return
    fi
  done
}

# Where the wheels put their files; a virtual environment has one python3.
wheel_folder() { printf '%s\n' "$root"/.venv/lib/python3*/site-packages | head -n 1; }

# wheel_installed NAME==VERSION
wheel_installed() {
  local file=${1//-/_}
  [[ -d $(wheel_folder)/${file/==/-}.dist-info ]]
}

# has_compiler: a CUDA compiler, whosever it is.
has_compiler() { [[ -n $(toolkit_nvcc) || -x $(wheel_folder)/nvidia/cu13/bin/nvcc ]]; }

# The folder that an nvcc calls its own: the compiler on PATH may be a link or a script that leads elsewhere.
toolkit_of() {
  local top
  top=$("$1" --dryrun -x cu -E /dev/null 2>&1 | sed -n 's/^#\$ TOP=//p')
  (cd "${top:-/absent}" 2>/dev/null && pwd)
}

# has_file FOLDERS... -- NAMES...: whether any folder has any of the files
has_file() {
  local folders=() folder name
  while [[ $1 != -- ]]; do
    folders+=("$1")
    shift
  done
  shift
  for folder in "${folders[@]}"; do
    for name; do
      [[ ! -e $folder/$name ]] || return 0
    done
  done
  return 1
}

# has_library ROOT HEADER LIBRARY: below ROOT or where the system's compiler looks.
has_library() {
  local triplet
  triplet=$(uname -m)-linux
  has_file "$1/include" "$1/targets/$triplet/include" /usr/include /usr/local/include -- "$2" &&
    has_file "$1/lib64" "$1/lib" "$1/targets/$triplet/lib" "/usr/lib/$triplet-gnu" /usr/lib64 /usr/local/lib -- "$3"
}

# cuobjdump: CUOBJDUMP's, the toolkit's, the path's or the wheel's, beside the nvdisasm that it calls; nothing if there is none.
find_cuobjdump() {
  local tool
  for tool in "${CUOBJDUMP:-}" "$(dirname "$(toolkit_nvcc)")/cuobjdump" "$(command -v cuobjdump)" \
    "$(wheel_folder)/nvidia/cu13/bin/cuobjdump"; do
    if [[ -x $tool ]]; then
      echo "$tool"
      return
    fi
  done
}

# Sets cuda_wheels, those still to install, and cuda_facts: one line for each of compiler, cuBLASLt, NCCL, cuDNN and its
# frontend.
look_for_cuda() {
  local nvcc top='' version=$wheels_cuda_major. wheel where=''
  cuda_wheels=() cuda_facts=()
  nvcc=$(toolkit_nvcc)
  if [[ -n $nvcc ]]; then
    version=$(nvcc_version "$nvcc")
    top=$(toolkit_of "$nvcc")
    cuda_facts+=("compiler: $nvcc ($version)")
  else
    for wheel in "${cuda_compiler_wheels[@]}"; do
      wheel_installed "$wheel" || cuda_wheels+=("$wheel")
    done
    where=".venv"
    ((${#cuda_wheels[@]} == 0)) || where="no CUDA toolkit from $cuda_minimum on; wheels: ${cuda_wheels[*]}"
    cuda_facts+=("compiler: $where")
  fi
  look_for_library cuBLASLt "${CUBLASLT_HOME:-$top}" cublasLt.h libcublasLt.so "$cublas_wheel"
  look_for_library NCCL "${NCCL_HOME:-$top}" nccl.h libnccl.so "$nccl_wheel"
  look_for_library cuDNN "${CUDNN_HOME:-$top}" cudnn.h libcudnn.so "$cudnn_wheel"
  # headers alone, which count where the machine has a cuDNN of its own beside them
  look_for_library "cuDNN's frontend" "${CUDNN_FRONTEND_HOME:-$top}" cudnn_frontend.h libcudnn.so "$cudnn_frontend_wheel"
}

# look_for_library NAME ROOT HEADER LIBRARY WHEEL
look_for_library() {
  if has_library "$2" "$3" "$4"; then
    cuda_facts+=("$1: the machine's own")
  elif wheel_installed "$5"; then
    cuda_facts+=("$1: .venv ($5)")
  elif [[ $version != "$wheels_cuda_major".* ]]; then
    cuda_facts+=("$1: none; the wheel is for CUDA $wheels_cuda_major, so what needs it will be left out")
  else
    cuda_wheels+=("$5")
    cuda_facts+=("$1: none; wheel: $5")
  fi
}
