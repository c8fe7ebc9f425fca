# petaproof_add_tests(NAME SOURCES... LIBRARIES... [LABELS ...]): one GoogleTest program, its cases under CTest.
function(petaproof_add_tests name)
  cmake_parse_arguments(arg "" "LABELS" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES ENABLE_EXPORTS ON RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE PETAPROOF_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                             PETAPROOF_BINARY_DIR="${PROJECT_BINARY_DIR}")
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 120)
endfunction()
