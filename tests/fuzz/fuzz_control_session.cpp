// SPDX-License-Identifier: EUPL-1.2
#include <cstdlib>
#include <cstring>

#include "pieces.hpp"
#include "respond/control_connection.hpp"
#include "unit/respond/psk_client.hpp"

using namespace lkdoctor;

namespace {

const Deadline kStart = Deadline{} + std::chrono::hours(1);
constexpr std::string_view kToken = "publisher-of-this-session";

void require(bool holds) {
  if (!holds) std::abort();
}

std::string_view text_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct FarEnd {
  FarEnd() {
    respond::DeskSettings settings;
    settings.look = [] { return respond::HostView{}; };
    settings.mint = [](std::chrono::seconds) {
      return proto::ProbeTokens{Secret(std::string(kToken)), Secret("subscriber"), "lkdoctor-probe"};
    };
    settings.ends = kStart + std::chrono::minutes(15);
    desk.emplace(std::move(settings), keys, [](const respond::Event&) {});
  }

  proto::PortTestKey key = proto::key_of_pair("devkey", Secret("a secret that is long enough to be one"));
  respond::KeyRing keys{{{"devkey", key, false}}};
  respond::PskContext tls{keys};
  std::optional<respond::Desk> desk;
};

/// Whoever has no key gets nothing but a handshake that fails.
void without_a_key(FarEnd& far, const std::vector<Bytes>& pieces) {
  respond::ControlConnection server(far.tls, *far.desk, {"192.0.2.77", 50000}, kStart);
  for (const Bytes& piece : pieces) {
    server.feed(piece, kStart);
    (void)server.take();
    require(!server.authenticated() && !server.wants_upstream() && server.take_upstream().empty());
  }
  server.end(kStart);
  require(server.over());
}

/// A client with a key says what it likes. LiveKit hears one request of this session, or nothing; more only
/// after it has switched protocols.
void with_a_key(FarEnd& far, const std::vector<Bytes>& pieces, bool switches) {
  respond::ControlConnection server(far.tls, *far.desk, {"192.0.2.77", 50000}, kStart);
  test::PskClient client(far.key);
  client.feed({});
  const auto pump = [&] {
    for (int i = 0; i < 8; ++i) {
      const Bytes there = client.take();
      if (!there.empty()) server.feed(there, kStart);
      const Bytes back = server.take();
      client.feed(back);
      if (there.empty() && back.empty()) return;
    }
  };
  pump();
  require(server.authenticated());
  bool asked = false;
  for (const Bytes& piece : pieces) {
    if (!piece.empty()) client.write(text_of(piece));
    pump();
    if (server.wants_upstream()) {
      server.upstream_opened(kStart);
      const std::string request = server.take_upstream();
      require(!asked && request.starts_with("GET /rtc") && request.find(kToken) != std::string::npos &&
              request.find("\r\n\r\n") == request.size() - std::strlen("\r\n\r\n"));
      asked = true;
    } else if (asked && switches) {
      constexpr std::string_view kSwitched = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
      server.feed_upstream({reinterpret_cast<const std::uint8_t*>(kSwitched.data()), kSwitched.size()},
                           kStart);
      (void)server.take_upstream();
    } else {
      require(server.take_upstream().empty());
    }
  }
  server.end(kStart);
  server.upstream_ended(kStart);
  server.finish(kStart);
  require(server.over());
}

}  // namespace

/// The control connection of a responder: what a client with a key says inside of TLS, and bytes of a
/// stranger. TLS.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  FarEnd far;
  const std::vector<Bytes> pieces = pieces_of(ByteView(data + 1, size - 1), 16);
  const unsigned way = data[0];
  if ((way & 1U) == 0) {
    without_a_key(far, pieces);
  } else {
    with_a_key(far, pieces, (way & 2U) != 0);
  }
  return 0;
}
