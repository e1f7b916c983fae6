# One library per folder of src/. Dependencies are those of the table in ARCHITECTURE.md; tools/lint_layers
# proves that the includes keep to it.
#
#   lkdoctor_module(NAME net PUBLIC proto LIBRARIES OpenSSL::SSL)
function(lkdoctor_module)
  cmake_parse_arguments(ARG "" "NAME" "USES;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${ARG_NAME}/*.cpp")
  list(FILTER sources EXCLUDE REGEX "/(respond_)?main\\.cpp$")
  add_library(lkdoctor_${ARG_NAME} STATIC ${sources})
  target_include_directories(lkdoctor_${ARG_NAME} PUBLIC
    "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src" "${PROJECT_BINARY_DIR}/generated")
  list(TRANSFORM ARG_USES PREPEND lkdoctor_)
  target_link_libraries(lkdoctor_${ARG_NAME} PUBLIC ${ARG_USES} ${ARG_LIBRARIES}
    PRIVATE lkdoctor_warnings)
  lkdoctor_precompile(lkdoctor_${ARG_NAME})
endfunction()

# The headers that nearly every file reads, compiled once. doctest and Asio's machinery stay outside.
set(LKDOCTOR_PRECOMPILED
  array chrono cstdint map memory optional span string string_view utility vector
  fmt/format.h nlohmann/json.hpp boost/asio/awaitable.hpp)

# CMake's default also names the header itself, by an absolute path, which no second clone would find in ccache.
set(CMAKE_CXX_COMPILE_OPTIONS_USE_PCH -Xclang -include-pch -Xclang <PCH_FILE>)

# ccache hashes `<file>.sum` instead of a precompiled header whose bytes differ from clone to clone
# (CCACHE_PCH_EXTSUM). The sum is that of the preprocessed headers: it changes when any of them does.
function(lkdoctor_write_pch_sum)
  list(TRANSFORM LKDOCTOR_PRECOMPILED REPLACE "(.+)" "#include <\\1>" OUTPUT_VARIABLE includes)
  list(JOIN includes "\n" text)
  file(WRITE "${PROJECT_BINARY_DIR}/pch_input.hpp" "${text}\n")
  execute_process(COMMAND "${CMAKE_CXX_COMPILER}" -std=c++20 -E -P "${PROJECT_BINARY_DIR}/pch_input.hpp"
                  OUTPUT_VARIABLE preprocessed COMMAND_ERROR_IS_FATAL ANY)
  string(SHA256 sum "${preprocessed}")
  file(WRITE "${PROJECT_BINARY_DIR}/src/CMakeFiles/lkdoctor_pch.dir/cmake_pch.hxx.pch.sum" "${sum}")
endfunction()

function(lkdoctor_precompile target)
  if(NOT TARGET lkdoctor_pch)
    file(WRITE "${PROJECT_BINARY_DIR}/pch.cpp.in" "// Carries the precompiled header.\n")
    configure_file("${PROJECT_BINARY_DIR}/pch.cpp.in" "${PROJECT_BINARY_DIR}/pch.cpp" COPYONLY)
    add_library(lkdoctor_pch OBJECT "${PROJECT_BINARY_DIR}/pch.cpp")
    target_link_libraries(lkdoctor_pch PRIVATE lkdoctor_warnings)
    list(TRANSFORM LKDOCTOR_PRECOMPILED REPLACE "(.+)" "<\\1>" OUTPUT_VARIABLE headers)
    target_precompile_headers(lkdoctor_pch PRIVATE ${headers})
    target_compile_options(lkdoctor_pch PRIVATE -Xclang -fno-pch-timestamp)
    lkdoctor_write_pch_sum()
  endif()
  target_compile_options(${target} PRIVATE -Xclang -fno-pch-timestamp)
  target_precompile_headers(${target} REUSE_FROM lkdoctor_pch)
endfunction()
