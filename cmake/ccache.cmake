find_program(LKDOCTOR_CCACHE ccache)
if(LKDOCTOR_CCACHE)
  # base_dir and no hash_dir: a second clone finds what the first one compiled. The sloppiness is what
  # ccache asks for beside precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
      "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1 CCACHE_PCH_EXTSUM=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      "${LKDOCTOR_CCACHE}")
endif()
