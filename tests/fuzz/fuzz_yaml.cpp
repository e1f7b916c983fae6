// SPDX-License-Identifier: EUPL-1.2
#include <cstddef>
#include <cstdint>
#include <string>

#include "config/livekit.hpp"
#include "config/yaml.hpp"

/// The first byte picks the version and where the text goes; the rest is the text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lkdoctor;
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr const char* kVersions[] = {"1.8.4", "1.9.12", "1.11.0", "1.13.5"};
  config::LiveKitInputs inputs;
  inputs.file_name = "livekit.yaml";
  inputs.version = kVersions[data[0] & 3U];
  inputs.file_text = text;
  if ((data[0] & 4U) != 0) inputs.environment["LIVEKIT_KEYS"] = text;
  if ((data[0] & 8U) != 0) inputs.arguments = {"--" + text};
  inputs.read_key_file = [&text](const std::string&) { return config::KeyFile{text, 0600, ""}; };
  const config::LiveKitReading reading = config::read_livekit(inputs);
  // What was found must be storable: no field may break JSON for an odd input.
  (void)Json(reading.settings).dump(-1, ' ', false, Json::error_handler_t::replace);
  return 0;
}
