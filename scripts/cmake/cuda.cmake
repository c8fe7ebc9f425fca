# The CUDA module, libpetaproof_cuda.so: every workload file that needs CUDA, in both lower layers.
#
# Included first (before the layers) it finds the toolkit and declares the features that `// needs:` lines name;
# petaproof_add_cuda_module(), called after them, builds the module from the files that the layers collected.
# The module's undefined symbols (registry, errors, fills) are those of the program that loads it.

if(PETAPROOF_CUDA)
  # Portable kernels: machine code for A100 and H100/H200, and PTX from which a driver compiles for Blackwell.
  # Set before the language is enabled: CMake would otherwise ask nvcc for an architecture that CUDA 13 dropped.
  set(CMAKE_CUDA_ARCHITECTURES 80-real 90-real 100-virtual)
  enable_language(CUDA)
  if(NOT DEFINED CMAKE_CUDA20_STANDARD_COMPILE_OPTION) # Debian 12's CMake does not know that nvcc 13 has C++20
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
  endif()
  set(CMAKE_CUDA_STANDARD 20)
  set(CMAKE_CUDA_FLAGS_RELWITHDEBINFO "-O3 -lineinfo")
  find_package(CUDAToolkit 12.8 REQUIRED)
  set(cuda_found TRUE)
endif()
petaproof_feature(cuda "${cuda_found}" "configured without CUDA (preset cuda builds it)" CUDA::cudart)
# wgmma and TMA exist in sm_90a alone; such files are built for nothing else
petaproof_feature(sm_90a "${cuda_found}" "configured without CUDA (preset cuda builds it)")

function(petaproof_add_cuda_module)
  get_property(sources GLOBAL PROPERTY PETAPROOF_MODULE_SOURCES)
  if(NOT PETAPROOF_CUDA OR NOT sources)
    return()
  endif()
  add_library(petaproof_cuda MODULE)
  set_target_properties(petaproof_cuda PROPERTIES BUILD_RPATH_USE_ORIGIN ON)
  # fmt for the .cpp files; nvcc cannot compile its headers
  target_link_libraries(petaproof_cuda PRIVATE petaproof_options fmt::fmt)
  # constexpr functions (Philox, the digest's hash) are called from device code as they are
  target_compile_options(petaproof_cuda PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr
                         -Xcompiler=-Wall,-Wextra --Werror=all-warnings>)
  foreach(file IN LISTS sources)
    petaproof_read_needs(${file} needs)
    if("sm_90a" IN_LIST needs)
      list(APPEND hopper_sources ${file})
    else()
      target_sources(petaproof_cuda PRIVATE ${file})
    endif()
    foreach(need IN LISTS needs)
      get_property(libraries GLOBAL PROPERTY PETAPROOF_FEATURE_${need}_LIBRARIES)
      target_link_libraries(petaproof_cuda PRIVATE ${libraries})
    endforeach()
  endforeach()
  if(hopper_sources)
    add_library(petaproof_cuda_sm_90a OBJECT ${hopper_sources})
    set_target_properties(petaproof_cuda_sm_90a PROPERTIES CUDA_ARCHITECTURES 90a-real)
    target_link_libraries(petaproof_cuda_sm_90a PRIVATE petaproof_options fmt::fmt CUDA::cudart)
    target_link_libraries(petaproof_cuda PRIVATE petaproof_cuda_sm_90a)
  endif()
  install(TARGETS petaproof_cuda LIBRARY DESTINATION lib)
endfunction()
