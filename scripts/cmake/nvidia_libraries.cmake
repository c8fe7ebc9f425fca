# NVIDIA's libraries beside the toolkit: cuBLASLt, NCCL. A toolkit, a Debian package or a module file provides them in
# the usual places; otherwise the wheels that scripts/setup puts into .venv do.

file(GLOB nvidia_wheels ${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/nvidia)

# petaproof_find_nvidia_library(TARGET HEADER LIBRARY SOVERSION WHEEL): the imported target TARGET, if both are found.
function(petaproof_find_nvidia_library target header library soversion wheel)
  string(TOUPPER ${library} name)
  set(roots ${CUDAToolkit_LIBRARY_ROOT} ${CUDAToolkit_TARGET_DIR} $ENV{${name}_HOME} $ENV{${name}_ROOT})
  list(TRANSFORM nvidia_wheels APPEND /${wheel} OUTPUT_VARIABLE wheels)
  find_path(PETAPROOF_${name}_INCLUDE ${header} HINTS ${roots} PATHS ${CUDAToolkit_INCLUDE_DIRS} ${wheels}
            PATH_SUFFIXES include)
  # a wheel has no development link: the library is known by its soname alone
  find_library(PETAPROOF_${name}_LIBRARY NAMES ${library} lib${library}.so.${soversion} HINTS ${roots}
               PATHS ${CUDAToolkit_LIBRARY_DIR} ${wheels} PATH_SUFFIXES lib lib64)
  if(PETAPROOF_${name}_INCLUDE AND PETAPROOF_${name}_LIBRARY)
    add_library(${target} SHARED IMPORTED GLOBAL)
    set_target_properties(
      ${target} PROPERTIES IMPORTED_LOCATION ${PETAPROOF_${name}_LIBRARY}
                           INTERFACE_INCLUDE_DIRECTORIES ${PETAPROOF_${name}_INCLUDE})
  endif()
endfunction()
