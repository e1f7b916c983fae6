// SPDX-License-Identifier: EUPL-1.2
#include "serve/places.hpp"

namespace lkdoctor::serve {

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

std::string target_place(std::string_view target) {
  return std::string(kTargetPlaces) + percent_encoded(target);
}

std::string incident_place(std::string_view target, std::int64_t from_ms) {
  return target_place(target) + std::string(kIncidents) + std::to_string(from_ms);
}

std::string report_place(std::string_view target) {
  return std::string(kReportPlace) + "?target=" + percent_encoded(target);
}

}  // namespace lkdoctor::serve
