// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "config/controller.hpp"
#include "support/provoked.hpp"

/// The controller's file as text, and what is read of it.
namespace lkdoctor::test::controller_file {

using namespace lkdoctor::config;

using Environment = std::map<std::string, std::string>;

inline ControllerReading read(std::string text, Environment environment = {}) {
  ControllerReading reading = read_controller({"controller.toml", std::move(text), std::move(environment)});
  test::provoked(reading.settings.findings);
  return reading;
}

inline std::vector<std::string> ids(const ControllerReading& reading) {
  std::vector<std::string> out;
  for (const Finding& finding : reading.settings.findings) out.push_back(finding.id);
  return out;
}
using Ids = std::vector<std::string>;

inline constexpr const char* kSecret = "0123456789abcdef0123456789abcdef-x";

/// The old section with one line replaced.
inline std::string old_file(const std::string& field = "", const std::string& line = "") {
  std::string out = "[livekit]\n";
  for (const auto& [name, value] : {std::pair{"api_key", "controller"}, std::pair{"api_secret", kSecret},
                                    std::pair{"public_url", "wss://livekit.uni.example"},
                                    std::pair{"service_url", "http://livekit:7880"}}) {
    out += field == name ? line + "\n" : std::string(name) + " = \"" + value + "\"\n";
  }
  return out;
}
inline std::string new_file(const std::string& field = "", const std::string& line = "") {
  std::string out = old_file(field, line);
  return out.replace(0, 9, "[roomserver.modules.livekit]");
}

}  // namespace lkdoctor::test::controller_file
