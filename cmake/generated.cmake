# What is found by its place and written into build/generated: the table of findings and of checks.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

file(GLOB finding_files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/findings/*.md")
set(generated "${PROJECT_BINARY_DIR}/generated")
add_custom_command(
  OUTPUT "${generated}/lkdoctor/findings.hpp" "${generated}/findings_table.cpp"
  COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tools/gen_findings" --output "${generated}" ${finding_files}
  DEPENDS ${finding_files} "${PROJECT_SOURCE_DIR}/tools/gen_findings"
  COMMENT "Generating the table of findings" VERBATIM)
add_custom_target(lkdoctor_generated DEPENDS "${generated}/lkdoctor/findings.hpp" "${generated}/findings_table.cpp")
