# The compiler, its flags and the build types behind CMakePresets.json.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR
    "Mortise is built with Clang 19: run 'make build', which installs and selects it. "
    "g++ 12 destroys coroutine temporaries twice inside co_await and is refused.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_link_options(-fuse-ld=lld-19 -Wl,--as-needed)
add_compile_options(-fno-omit-frame-pointer -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)

# Our own code only; generated code is compiled without them.
set(MORTISE_WARNINGS -Wall -Wextra -Wshadow -Wconversion -Werror)

set(MORTISE_SANITIZE "" CACHE STRING "address,undefined | thread | empty")
if(MORTISE_SANITIZE)
  add_compile_options(-fsanitize=${MORTISE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MORTISE_SANITIZE})
endif()

option(MORTISE_FUZZ "build the fuzzers" OFF)
if(MORTISE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
