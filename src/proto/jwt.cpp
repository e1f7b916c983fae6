// SPDX-License-Identifier: EUPL-1.2
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <lkdoctor/proto/jwt.hpp>

namespace lkdoctor::proto {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kLongestToken = 16 * 1024;

/// base64url without padding (RFC 7515 §2).
std::string encoded(std::string_view bytes) {
  std::string out;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    held = held << 8U | static_cast<unsigned char>(c);
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      out += kAlphabet[held >> bits & 63U];
    }
  }
  if (bits > 0) out += kAlphabet[held << (6 - bits) & 63U];
  return out;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    held = held << 6U | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>(held >> bits & 0xffU);
  }
  if (text.size() % 4 == 1) return std::nullopt;
  return out;
}

std::string hmac_sha256(std::string_view message, const Secret& secret) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), secret.reveal().data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(), &length);
  return {reinterpret_cast<const char*>(digest.data()), length};
}

struct Parts {
  std::string_view header, payload, signature, signed_text;
};

std::optional<Parts> parts_of(std::string_view token) {
  if (token.size() > kLongestToken) return std::nullopt;
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return std::nullopt;
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
               token.substr(0, second)};
}

Json object_in(std::string_view part) {
  const auto text = decoded(part);
  if (!text) return nullptr;
  Json json = Json::parse(*text, nullptr, false);
  return json.is_object() ? json : Json();
}

}  // namespace

Json fleeting_room() {
  constexpr int kEmptySeconds = 20, kDepartureSeconds = 10;
  return {{"emptyTimeout", kEmptySeconds}, {"departureTimeout", kDepartureSeconds}};
}

Secret sign_token(const TokenClaims& claims, const Secret& secret) {
  OrderedJson payload;
  payload["iss"] = claims.issuer;
  if (!claims.identity.empty()) payload["sub"] = claims.identity;
  payload["nbf"] = claims.not_before;
  payload["exp"] = claims.expires;
  if (!claims.video.is_null()) payload["video"] = claims.video;
  if (!claims.room_config.is_null()) payload["roomConfig"] = claims.room_config;
  const std::string header = R"({"alg":"HS256","typ":"JWT"})";
  const std::string message =
      encoded(header) + "." + encoded(payload.dump(-1, ' ', false, OrderedJson::error_handler_t::replace));
  return Secret(message + "." + encoded(hmac_sha256(message, secret)));
}

std::optional<DecodedToken> decode_token(std::string_view token) {
  const auto parts = parts_of(token);
  if (!parts || !decoded(parts->signature)) return std::nullopt;
  DecodedToken out{object_in(parts->header), object_in(parts->payload)};
  if (out.header.is_null() || out.payload.is_null()) return std::nullopt;
  return out;
}

bool signature_is_valid(std::string_view token, const Secret& secret) {
  const auto parts = parts_of(token);
  if (!parts) return false;
  const auto given = decoded(parts->signature);
  const std::string wanted = hmac_sha256(parts->signed_text, secret);
  return given && given->size() == wanted.size() &&
         CRYPTO_memcmp(given->data(), wanted.data(), wanted.size()) == 0;
}

}  // namespace lkdoctor::proto
