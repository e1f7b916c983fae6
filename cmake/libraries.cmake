# Release links Debian's static archives where they exist: it starts faster, and fewer packages must be there.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(Boost_USE_STATIC_LIBS ON)
  set(OPENSSL_USE_STATIC_LIBS ON)
  set(Protobuf_USE_STATIC_LIBS ON)
endif()

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS url)
find_package(OpenSSL 3 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(fmt REQUIRED)
find_package(doctest REQUIRED)
find_package(Protobuf 3.21 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(cares REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(idn2 REQUIRED IMPORTED_TARGET libidn2)
pkg_check_modules(yaml REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(sqlite REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(usrsctp REQUIRED IMPORTED_TARGET usrsctp)
pkg_check_modules(crypt REQUIRED IMPORTED_TARGET libcrypt)
# For fuzzing: an archive that was compiled with the sanitizers, so that the search sees inside it.
set(LKDOCTOR_USRSCTP "" CACHE FILEPATH "A libusrsctp.a to link instead of the installed library")
if(LKDOCTOR_USRSCTP)
  set_target_properties(PkgConfig::usrsctp PROPERTIES INTERFACE_LINK_LIBRARIES "${LKDOCTOR_USRSCTP}")
endif()

# Asio and Beast are compiled once, in src/net/asio.cpp.
add_compile_definitions(BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
                        BOOST_ASIO_NO_DEPRECATED)

add_library(lkdoctor_crypto INTERFACE)
target_link_libraries(lkdoctor_crypto INTERFACE OpenSSL::SSL OpenSSL::Crypto)

# The generated code of src/proto/signal.proto: compiled apart, without our warnings.
add_library(lkdoctor_signal STATIC "${CMAKE_CURRENT_SOURCE_DIR}/src/proto/signal.proto")
target_link_libraries(lkdoctor_signal PUBLIC protobuf::libprotobuf-lite)
protobuf_generate(TARGET lkdoctor_signal LANGUAGE cpp
  PROTOC_OUT_DIR "${PROJECT_BINARY_DIR}/generated")
target_include_directories(lkdoctor_signal SYSTEM PUBLIC "${PROJECT_BINARY_DIR}/generated")

include(release)
