add_library(lkdoctor_sanitizers INTERFACE)
if(LKDOCTOR_SANITIZE)
  # Asio recycles coroutine frames and small blocks, which hides use after free from ASan.
  add_compile_definitions(BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING BOOST_ASIO_DISABLE_SMALL_BLOCK_RECYCLING)
  add_compile_options(-fsanitize=${LKDOCTOR_SANITIZE} -fno-sanitize=function -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  # Tests need no optimiser, which takes half of the time of their build; a race or a search has to be fast.
  if(LKDOCTOR_FUZZ OR LKDOCTOR_SANITIZE STREQUAL "thread")
    add_compile_options(-O1)
  endif()
  add_link_options(-fsanitize=${LKDOCTOR_SANITIZE})
endif()
if(LKDOCTOR_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)  # what a fuzz target calls reports its branches too
endif()
