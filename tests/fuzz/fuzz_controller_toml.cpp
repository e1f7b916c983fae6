// SPDX-License-Identifier: EUPL-1.2
#include <cstdint>
#include <cstdlib>

#include "config/controller.hpp"

using namespace lkdoctor;

/// Whatever is read: findings have places inside the text, and the secret is in none.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto reading = config::read_controller({"controller.toml", text, {}});
  const std::string& secret = reading.api_secret.reveal();
  const std::string shown =
      Json(reading.settings.findings).dump(-1, ' ', true, Json::error_handler_t::replace);
  // A short secret may also be a word of ours.
  if (secret.starts_with("canary-") && secret.size() > 16 && shown.find(secret) != std::string::npos)
    std::abort();
  for (const Finding& finding : reading.settings.findings) {
    if (finding.origin && finding.origin->line < 0) std::abort();
  }
  (void)config::is_opentalk_file(text);
  return 0;
}
