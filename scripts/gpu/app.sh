# shellcheck shell=bash disable=SC2034,SC2154  # $root is lib.sh's, $scratch gpu-check's; $preset is read there
# Which Petaproof scripts/gpu-check checks, and the environment in which it runs: where its libraries are.

# briefly COMMAND...: what only asks about this machine does not hold up what measures it
briefly() { timeout -k 5 20 "$@"; }

# Preset cuda of this source tree, set up and built; the time that this takes does not count.
build_here() {
  "$root/scripts/setup"
  use_venv
  preset=cuda
  PETAPROOF_PRESET=cuda prepare_preset
  configure cuda -DPETAPROOF_TESTS=ON
  build cuda petaproof petaproof_cuda petaproof-gpu-tests || fail 4 "the build failed: see above"
  app=$root/build/cuda
  mpirun=$(sed -n 's/^MPIEXEC_EXECUTABLE:[A-Z]*=//p' "$app/CMakeCache.txt")
  SECONDS=0
}

# choose_app [DIR]: sets $app, a folder with bin/ and lib/: DIR, or the tree that was carried along, or a build if
# there may be one.
choose_app() {
  if [[ -n ${1:-} ]]; then
    app=$(cd "$1" 2>/dev/null && pwd) || fail 3 "there is no folder $1"
  elif [[ -x $root/.gpu/app/bin/petaproof ]]; then
    app=$root/.gpu/app
  elif [[ -e $root/.gpu/app.tar.gz ]]; then
    tar xzf "$root/.gpu/app.tar.gz" -C "$scratch" || fail 4 "$root/.gpu/app.tar.gz cannot be unpacked"
    app=$scratch/app
  elif [[ -z $may_build ]]; then
    fail 4 "no installed tree was carried along (.gpu/app or .gpu/app.tar.gz), and --no-build was given"
  else
    say "no installed tree was carried along (.gpu/app or .gpu/app.tar.gz): building preset cuda"
    build_here
  fi
  [[ -x $app/bin/petaproof ]] || fail 3 "$app has no bin/petaproof"
}

# Folders in which NVIDIA's libraries may lie: toolkits, .venv's wheels, and those that came with python3's PyTorch.
library_folders() {
  local purelib folder
  purelib=$(briefly python3 -c 'import sysconfig; print(sysconfig.get_path("purelib"))' 2>/dev/null) || purelib=/absent
  for folder in "$(wheel_folder)"/nvidia/*/lib "${CUDA_HOME:-/absent}/lib64" "${CUDA_PATH:-/absent}/lib64" \
    /usr/local/cuda/lib64 "$purelib"/nvidia/*/lib; do
    [[ ! -d $folder ]] || echo "$folder"
  done
}

not_found() {
  local file
  for file in "$app"/bin/petaproof "$app"/bin/petaproof-gpu-tests "$app"/lib/libpetaproof_*.so; do
    [[ ! -e $file ]] || briefly "${ours[@]}" ldd "$file" 2>/dev/null
  done | sed -n 's/^[[:space:]]*\([^ ]*\) => not found$/\1/p' | sort -u
}

# What is needed and lies where no loader looks: cuDNN as well, which the module does not name but opens.
wanted_libraries() {
  not_found
  # opened by the module, and by cuDNN for engines that it compiles
  local library
  for library in libcudnn.so.9 libnvrtc.so.13; do
    briefly ldconfig -p 2>/dev/null | grep -qF "$library " || echo "$library"
  done
}

# Sets $ours, the words before every command of ours: MPI's folders if the tree has one, and the folder of each
# library that would not be found otherwise. PyTorch and NVIDIA's tools do not see them.
choose_environment() {
  local path=${LD_LIBRARY_PATH:-} library folder
  ours=(env)
  if [[ -x $app/mpi/bin/mpirun ]]; then
    mpirun=$app/mpi/bin/mpirun
    path=$app/mpi/lib${path:+:$path}
    # PMIx would look for the text of that warning in a folder that is not there
    ours+=("OPAL_PREFIX=$app/mpi" PMIX_MCA_pcompress_base_silence_warning=1)
  fi
  : "${mpirun:=$(command -v mpirun)}"
  ours+=("LD_LIBRARY_PATH=$path")
  for library in $(wanted_libraries); do
    while read -r folder; do
      [[ -e $folder/$library ]] || continue
      path=${path:+$path:}$folder
      break
    done < <(library_folders)
  done
  ours[-1]="LD_LIBRARY_PATH=$path"
  if ((EUID == 0)); then
    ours+=(OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1)
  fi
}
