# The interface target that every other links: warnings, sanitizers, the include root.
add_library(petaproof_options INTERFACE)
target_include_directories(petaproof_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(
  petaproof_options
  INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
            -Wnon-virtual-dtor -Woverloaded-virtual -Werror=return-type>)
# on by default with the compiler that CI builds with; another one may warn of what nobody has seen yet
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 12
   AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  set(werror_default ON)
else()
  set(werror_default OFF)
endif()
option(PETAPROOF_WERROR "Warnings are errors" ${werror_default})
if(PETAPROOF_WERROR)
  target_compile_options(petaproof_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
if(PETAPROOF_SANITIZE)
  target_compile_options(petaproof_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${PETAPROOF_SANITIZE}
                                                     -fno-omit-frame-pointer -fno-sanitize-recover=all>)
  target_link_options(petaproof_options INTERFACE -fsanitize=${PETAPROOF_SANITIZE})
endif()
