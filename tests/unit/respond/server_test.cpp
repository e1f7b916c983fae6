// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <array>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "far_desk.hpp"
#include "respond/control_line.hpp"
#include "respond/control_server.hpp"

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

}  // namespace

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
  ControlServer server(context, {"127.0.0.1", {port}, {}, {}}, keys);
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
