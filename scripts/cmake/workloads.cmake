# Adding a workload is adding one file. Two lines of the file itself tell CMake all it needs:
#
#   // needs: openblas mpi                         features that must be present; the file is left out, with a
#                                                  printed reason, where one is missing
#   PETAPROOF_WORKLOAD("gemm/openblas", ...);      the name under which it registers
#
# petaproof_add_workloads(TARGET FOLDER) globs FOLDER, adds the files whose needs are met to the object library
# TARGET and appends every name to the catalogue, a generated table that lets the program answer "not_supported,
# because ..." for a workload that this build left out or whose module cannot be loaded.

set_property(GLOBAL PROPERTY PETAPROOF_CATALOGUE "")

# petaproof_feature(NAME FOUND REASON [LIBRARIES...]): what a `needs:` word stands for.
function(petaproof_feature name found reason)
  if(found)
    set_property(GLOBAL PROPERTY PETAPROOF_FEATURE_${name} "found")
    set_property(GLOBAL PROPERTY PETAPROOF_FEATURE_${name}_LIBRARIES ${ARGN})
  else()
    set_property(GLOBAL PROPERTY PETAPROOF_FEATURE_${name} "${reason}")
  endif()
endfunction()

# Words that mean "belongs in the CUDA module, not in the program".
set(PETAPROOF_MODULE_FEATURES cuda cublaslt cudnn nccl sm_90a)

function(petaproof_read_needs file out_needs)
  file(STRINGS ${file} line REGEX "^// needs:" LIMIT_COUNT 1)
  string(REGEX REPLACE "^// needs:[ ]*" "" words "${line}")
  separate_arguments(words)
  set(${out_needs} ${words} PARENT_SCOPE)
endfunction()

function(petaproof_add_workloads target folder)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${folder}/*.cpp ${folder}/*.cu)
  list(FILTER files EXCLUDE REGEX "/(tests|bench)/")
  foreach(file IN LISTS files)
    file(STRINGS ${file} line REGEX "^PETAPROOF_WORKLOAD\\(\"" LIMIT_COUNT 1)
    petaproof_read_needs(${file} needs)
    set(missing "")
    set(in_module FALSE)
    foreach(need IN LISTS needs)
      get_property(state GLOBAL PROPERTY PETAPROOF_FEATURE_${need})
      if(NOT state STREQUAL "found" AND NOT missing)
        if(NOT state)
          set(state "no such feature is known to the build")
        endif()
        set(missing "this build left it out: ${need}: ${state}")
      endif()
      if(need IN_LIST PETAPROOF_MODULE_FEATURES)
        set(in_module TRUE)
      endif()
    endforeach()
    if(missing)
      file(RELATIVE_PATH shown ${PROJECT_SOURCE_DIR} ${file})
      message(STATUS "left out ${shown}: ${missing}")
    elseif(in_module)
      set_property(GLOBAL APPEND PROPERTY PETAPROOF_MODULE_SOURCES ${file})
    else()
      target_sources(${target} PRIVATE ${file})
      foreach(need IN LISTS needs)
        get_property(libraries GLOBAL PROPERTY PETAPROOF_FEATURE_${need}_LIBRARIES)
        target_link_libraries(${target} PUBLIC ${libraries})
      endforeach()
    endif()
    if(line)
      string(REGEX REPLACE "^PETAPROOF_WORKLOAD\\(\"([^\"]*)\".*" "\\1" name "${line}")
      if(in_module)
        set(home "cuda")
      else()
        set(home "program")
      endif()
      set_property(GLOBAL APPEND PROPERTY PETAPROOF_CATALOGUE
                   "    {\"${name}\", \"${home}\", \"${missing}\"},")
    endif()
  endforeach()
endfunction()

# petaproof_write_catalogue(FILE): call once, after every petaproof_add_workloads.
function(petaproof_write_catalogue file)
  get_property(entries GLOBAL PROPERTY PETAPROOF_CATALOGUE)
  list(SORT entries)
  list(JOIN entries "\n" PETAPROOF_CATALOGUE_ENTRIES)
  configure_file(${PROJECT_SOURCE_DIR}/scripts/cmake/catalogue.cpp.in ${file} @ONLY)
endfunction()
