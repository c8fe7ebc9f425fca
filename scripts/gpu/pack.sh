# shellcheck shell=bash disable=SC2154  # $root is lib.sh's, $mpirun app.sh's
# scripts/gpu-check --pack: everything that a machine with a GPU needs besides this source tree, in one archive.
#
#   app/bin, app/lib, app/share   the installed program, module and GPU tests, and the libraries that they need
#   app/mpi                       this machine's Open MPI, found again through OPAL_PREFIX
#
# cuBLASLt, cuDNN and NCCL stay behind: they are larger than all the rest, and whoever has PyTorch or a toolkit has them.

# copy_with_libraries FOLDER FILES...: the shared libraries of FILES into FOLDER; those of the C and C++ runtime are
# the other machine's.
copy_with_libraries() {
  local folder=$1 library
  shift
  while read -r library; do
    case ${library##*/} in
      libc.so.* | libm.so.* | libdl.so.* | librt.so.* | libpthread.so.* | libstdc++.so.* | libgcc_s.so.*) ;;
      *) cp -L "$library" "$folder/" ;;
    esac
  done < <(ldd "$@" 2>/dev/null | awk '$3 ~ /^\// {print $3}' | sort -u)
}

# pack_mpi TREE MPIRUN: Open MPI as its folders lie below their prefix, so that OPAL_PREFIX leads to all of them.
pack_mpi() {
  local tree=$1 bin plugins prefix
  bin=$(dirname "$(readlink -f "$2")")
  plugins=$("$bin/ompi_info" --parsable --path pkglibdir 2>/dev/null | sed -n 's/^path:pkglibdir://p')
  prefix=$("$bin/ompi_info" --parsable --path prefix 2>/dev/null | sed -n 's/^path:prefix://p')
  if [[ -z $prefix || $plugins != "$prefix"/* ]]; then
    say "$2 is no Open MPI that could be taken along: the other machine needs its own"
    return
  fi
  mkdir -p "$tree/bin" "$tree/lib" "$tree${plugins#"$prefix"}" "$tree/share"
  cp "$bin/orted" "$tree/bin/"
  cp -L "$2" "$tree/bin/mpirun"
  cp "$plugins"/mca_*.so "$tree${plugins#"$prefix"}/"
  # what drives network cards would take their libraries along; ranks on one machine need none
  rm -f "$tree${plugins#"$prefix"}"/mca_*_{ofi,ucx,psm,psm2,openib,usnic,portals4,romio321,monitoring}.so
  cp -r "$prefix/share/openmpi" "$tree/share/"
  copy_with_libraries "$tree/lib" "$tree/bin/mpirun" "$tree/bin/orted" "$tree${plugins#"$prefix"}"/*.so
}

pack() {
  local archive=$root/.gpu/app.tar.gz tree=$scratch
  build_here
  if ! cmake --install "$root/build/cuda" --strip --prefix "$tree/app" >"$tree/log" 2>&1 ||
    ! cmake --install "$root/build/cuda" --component libraries --prefix "$tree/app" >>"$tree/log" 2>&1; then
    fail 4 "the build could not be installed: $(tail -n 3 "$tree/log")"
  fi
  pack_mpi "$tree/app/mpi" "$mpirun"
  mkdir -p "$root/.gpu"
  tar czf "$archive.part" -C "$tree" app
  mv "$archive.part" "$archive"
  say "packed .gpu/app.tar.gz, $(du -h "$archive" | cut -f1); take it along with the source tree, .gpu included"
}
