# A relocatable tree: bin/petaproof finds ../lib/libpetaproof_cuda.so and ../share/petaproof/configs by itself.
install(TARGETS petaproof RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/configs DESTINATION ${CMAKE_INSTALL_DATADIR}/petaproof)
# what is published beside them says which workloads have been proved on which GPU
install(DIRECTORY ${PROJECT_SOURCE_DIR}/results DESTINATION ${CMAKE_INSTALL_DATADIR}/petaproof
        PATTERN local EXCLUDE)

# A tree for another machine takes along what such a machine may lack: `cmake --install DIR --component libraries` copies
# the shared libraries into lib/. Left out is what belongs to the machine: the C and C++ runtime, MPI with what it sits
# on, which must fit the launcher, and cuBLASLt and NCCL, each larger than all the rest together.
foreach(target petaproof petaproof-gpu-tests)
  if(TARGET ${target})
    list(APPEND programs $<TARGET_FILE:${target}>)
    # DT_RPATH, not DT_RUNPATH: lib/ must serve the libraries' own libraries too (OpenBLAS needs libgfortran)
    target_link_options(${target} PRIVATE LINKER:--disable-new-dtags)
  endif()
endforeach()
if(TARGET petaproof_cuda)
  set(modules $<TARGET_FILE:petaproof_cuda>)
endif()
install(CODE "set(programs \"${programs}\")\nset(modules \"${modules}\")" COMPONENT libraries EXCLUDE_FROM_ALL)
install(
  CODE [[
    file(GET_RUNTIME_DEPENDENCIES EXECUTABLES ${programs} MODULES ${modules}
         RESOLVED_DEPENDENCIES_VAR found UNRESOLVED_DEPENDENCIES_VAR missing
         PRE_EXCLUDE_REGEXES "^ld-linux" "^lib(c|m|dl|rt|pthread|stdc\\+\\+|gcc_s)\\.so"
                             "^lib(mpi|open-|hwloc|event|pmix|z|udev)" "^lib(cublas|nccl|cudnn|nvidia)|^libcuda\\.so")
    if(missing)
      message(FATAL_ERROR "the tree would not run elsewhere, these libraries were not found: ${missing}")
    endif()
    file(INSTALL ${found} DESTINATION "${CMAKE_INSTALL_PREFIX}/lib" FOLLOW_SYMLINK_CHAIN)
  ]]
  COMPONENT libraries EXCLUDE_FROM_ALL)
