# What NVIDIA provides: the compiler, cuBLASLt, NCCL, cuDNN and its C++ frontend. A toolkit, a Debian package or a module file has them in the usual
# places; otherwise the wheels that scripts/setup --cuda puts into .venv do. scripts/cuda.sh looks in the same places.

file(GLOB nvidia_wheels ${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/nvidia)

# petaproof_choose_nvcc(MINIMUM): sets CMAKE_CUDA_COMPILER to the first nvcc that is new enough, unless the user has
# chosen one. Without any CMake would say no more than that it failed to find one.
macro(petaproof_choose_nvcc minimum)
  if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
    list(TRANSFORM nvidia_wheels APPEND /cu13/bin/nvcc OUTPUT_VARIABLE nvcc_wheels)
    find_program(nvcc_on_path nvcc NO_CACHE)
    foreach(nvcc ${nvcc_on_path} $ENV{CUDA_PATH}/bin/nvcc $ENV{CUDA_HOME}/bin/nvcc /usr/local/cuda/bin/nvcc ${nvcc_wheels})
      if(NOT CMAKE_CUDA_COMPILER AND EXISTS ${nvcc})
        execute_process(COMMAND ${nvcc} --version OUTPUT_VARIABLE nvcc_version ERROR_QUIET)
        if(nvcc_version MATCHES "release ([0-9.]+)," AND CMAKE_MATCH_1 VERSION_GREATER_EQUAL ${minimum})
          set(CMAKE_CUDA_COMPILER ${nvcc} CACHE FILEPATH "The CUDA compiler")
        endif()
      endif()
    endforeach()
    if(NOT CMAKE_CUDA_COMPILER)
      message(FATAL_ERROR "there is no nvcc of CUDA ${minimum} or newer, on PATH, in CUDA_PATH, in /usr/local/cuda or in .venv; "
                          "scripts/setup --cuda installs NVIDIA's wheels into .venv")
    endif()
  endif()
endmacro()

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

# petaproof_find_cudnn(TARGET): headers alone, cuDNN's and those of its C++ frontend, whose wheel puts them into
# site-packages/include; the library is loaded when it is first used, from where loaders look or from where it is now.
function(petaproof_find_cudnn target)
  petaproof_find_nvidia_library(petaproof_cudnn_found cudnn.h cudnn 9 cudnn)
  set(folders ${nvidia_wheels})
  list(TRANSFORM folders REPLACE "/nvidia$" "")
  find_path(PETAPROOF_CUDNN_FRONTEND_INCLUDE cudnn_frontend.h HINTS $ENV{CUDNN_FRONTEND_HOME} PATHS ${folders}
            PATH_SUFFIXES include)
  if(TARGET petaproof_cudnn_found AND PETAPROOF_CUDNN_FRONTEND_INCLUDE)
    add_library(${target} INTERFACE IMPORTED GLOBAL)
    set_target_properties(
      ${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${PETAPROOF_CUDNN_INCLUDE};${PETAPROOF_CUDNN_FRONTEND_INCLUDE}"
                           INTERFACE_COMPILE_DEFINITIONS "PETAPROOF_CUDNN_LIBRARY=\"${PETAPROOF_CUDNN_LIBRARY}\"")
  endif()
endfunction()
