// SPDX-License-Identifier: EUPL-1.2
#include <openssl/rand.h>

#include <algorithm>
#include <lkdoctor/proto/port_test_keys.hpp>
#include <stdexcept>
#include <string>

#include "proto/hmac_sha256.hpp"

namespace lkdoctor::proto {
namespace {

using Digest = std::array<std::uint8_t, 32>;

constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t kCodeLength = 13;
constexpr std::size_t kTextLength = 26;
constexpr std::size_t kShortestText = 16;

ByteView view_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// RFC 5869 with one block of output, which is all that a key needs.
Digest hkdf(ByteView secret, std::string_view salt, std::string_view info) {
  const Digest extracted = hmac_sha256(view_of(salt), secret);
  std::string expand(info);
  expand.push_back('\x01');
  return hmac_sha256(extracted, view_of(expand));
}

PortTestKey with_id(const Digest& bytes) {
  PortTestKey key{bytes, {}};
  const Digest id = hmac_sha256(key.bytes, view_of("lkdoctor port test key id"));
  std::copy_n(id.begin(), key.id.size(), key.id.begin());
  return key;
}

/// 5 bits of each byte: none is more likely than another.
std::string random_base32(std::size_t length) {
  std::string out(length, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(length)) != 1)
    throw std::runtime_error("no random numbers");
  for (char& one : out) one = kBase32[static_cast<unsigned char>(one) % kBase32.size()];
  return out;
}

constexpr std::string_view kSalt = "lkdoctor port test 1";

}  // namespace

bool stands_guessing(const Secret& api_secret) {
  return api_secret.size() >= kShortestText && !traits_of(api_secret).published_sample;
}

PortTestKey key_of_pair(std::string_view api_key, const Secret& api_secret) {
  return with_id(hkdf(view_of(api_secret.reveal()), kSalt, std::string("livekit pair ").append(api_key)));
}

std::optional<PortTestKey> key_of_text(const Secret& text) {
  constexpr std::string_view kBlank = " \t\r\n";
  std::string_view whole = text.reveal();
  whole.remove_prefix(std::min(whole.find_first_not_of(kBlank), whole.size()));
  whole = whole.substr(0, whole.find_last_not_of(kBlank) + 1);
  if (whole.size() < kShortestText) return std::nullopt;
  return with_id(hkdf(view_of(whole), kSalt, "key file"));
}

std::optional<PortTestKey> key_of_code(const Secret& code) {
  std::string plain;
  for (const char one : code.reveal()) {
    if (one == '-' || one == ' ') continue;
    const char upper = one >= 'a' && one <= 'z' ? static_cast<char>(one - 'a' + 'A') : one;
    if (kBase32.find(upper) == std::string_view::npos) return std::nullopt;
    plain.push_back(upper);
  }
  if (plain.size() != kCodeLength) return std::nullopt;
  return with_id(hkdf(view_of(plain), kSalt, "pairing code"));
}

PortTestKey key_of_session(const PortTestKey& key, ByteView client, ByteView server) {
  Writer text;
  text.text("lkdoctor port test session").bytes(client).bytes(server);
  return {hmac_sha256(key.bytes, text.done()), {}};
}

PortTestKey key_of_successor(const PortTestKey& session) {
  return with_id(hmac_sha256(session.bytes, view_of("lkdoctor port test successor")));
}

std::array<std::uint8_t, 32> control_key(const PortTestKey& key) {
  return hmac_sha256(key.bytes, view_of("lkdoctor port test control"));
}

std::string hex(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

std::string control_identity(const PortTestKey& key) {
  return "lkdoctor1:" + hex(key.id);
}

Secret new_pairing_code() {
  const std::string letters = random_base32(kCodeLength);
  std::string code;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (i > 0 && i % 4 == 0) code.push_back('-');
    code.push_back(letters[i]);
  }
  return Secret(std::move(code));
}

Secret new_key_text() {
  return Secret(random_base32(kTextLength));
}

}  // namespace lkdoctor::proto
