# What is found by its place and written into build/generated: the table of findings and of checks.
if(EXISTS /usr/bin/python3 AND NOT Python3_EXECUTABLE)
  set(Python3_EXECUTABLE /usr/bin/python3)  # the one for which Debian packages PyYAML and jsonschema
endif()
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

file(GLOB finding_files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/findings/*.md")
set(generated "${PROJECT_BINARY_DIR}/generated")
add_custom_command(
  OUTPUT "${generated}/lkdoctor/findings.hpp" "${generated}/findings_table.cpp"
  COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tools/gen_findings" --output "${generated}" ${finding_files}
  DEPENDS ${finding_files} "${PROJECT_SOURCE_DIR}/tools/gen_findings"
  COMMENT "Generating the table of findings" VERBATIM)

# LiveKit's keys, their types and defaults per version.
file(GLOB livekit_key_files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/config/data/livekit-*.jsonl")
add_custom_command(
  OUTPUT "${generated}/livekit_keys.cpp"
  COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tools/gen_livekit_keys"
          --data "${PROJECT_SOURCE_DIR}/src/config/data" --output "${generated}"
  DEPENDS ${livekit_key_files} "${PROJECT_SOURCE_DIR}/tools/gen_livekit_keys"
  COMMENT "Generating LiveKit's key tables" VERBATIM)

# A diagnosis rule is found by its place, src/diagnosis/rules/<name>.cpp, which defines rule_<name>().
file(GLOB rule_files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/diagnosis/rules/*.cpp")
set(rule_declarations "")
set(rule_makers "")
foreach(file IN LISTS rule_files)
  get_filename_component(name "${file}" NAME_WE)
  string(APPEND rule_declarations "Rule rule_${name}();\n")
  string(APPEND rule_makers "    &rule_${name},\n")
endforeach()
configure_file("${PROJECT_SOURCE_DIR}/cmake/rule_table.cpp.in" "${generated}/rule_table.cpp" @ONLY)

# The files of the status page: a strict content security policy allows neither inside it.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/serve/page/style.css"
             "${PROJECT_SOURCE_DIR}/src/serve/page/live.js")
file(READ "${PROJECT_SOURCE_DIR}/src/serve/page/style.css" page_style)
file(READ "${PROJECT_SOURCE_DIR}/src/serve/page/live.js" page_script)
configure_file("${PROJECT_SOURCE_DIR}/cmake/page_files.cpp.in" "${generated}/page_files.cpp" @ONLY)

# What `list` and `explain` print beside the findings.
file(GLOB text_files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/checks/*/README.md" "${PROJECT_SOURCE_DIR}/texts/*.md"
     "${PROJECT_SOURCE_DIR}/include/lkdoctor/facts/*.hpp" "${PROJECT_SOURCE_DIR}/packaging/schema/*.json")
add_custom_command(
  OUTPUT "${generated}/cli_texts.cpp"
  COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tools/gen_texts" --output "${generated}" --root "${PROJECT_SOURCE_DIR}"
  DEPENDS ${text_files} "${PROJECT_SOURCE_DIR}/tools/gen_texts"
  COMMENT "Generating the texts of list and explain" VERBATIM)

add_custom_target(lkdoctor_generated DEPENDS "${generated}/lkdoctor/findings.hpp" "${generated}/findings_table.cpp"
                  "${generated}/livekit_keys.cpp" "${generated}/cli_texts.cpp")
