// SPDX-License-Identifier: EUPL-1.2
#include "support/golden.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace lkdoctor::test {

std::string golden(std::string_view name, std::string_view actual) {
  const std::string path = std::string(LKDOCTOR_SOURCE_DIR "/tests/golden/") + std::string(name);
  const char* update = std::getenv("LKDOCTOR_UPDATE_GOLDEN");
  if (update != nullptr && std::string_view(update) == "1") {
    std::ofstream(path, std::ios::binary) << actual;
    return std::string(actual);
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) return "missing: " + path;
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace lkdoctor::test
