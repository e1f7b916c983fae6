# What the release build does differently from the others: optimised, hardened, and static but for libc.
add_library(lkdoctor_fmt INTERFACE)
if(NOT CMAKE_BUILD_TYPE STREQUAL "Release")
  target_link_libraries(lkdoctor_fmt INTERFACE fmt::fmt)
  return()
endif()

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)
add_compile_options(-ffunction-sections -fdata-sections -fstack-protector-strong -fstack-clash-protection
                    -fcf-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
# A program that is static as a whole has the property LKDOCTOR_WHOLE: after -static-libstdc++ clang would look for the
# shared libc again.
add_link_options($<IF:$<BOOL:$<TARGET_PROPERTY:LKDOCTOR_WHOLE>>,-static-pie,-static-libstdc++> -static-libgcc
                 -Wl,--gc-sections -Wl,--as-needed -Wl,-z,relro -Wl,-z,now
                 -Wl,-z,noexecstack -Wl,-z,keep-text-section-prefix)

# pkg-config names the shared library; take the archive beside it.
foreach(library IN ITEMS cares yaml usrsctp crypt)
  find_library(LKDOCTOR_${library}_ARCHIVE "lib${library}.a" REQUIRED)
  set_target_properties(PkgConfig::${library} PROPERTIES INTERFACE_LINK_LIBRARIES "${LKDOCTOR_${library}_ARCHIVE}")
endforeach()

# Its mathematics is in libm.
find_library(LKDOCTOR_sqlite_ARCHIVE libsqlite3.a REQUIRED)
set_target_properties(PkgConfig::sqlite PROPERTIES INTERFACE_LINK_LIBRARIES
                      "${LKDOCTOR_sqlite_ARCHIVE};m;${CMAKE_DL_LIBS};Threads::Threads")

find_library(LKDOCTOR_idn2_ARCHIVE libidn2.a REQUIRED)
find_library(LKDOCTOR_unistring_ARCHIVE libunistring.a REQUIRED)
set_target_properties(PkgConfig::idn2 PROPERTIES INTERFACE_LINK_LIBRARIES
                      "${LKDOCTOR_idn2_ARCHIVE};${LKDOCTOR_unistring_ARCHIVE}")

# Debian has no libfmt.a, and the shared one would bring the shared libstdc++ with it: fmt's own source is
# compiled here.
add_library(lkdoctor_fmt_archive STATIC "${PROJECT_SOURCE_DIR}/cmake/fmt_archive.cpp")
target_link_libraries(lkdoctor_fmt INTERFACE lkdoctor_fmt_archive)
