// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <unistd.h>

#include <array>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "far_desk.hpp"
#include "respond/control_line.hpp"
#include "respond/control_server.hpp"
#include "respond/service.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test;
using namespace lkdoctor::respond;
namespace asio = boost::asio;

namespace {

std::uint16_t free_port() {
  asio::io_context context;
  return Tcp::acceptor(context, {asio::ip::make_address("127.0.0.1"), 0}).local_endpoint().port();
}

/// Connects, and waits until the other side has ended the connection.
void knock(std::uint16_t port) {
  asio::io_context context;
  Tcp::socket socket(context);
  socket.connect({asio::ip::make_address("127.0.0.1"), port});
  std::array<char, 16> rest{};
  boost::system::error_code ended;
  asio::read(socket, asio::buffer(rest), ended);
}

/// A client over a real socket, on this thread.
struct Talk {
  Talk(asio::io_context& context, std::uint16_t port) : socket(context), client(pair_key()) {
    socket.connect({asio::ip::make_address("127.0.0.1"), port});
    client.feed({});
    send();
    while (!client.connected() && listen()) send();
  }

  void send() { asio::write(socket, asio::buffer(client.take())); }
  /// False: the connection ended.
  bool listen() {
    std::array<std::uint8_t, 8192> block{};
    boost::system::error_code ended;
    const std::size_t size = socket.read_some(asio::buffer(block), ended);
    client.feed(ByteView(block).first(size));
    return !ended;
  }
  std::string say(std::string_view text) {
    client.write(text);
    send();
    while (true) {
      if (const std::string answer = client.text(); !answer.empty()) return answer;
      if (!listen()) return {};
    }
  }

  Tcp::socket socket;
  PskClient client;
};

}  // namespace

TEST_CASE("responder: at its end a relay is ended in order, as LiveKit would end it") {
  asio::io_context context;
  Tcp::acceptor livekit(context, {asio::ip::make_address("127.0.0.1"), 0});
  ServiceSettings settings;
  settings.keys = {{"devkey", pair_key()}};
  settings.address = "127.0.0.1";
  settings.port = free_port();
  settings.udp = {{settings.port, settings.port}};
  settings.never_raw = true;
  settings.livekit_hosts = {"127.0.0.1"};
  settings.livekit_port = livekit.local_endpoint().port();
  settings.mint = [](std::chrono::seconds) {
    return proto::ProbeTokens{Secret("publisher1"), Secret("subscriber1"), "lkdoctor-probe"};
  };
  Service service(settings, [](const Event&) {});
  std::array<int, 2> stop{};
  REQUIRE(pipe(stop.data()) == 0);
  std::thread serving([&] { service.run(stop[0]); });
  Talk talk(context, settings.port);
  CHECK(status_of(talk.say("POST /session HTTP/1.1\r\nContent-Length: 13\r\n\r\n{\"version\":1}")) == 200);
  std::thread answering([&] {
    Tcp::socket one = livekit.accept();
    std::array<char, 4096> head{};
    (void)one.read_some(asio::buffer(head));
    asio::write(one, asio::buffer(std::string_view("HTTP/1.1 101 Switching Protocols\r\n\r\n")));
    boost::system::error_code ended;
    (void)one.read_some(asio::buffer(head), ended);
    CHECK(ended == asio::error::eof);
  });
  CHECK(status_of(talk.say("GET /rtc HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                           "Authorization: Bearer publisher1\r\n\r\n")) == 101);
  CHECK(write(stop[1], "x", 1) == 1);
  while (talk.listen()) {
  }
  CHECK(talk.client.peer_ended());
  serving.join();
  answering.join();
  CHECK(service.desk_counters().relays == 1);
  for (const int one : stop) close(one);
}

TEST_CASE("control server: LiveKit can listen on its TCP port whenever no client has a session") {
  KeyRing keys({{"devkey", pair_key()}});
  asio::io_context context;
  const std::uint16_t own = free_port(), livekits = free_port();
  std::optional<Desk> desk;
  ControlServer server(context, {"127.0.0.1", own, {livekits, own}, {}, {}}, keys);
  std::vector<Event> events;
  DeskSettings settings;
  settings.ends = Clock::now() + std::chrono::minutes(1);
  settings.limits.lease = std::chrono::seconds(1);
  settings.hold = [&] { return server.hold(); };
  settings.let_go = [&] { server.let_go(); };
  HostView seen;
  settings.look = [&] {
    seen.tcp = server.others();
    return seen;
  };
  desk.emplace(settings, keys, [&](const Event& event) {
    events.push_back(event);
    if (event.kind == Event::Kind::session_over) context.stop();
  });
  server.serve(*desk);
  using enum TcpPort::State;
  const auto states = [&] {
    const std::vector<TcpPort> all = server.others();
    return std::pair{all.at(0).state, all.at(1).state};
  };
  CHECK(states() == std::pair{free, answers});
  const auto livekit_starts = [&] {
    asio::io_context elsewhere;
    Tcp::acceptor livekit(elsewhere);
    livekit.open(Tcp::v4());
    livekit.set_option(Tcp::acceptor::reuse_address(true));
    boost::system::error_code error;
    livekit.bind({asio::ip::make_address("127.0.0.1"), livekits}, error);
    if (!error) livekit.listen(1, error);
    if (!error) CHECK(states().first == in_use);
    return !error;
  };
  CHECK(livekit_starts());
  std::thread client([&] {
    asio::io_context there;
    Talk talk(there, own);
    CHECK(status_of(talk.say("POST /session HTTP/1.1\r\nContent-Length: 13\r\n\r\n{\"version\":1}")) == 200);
    CHECK_NOTHROW(Tcp::socket(there).connect({asio::ip::make_address("127.0.0.1"), livekits}));
  });
  context.run();  // until the session is over by itself
  client.join();
  REQUIRE(seen.tcp.size() == 2);
  CHECK(seen.tcp[0].state == answers);
  CHECK(events.back().why == fmt::format("nothing came of it for 1 s; TCP {} is let go", livekits));
  CHECK(states() == std::pair{free, answers});
  CHECK(livekit_starts());
}

TEST_CASE("control server: a connection that fails is told, and the next is taken") {
  KeyRing keys({{"devkey", pair_key()}});
  asio::io_context context;
  std::vector<Event> events;
  DeskSettings nobody;
  nobody.allowed = {Network::from("192.0.2.0/24").value()};
  Desk desk(nobody, keys, [&](const Event& event) {
    events.push_back(event);
    if (events.size() == 1) throw std::runtime_error("no memory");
  });
  const std::uint16_t port = free_port();
  ControlServer server(context, {"127.0.0.1", port, {}, {}, {}}, keys);
  server.serve(desk);
  std::thread clients([&] {
    knock(port);
    knock(port);
    asio::post(context, [&] { context.stop(); });
  });
  context.run();
  clients.join();
  REQUIRE(events.size() == 2);
  CHECK(events[0].kind == Event::Kind::not_allowed);
  CHECK(events[1].kind == Event::Kind::failed);
  CHECK(events[1].why == "no memory");
  CHECK(desk.counters().not_allowed == 2);
}
