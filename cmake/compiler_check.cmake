# g++ 12 destroys temporaries twice in a full expression with co_await. A compiler that fails this
# program would build a tool that crashes at run time, so it is refused here.
try_run(
  LKDOCTOR_COROUTINES_RUN LKDOCTOR_COROUTINES_COMPILE
  SOURCES "${CMAKE_CURRENT_LIST_DIR}/coroutine_temporaries.cpp"
  CXX_STANDARD 20
  CXX_STANDARD_REQUIRED ON)
if(NOT LKDOCTOR_COROUTINES_COMPILE OR NOT LKDOCTOR_COROUTINES_RUN EQUAL 0)
  message(FATAL_ERROR
    "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} destroys coroutine temporaries twice (or lacks C++20 coroutines). "
    "Install clang 16 or newer (Debian: apt-get install clang-16 libclang-rt-16-dev) and configure with "
    "`cmake --preset release`, or set CMAKE_CXX_COMPILER=clang++-16.")
endif()
