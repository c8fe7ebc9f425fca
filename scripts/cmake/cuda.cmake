# The CUDA module, libpetaproof_cuda.so: every workload file that needs CUDA, in both lower layers.
#
# Included first (before the layers) it finds the toolkit and declares the features that `// needs:` lines name;
# petaproof_add_cuda_module(), called after them, builds the module from the files that the layers collected.
# The module's undefined symbols (registry, errors, fills) are those of the program that loads it.

if(PETAPROOF_CUDA)
  # Portable kernels: machine code for A100 and H100/H200, and PTX from which a driver compiles for Blackwell.
  # Set before the language is enabled: CMake would otherwise ask nvcc for an architecture that CUDA 13 dropped.
  set(CMAKE_CUDA_ARCHITECTURES 80-real 90-real 100-virtual)
  include(nvidia_libraries)
  set(cuda_minimum 12.8) # the same as in scripts/versions.sh
  petaproof_choose_nvcc(${cuda_minimum})
  enable_language(CUDA)
  if(NOT DEFINED CMAKE_CUDA20_STANDARD_COMPILE_OPTION) # Debian 12's CMake does not know that nvcc 13 has C++20
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
  endif()
  set(CMAKE_CUDA_STANDARD 20)
  set(CMAKE_CUDA_FLAGS_RELWITHDEBINFO "-O3 -lineinfo")
  find_package(CUDAToolkit ${cuda_minimum} REQUIRED)
  set(cuda_found TRUE)
  petaproof_find_nvidia_library(petaproof::cublaslt cublasLt.h cublasLt 13 cu13)
  petaproof_find_nvidia_library(petaproof::nccl nccl.h nccl 2 nccl)
  petaproof_find_cudnn(petaproof::cudnn)
endif()
petaproof_feature(cuda "${cuda_found}" "configured without CUDA (preset cuda builds it)" CUDA::cudart)
foreach(library cublaslt nccl cudnn)
  if(TARGET petaproof::${library})
    set(${library}_found TRUE)
  endif()
  set(why "configured without CUDA (preset cuda builds it)")
  if(PETAPROOF_CUDA)
    set(why "the library or its header was not found (scripts/setup --cuda installs NVIDIA's wheels)")
  endif()
  petaproof_feature(${library} "${${library}_found}" "${why}" petaproof::${library})
endforeach()
# wgmma and TMA exist in sm_90a alone; such files are built for nothing else
petaproof_feature(sm_90a "${cuda_found}" "configured without CUDA (preset cuda builds it)")

# What every part of the module is compiled with.
function(petaproof_cuda_options target)
  # fmt for the .cpp files; nvcc cannot compile its headers
  target_link_libraries(${target} PUBLIC petaproof_options fmt::fmt CUDA::cudart)
  # constexpr functions (Philox, the digest's hash) are called from device code as they are
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr
                         -Xcompiler=-Wall,-Wextra --Werror=all-warnings>)
endfunction()

# One object library for each distinct set of needs: a file sees the headers of what it asks for and of nothing else,
# and machine code for Hopper's own instructions is built from the files that use them, and from no other.
function(petaproof_add_cuda_module)
  get_property(sources GLOBAL PROPERTY PETAPROOF_MODULE_SOURCES)
  if(NOT PETAPROOF_CUDA OR NOT sources)
    return()
  endif()
  foreach(file IN LISTS sources)
    petaproof_read_needs(${file} needs)
    list(SORT needs)
    list(JOIN needs "_" part)
    string(PREPEND part petaproof_needs_)
    if(NOT TARGET ${part})
      add_library(${part} OBJECT)
      petaproof_cuda_options(${part})
      foreach(need IN LISTS needs)
        get_property(libraries GLOBAL PROPERTY PETAPROOF_FEATURE_${need}_LIBRARIES)
        target_link_libraries(${part} PUBLIC ${libraries})
      endforeach()
      if("sm_90a" IN_LIST needs)
        set_target_properties(${part} PROPERTIES CUDA_ARCHITECTURES 90a-real)
      endif()
      list(APPEND parts ${part})
    endif()
    target_sources(${part} PRIVATE ${file})
  endforeach()

  add_library(petaproof_cuda MODULE)
  target_link_libraries(petaproof_cuda PRIVATE ${parts})
  install(TARGETS petaproof_cuda LIBRARY DESTINATION lib)
  if(PETAPROOF_TESTS)
    petaproof_add_gpu_tests(${parts})
    petaproof_add_driverless_tests(${parts})
  endif()
endfunction()
