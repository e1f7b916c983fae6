// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <doctest/doctest.h>

#include <lkdoctor/bytes.hpp>
#include <vector>

#include "far_keys.hpp"
#include "psk_client.hpp"
#include "respond/control_connection.hpp"

/// A responder's desk and clients at it, without a socket and with a clock of its own.
namespace lkdoctor::test {

inline proto::PortTestKey file_key() {
  return proto::key_of_text(Secret("a key of sixteen letters or more")).value();
}

inline ByteView view(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

struct FarDesk {
  explicit FarDesk(respond::DeskSettings settings = {}) {
    settings.look = [] {
      respond::HostView host;
      host.signalling_port = 7880;
      host.udp = {{20000, 25000}};
      host.tcp = {{7881, respond::TcpPort::State::in_use, "livekit-server"}};
      host.udp_in_use = {{20017, 20018, "livekit-server"}, {20100, 20100, ""}};
      host.addresses = {"192.0.2.10"};
      host.ephemeral = {32768, 60999};
      host.clock = 1'700'000'000;
      return host;
    };
    if (settings.why_no_tokens.empty()) {
      settings.mint = [this](std::chrono::seconds life) {
        if (failing-- > 0) throw std::runtime_error("no random numbers");
        lives.push_back(life);
        const std::string number = std::to_string(lives.size());
        return proto::ProbeTokens{Secret("publisher" + number), Secret("subscriber" + number),
                                  "lkdoctor-probe"};
      };
    }
    settings.hold = [this] {
      ++held;
      return free_ports;
    };
    settings.let_go = [this] { ++let_go; };
    settings.heard.last = [this](const respond::NamedKey& key) {
      return heard && heard->first == key.key.id ? std::optional(heard->second) : std::nullopt;
    };
    if (settings.ends == Deadline{}) settings.ends = kStart + std::chrono::minutes(15);
    desk.emplace(std::move(settings), keys, [this](const respond::Event& event) { events.push_back(event); });
  }

  respond::KeyRing keys{
      {{"pairing code", code_key(), true}, {"devkey", pair_key()}, {"key file", file_key()}}};
  respond::PskContext tls{keys};
  std::vector<respond::Event> events;
  std::vector<std::chrono::seconds> lives;
  std::vector<std::uint16_t> free_ports;
  int held = 0, let_go = 0;
  std::optional<std::pair<std::array<std::uint8_t, 8>, Deadline>>
      heard;        ///< over UDP: by which key, and when
  int failing = 0;  ///< as often no token can be made
  std::optional<respond::Desk> desk;
};

/// A client and its connection.
struct Call {
  Call(FarDesk& at, const proto::PortTestKey& key, Deadline when = kStart)
      : Call(at, proto::control_identity(key), proto::control_key(key), when) {}
  Call(FarDesk& at, std::string identity, const std::array<std::uint8_t, 32>& key, Deadline when = kStart)
      : now(when), client(std::move(identity), key), server(at.tls, *at.desk, kClient, when) {
    client.feed({});
    pump();
  }

  /// Both ways until nothing more comes.
  void pump() {
    for (int i = 0; i < 8; ++i) {
      const Bytes to_server = client.take();
      if (!to_server.empty()) server.feed(to_server, now);
      const Bytes to_client = server.take();
      client.feed(to_client);
      if (to_server.empty() && to_client.empty()) return;
    }
  }
  std::string say(std::string_view text) {
    client.write(text);
    pump();
    return client.text();
  }
  std::string ask(std::string_view line, std::string_view headers = "", std::string_view body = "") {
    std::string text = std::string(line) + " HTTP/1.1\r\nHost: responder\r\n" + std::string(headers);
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return say(text + "\r\n" + std::string(body));
  }
  std::string open() { return ask("POST /session", "", R"({"version":1})"); }
  std::string join(std::string_view token, std::string_view target = "/rtc/v1?protocol=15") {
    return ask(
        "GET " + std::string(target),
        "Connection: Upgrade\r\nUpgrade: websocket\r\nAuthorization: Bearer " + std::string(token) + "\r\n");
  }

  Deadline now;
  PskClient client;
  respond::ControlConnection server;
};

inline unsigned status_of(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 ") ? static_cast<unsigned>(std::stoi(answer.substr(9, 3))) : 0;
}
inline Json body_of(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? Json() : Json::parse(answer.substr(end + 4), nullptr, false);
}

/// The key that came with a session.
inline proto::PortTestKey key_in(const std::string& answer) {
  return proto::key_of_text(Secret(body_of(answer).at("key").get<std::string>())).value();
}

}  // namespace lkdoctor::test
