// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <array>
#include <cstdint>
#include <lkdoctor/bytes.hpp>
#include <lkdoctor/secret.hpp>
#include <optional>
#include <string>
#include <string_view>

/// Keys of the two-sided port test: docs/port-test.md. None is ever sent.
namespace lkdoctor::proto {

struct PortTestKey {
  std::array<std::uint8_t, 32> bytes{};
  std::array<std::uint8_t, 8> id{};  ///< a truncated HMAC under the key: says which one, and nothing of it
};

/// A key's id goes over the wire, and whoever hears it can try secrets against it. False: an API secret that
/// would be found that way, since it has fewer than 16 characters or is printed in documentation.
bool stands_guessing(const Secret& api_secret);
/// HKDF (RFC 5869, SHA-256) of a LiveKit key pair. REQUIRES: stands_guessing(api_secret).
PortTestKey key_of_pair(std::string_view api_key, const Secret& api_secret);
/// Of a key file's text, without white space around it. nullopt: shorter than 16 characters.
std::optional<PortTestKey> key_of_text(const Secret& text);
/// Of a one-time pairing code in any case, with or without hyphens and blanks. nullopt: not 13 characters of
/// base32.
std::optional<PortTestKey> key_of_code(const Secret& code);
/// The key of one session, from that of the greeting and both nonces.
PortTestKey key_of_session(const PortTestKey& key, ByteView client, ByteView server);
/// What stands for a pairing code that a session has used up, from the key of that session: a long-term key.
PortTestKey key_of_successor(const PortTestKey& session);
/// The external PSK of the control connection (TLS 1.3), from a long-term key.
std::array<std::uint8_t, 32> control_key(const PortTestKey& key);
/// The PSK identity that names it: "lkdoctor1:" and the key's id in lower hex.
std::string control_identity(const PortTestKey& key);

/// In lower case.
std::string hex(ByteView bytes);

/// 65 random bits as 13 characters of base32 (RFC 4648 §6), in groups: "4KQ7-2TXM-5CWP-A".
Secret new_pairing_code();
/// 130 random bits as 26 characters of base32: a text for `key_of_text`.
Secret new_key_text();

}  // namespace lkdoctor::proto
