// SPDX-License-Identifier: EUPL-1.2
#include "proto/srtp_crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace lkdoctor::proto::srtp {
namespace {

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using CipherPtr = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

constexpr std::size_t kCmSalt = 14;             // RFC 3711 §8.2: 112 bits
constexpr std::size_t kKey = 16;                // both profiles: 128 bits
constexpr std::size_t kAuthenticationKey = 20;  // RFC 3711 §8.2: 160 bits

ByteView view(const Secret& secret) {
  const std::string& text = secret.reveal();
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
Secret secret(const Bytes& bytes) {
  return Secret(std::string(bytes.begin(), bytes.end()));
}

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL refuses an SRTP operation");
}

CipherPtr cipher() {
  CipherPtr context(EVP_CIPHER_CTX_new());
  require(context != nullptr);
  return context;
}

/// AES-128 in counter mode over `text`.
Bytes counter_mode(ByteView key, const std::array<std::uint8_t, 16>& iv, ByteView text) {
  const CipherPtr context = cipher();
  Bytes out(text.size());
  int count = 0;
  require(EVP_EncryptInit_ex(context.get(), EVP_aes_128_ctr(), nullptr, key.data(), iv.data()) == 1);
  if (text.empty()) return out;
  require(EVP_EncryptUpdate(context.get(), out.data(), &count, text.data(), static_cast<int>(text.size())) ==
          1);
  return out;
}

void mix(std::span<std::uint8_t> into, std::size_t at, std::uint64_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) {
    into[at + width - 1 - i] ^= static_cast<std::uint8_t>(value >> (8 * i));
  }
}

GcmIv salted(const SessionKeys& keys) {
  GcmIv iv{};
  std::ranges::copy(view(keys.salt).first(iv.size()), iv.begin());
  return iv;
}

}  // namespace

Bytes derive_bytes(ByteView master_key, ByteView salt, std::uint8_t label, std::size_t count) {
  std::array<std::uint8_t, 16> iv{};
  std::ranges::copy(salt, iv.begin());
  iv[7] ^= label;  // key_id = label || r, r = 0: the label stands 48 bits from the end of the salt
  return counter_mode(master_key, iv, Bytes(count, 0));
}

SessionKeys derive(SrtpProfile profile, const Secret& master, Family family) {
  const ByteView all = view(master);
  const std::size_t salt_size = profile == SrtpProfile::aead_aes_128_gcm ? 12 : kCmSalt;
  if (all.size() != kKey + salt_size) throw std::runtime_error("SRTP master key of a wrong length");
  Bytes salt(all.begin() + kKey, all.end());
  salt.resize(kCmSalt, 0);  // RFC 7714 §11: a salt of 96 bits is filled up on the right
  const ByteView key = all.first(kKey);
  const auto label = [family](unsigned of_rtp) {  // RFC 3711 §4.3.1 and §4.3.2
    return static_cast<std::uint8_t>(family == Family::rtp ? of_rtp : of_rtp + 3);
  };
  return {secret(derive_bytes(key, salt, label(0), kKey)),
          secret(derive_bytes(key, salt, label(1), kAuthenticationKey)),
          secret(derive_bytes(key, salt, label(2), salt_size))};
}

Bytes aes_cm(const SessionKeys& keys, std::uint32_t ssrc, std::uint64_t index, ByteView text) {
  // RFC 3711 §4.1.1: IV = (k_s * 2^16) XOR (SSRC * 2^64) XOR (i * 2^16)
  std::array<std::uint8_t, 16> iv{};
  std::ranges::copy(view(keys.salt), iv.begin());
  mix(iv, 4, ssrc, 4);
  mix(iv, 8, index, 6);
  return counter_mode(view(keys.encryption), iv, text);
}

Bytes hmac_tag(const SessionKeys& keys, ByteView packet, ByteView trailer) {
  Bytes all(packet.begin(), packet.end());
  all.insert(all.end(), trailer.begin(), trailer.end());
  Bytes tag(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  const ByteView key = view(keys.authentication);
  require(HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), all.data(), all.size(), tag.data(),
               &size) != nullptr);
  tag.resize(kSha1Tag);
  return tag;
}

GcmIv gcm_iv_rtp(const SessionKeys& keys, std::uint32_t ssrc, std::uint64_t index) {
  GcmIv iv = salted(keys);  // two zero bytes, SSRC, ROC, SEQ; then XOR the salt
  mix(iv, 2, ssrc, 4);
  mix(iv, 6, index, 6);
  return iv;
}

GcmIv gcm_iv_rtcp(const SessionKeys& keys, std::uint32_t ssrc, std::uint32_t index) {
  GcmIv iv = salted(keys);  // two zero bytes, SSRC, two zero bytes, index
  mix(iv, 2, ssrc, 4);
  mix(iv, 8, index, 4);
  return iv;
}

Bytes gcm_seal(const SessionKeys& keys, const GcmIv& iv, ByteView associated, ByteView text) {
  const CipherPtr context = cipher();
  const ByteView key = view(keys.encryption);
  Bytes out(text.size() + kGcmTag);
  int count = 0;
  require(EVP_EncryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, key.data(), iv.data()) == 1);
  require(EVP_EncryptUpdate(context.get(), nullptr, &count, associated.data(),
                            static_cast<int>(associated.size())) == 1);
  require(text.empty() || EVP_EncryptUpdate(context.get(), out.data(), &count, text.data(),
                                            static_cast<int>(text.size())) == 1);
  require(EVP_EncryptFinal_ex(context.get(), out.data() + text.size(), &count) == 1);
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kGcmTag, out.data() + text.size()) == 1);
  return out;
}

std::optional<Bytes> gcm_open(const SessionKeys& keys, const GcmIv& iv, ByteView associated,
                              ByteView sealed) {
  if (sealed.size() < kGcmTag) return std::nullopt;
  const CipherPtr context = cipher();
  const ByteView key = view(keys.encryption);
  const ByteView text = sealed.first(sealed.size() - kGcmTag);
  Bytes tag(sealed.end() - kGcmTag, sealed.end());
  Bytes out(text.size() + 1);  // never an empty buffer
  int count = 0;
  require(EVP_DecryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, key.data(), iv.data()) == 1);
  require(EVP_DecryptUpdate(context.get(), nullptr, &count, associated.data(),
                            static_cast<int>(associated.size())) == 1);
  require(text.empty() || EVP_DecryptUpdate(context.get(), out.data(), &count, text.data(),
                                            static_cast<int>(text.size())) == 1);
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kGcmTag, tag.data()) == 1);
  if (EVP_DecryptFinal_ex(context.get(), out.data() + text.size(), &count) != 1) return std::nullopt;
  out.resize(text.size());
  return out;
}

bool equal_in_constant_time(ByteView left, ByteView right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace lkdoctor::proto::srtp
