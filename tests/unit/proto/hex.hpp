// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/bytes.hpp>
#include <string>
#include <string_view>

namespace lkdoctor::test {

/// "00 01a4" as bytes; spaces are skipped.
inline Bytes from_hex(std::string_view hex) {
  Bytes out;
  std::string pair;
  for (const char digit : hex) {
    if (digit == ' ') continue;
    pair += digit;
    if (pair.size() == 2) {
      out.push_back(static_cast<std::uint8_t>(std::stoi(pair, nullptr, 16)));
      pair.clear();
    }
  }
  return out;
}

}  // namespace lkdoctor::test
