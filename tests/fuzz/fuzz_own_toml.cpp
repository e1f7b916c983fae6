// SPDX-License-Identifier: EUPL-1.2
#include <cstdint>
#include <cstdlib>

#include "config/own.hpp"

using namespace lkdoctor;

/// lkdoctor's own file: either it is read, or the error has a place in it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto own =
      config::read_own_config("lkdoctor.toml", text, WallSeconds(std::chrono::seconds(1'800'000'000)));
  if (own.error && own.error->message.empty()) std::abort();
  for (const auto& target : own.targets) {
    if (!own.error && target.name.empty()) std::abort();
  }
  return 0;
}
