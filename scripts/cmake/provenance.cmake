# Build facts for every record: compiler, flags, build type at configure time; git commit and dirty flag at build
# time, in a file of its own that is rewritten only when they change.
add_custom_target(
  petaproof_git_facts
  COMMAND ${CMAKE_COMMAND} -DSOURCE_DIR=${PROJECT_SOURCE_DIR} -DOUTPUT=${PROJECT_BINARY_DIR}/provenance/git.inc
          -P ${PROJECT_SOURCE_DIR}/scripts/cmake/git_facts.cmake
  BYPRODUCTS ${PROJECT_BINARY_DIR}/provenance/git.inc
  COMMENT "" VERBATIM)

string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
set(PETAPROOF_BUILD_FLAGS "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type}}")
if(PETAPROOF_SANITIZE)
  string(APPEND PETAPROOF_BUILD_FLAGS " -fsanitize=${PETAPROOF_SANITIZE}")
endif()
string(STRIP "${PETAPROOF_BUILD_FLAGS}" PETAPROOF_BUILD_FLAGS)
configure_file(${PROJECT_SOURCE_DIR}/scripts/cmake/build_facts.cpp.in ${PROJECT_BINARY_DIR}/provenance/build_facts.cpp
               @ONLY)

# static is safe here: it registers nothing, it is called by name
add_library(petaproof_provenance STATIC ${PROJECT_BINARY_DIR}/provenance/build_facts.cpp)
target_link_libraries(petaproof_provenance PUBLIC petaproof_options)
target_include_directories(petaproof_provenance PRIVATE ${PROJECT_BINARY_DIR}/provenance)
add_dependencies(petaproof_provenance petaproof_git_facts)
