// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <array>
#include <lkdoctor/bytes.hpp>

namespace lkdoctor::proto {

/// RFC 2104 with SHA-256. Throws std::runtime_error where OpenSSL has it not.
std::array<std::uint8_t, 32> hmac_sha256(ByteView key, ByteView text);

}  // namespace lkdoctor::proto
