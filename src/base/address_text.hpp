// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace lkdoctor {

/// What inet_ntop(3) writes, but without printf, which a responder would have in memory for this alone.
/// REQUIRES: 4 or 16 bytes.
std::string address_text(std::span<const std::uint8_t> address);

}  // namespace lkdoctor
