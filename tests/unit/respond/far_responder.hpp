// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <doctest/doctest.h>

#include "far_keys.hpp"
#include "respond/responder.hpp"

/// A responder without a socket, with clocks of its own, and a client of it.
namespace lkdoctor::test {

inline constexpr std::uint32_t kNow = 1000;  // minutes

struct FarResponder {
  explicit FarResponder(respond::Settings more = {}) {
    more.keys = {{"devkey", pair_key()}, {"pairing code", code_key(), true}};
    if (more.serves.empty()) more.serves = {{20000, 25000}};
    more.ends = kStart + std::chrono::minutes(15);
    more.minutes = [this] { return minutes; };
    responder.emplace(
        std::move(more),
        [this](const proto::Ports& ports) {
          held.push_back(ports);
          respond::Held out{std::vector<bool>(ports.size()), {}};
          out.others[0] = true;
          out.why_unopened = why_unopened;
          return out;
        },
        [this](const respond::Event& event) { events.push_back(event); });
  }

  std::optional<Bytes> hear(const Bytes& bytes, Endpoint from = kClient, Deadline now = kStart,
                            std::uint16_t port = 20017) {
    auto answer = responder->take({from, port, bytes, "10.20.0.23"}, now);
    after = answer ? answer->after : std::chrono::seconds(0);
    return answer ? std::optional(std::move(answer->bytes)) : std::nullopt;
  }

  /// The key of the session that a greeting opened.
  proto::PortTestKey greet(const proto::Nonce& nonce = {7}) {
    const auto answer = hear(proto::write_greeting(
        {proto::PortTestKind::greeting, 20017, pair_key().id, ++sequence}, {nonce, kNow}, pair_key()));
    REQUIRE(answer);
    REQUIRE(proto::mac_ok(*answer, pair_key()));
    welcome = proto::read_welcome(*answer).value();
    return proto::key_of_session(pair_key(), welcome.client, welcome.server);
  }

  proto::PortTestHead next(proto::PortTestKind kind, std::uint16_t port = 20017) {
    return {kind, port, welcome.session, ++sequence};
  }

  std::optional<respond::Responder> responder;
  std::vector<proto::Ports> held;
  std::string why_unopened;
  std::vector<respond::Event> events;
  proto::Welcome welcome;
  std::uint32_t sequence = 0, minutes = kNow;
  std::chrono::seconds after{0};  // of the last answer
};

}  // namespace lkdoctor::test
