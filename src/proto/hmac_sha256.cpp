// SPDX-License-Identifier: EUPL-1.2
#include "proto/hmac_sha256.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

namespace lkdoctor::proto {

std::array<std::uint8_t, 32> hmac_sha256(ByteView key, ByteView text) {
  std::array<std::uint8_t, 32> out{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), text.data(), text.size(), out.data(),
           &size) == nullptr)
    throw std::runtime_error("HMAC-SHA256 is not available");
  return out;
}

}  // namespace lkdoctor::proto
