# petaproof_add_tests(NAME SOURCES... LIBRARIES... [LABELS ...] [PRECOMPILE <header>...]): one GoogleTest program, its
# cases under CTest.
function(petaproof_add_tests name)
  cmake_parse_arguments(arg "" "LABELS" "SOURCES;LIBRARIES;PRECOMPILE" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES ENABLE_EXPORTS ON RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} GTest::gmock GTest::gtest_main)
  # what every test parses, parsed once: a third of a test's compile time
  target_precompile_headers(${name} PRIVATE <gmock/gmock.h> ${arg_PRECOMPILE})
  target_compile_definitions(${name} PRIVATE PETAPROOF_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                             PETAPROOF_BINARY_DIR="${PROJECT_BINARY_DIR}")
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 120)
endfunction()

# petaproof_add_mpi_test(NAME RANKS COMMAND...): COMMAND on RANKS ranks of this machine passes if mpirun exits with 0.
# COMMAND begins with a target or a path. One at a time, since ranks that wait for each other keep every core busy.
function(petaproof_add_mpi_test name ranks program)
  if(TARGET ${program})
    set(program $<TARGET_FILE:${program}>)
  endif()
  # more ranks than cores: without --bind-to none all of them may end up on one
  add_test(NAME ${name} COMMAND timeout -k 5 60 ${MPIEXEC_EXECUTABLE} --oversubscribe --bind-to none -n ${ranks}
                                ${program} ${ARGN})
  set_tests_properties(
    ${name}
    PROPERTIES LABELS mpi RUN_SERIAL TRUE PROCESSORS 2 TIMEOUT 90 ENVIRONMENT
               "OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;OMPI_MCA_pml=ob1;OMPI_MCA_btl=self,vader;OMPI_MCA_btl_vader_single_copy_mechanism=none;OMPI_MCA_mpi_yield_when_idle=1;OMP_NUM_THREADS=1;OPENBLAS_NUM_THREADS=1")
endfunction()

# petaproof_add_gpu_tests(MODULE_PARTS...): petaproof-gpu-tests, every *_test.cpp and *_test.cu below a folder tests/gpu/.
# Linked with the parts of the CUDA module themselves, so that device functions can be called; without a GPU each test
# skips and says so. Compiled always; CTest knows them on request, since most machines have nothing to run them on.
function(petaproof_add_gpu_tests)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/kernels/tests/gpu/*_test.c*
                                              ${PROJECT_SOURCE_DIR}/collectives/tests/gpu/*_test.c*)
  add_executable(petaproof-gpu-tests ${sources})
  target_include_directories(petaproof-gpu-tests PRIVATE ${PROJECT_SOURCE_DIR}/kernels/tests)
  petaproof_cuda_options(petaproof-gpu-tests)
  target_link_libraries(petaproof-gpu-tests PRIVATE ${ARGN} petaproof_collectives petaproof_kernels GTest::gmock
                                                    GTest::gtest_main)
  install(TARGETS petaproof-gpu-tests RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT gpu-tests)
  if(PETAPROOF_GPU_TESTS)
    gtest_discover_tests(petaproof-gpu-tests DISCOVERY_TIMEOUT 60 PROPERTIES LABELS gpu TIMEOUT 300 RUN_SERIAL ON)
  endif()
endfunction()

# petaproof_add_driverless_tests(MODULE_PARTS...): what the CUDA module asks of cuDNN without a GPU, with a driver in the
# place of libcuda.so.1 that runs nothing. A program of its own: nothing else is to find that driver.
function(petaproof_add_driverless_tests)
  if(NOT TARGET petaproof::cudnn)
    return()
  endif()
  set(folder ${PROJECT_SOURCE_DIR}/kernels/tests/driverless)
  set(driver_folder ${PROJECT_BINARY_DIR}/tests/driver)
  add_library(petaproof_test_driver SHARED ${folder}/driver.cpp)
  set_target_properties(petaproof_test_driver PROPERTIES OUTPUT_NAME cuda SOVERSION 1
                                                         LIBRARY_OUTPUT_DIRECTORY ${driver_folder})
  add_executable(driverless_tests ${folder}/cudnn_plans_test.cpp)
  set_target_properties(driverless_tests PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  petaproof_cuda_options(driverless_tests)
  target_link_libraries(driverless_tests PRIVATE ${ARGN} petaproof_collectives petaproof_kernels GTest::gmock
                                                 GTest::gtest_main)
  add_dependencies(driverless_tests petaproof_test_driver)
  add_test(NAME cuda.cudnn_plans COMMAND driverless_tests --gtest_filter=CudnnPlans.*)
  add_test(NAME cuda.cudnn_sweep COMMAND driverless_tests --gtest_filter=CudnnSweep.*)
  set_tests_properties(cuda.cudnn_plans cuda.cudnn_sweep PROPERTIES ENVIRONMENT_MODIFICATION
                                                            "LD_LIBRARY_PATH=path_list_prepend:${driver_folder}")
  set_tests_properties(cuda.cudnn_plans PROPERTIES LABELS unit TIMEOUT 120)
  set_tests_properties(cuda.cudnn_sweep PROPERTIES LABELS slow TIMEOUT 600)
endfunction()

# includes follow the arrows between the layers; it belongs to none of them
add_test(NAME layers COMMAND ${PROJECT_SOURCE_DIR}/harness/tests/layers_test.sh ${PROJECT_SOURCE_DIR})
set_tests_properties(layers PROPERTIES LABELS unit TIMEOUT 60)
