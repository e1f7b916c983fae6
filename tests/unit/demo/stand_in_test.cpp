// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <filesystem>
#include <lkdoctor/net/tcp.hpp>
#include <string_view>

#include "demo/demo.hpp"
#include "support/run.hpp"

using namespace lkdoctor;

namespace {

constexpr std::chrono::seconds kPatience{10};

boost::asio::awaitable<std::string> ask(std::uint16_t port, std::string request) {
  net::TcpStream stream;
  const Deadline deadline = Clock::now() + kPatience;
  const Endpoint peer{"127.0.0.1", port};
  const auto dialled = co_await stream.connect(peer, deadline);
  if (!dialled.outcome.ok()) co_return dialled.outcome.text;
  std::vector<std::uint8_t> bytes(request.begin(), request.end());
  co_await stream.send(std::move(bytes), deadline);
  const auto received = co_await stream.receive(65536, deadline);
  co_return std::string(received.bytes.begin(), received.bytes.end());
}

}  // namespace

TEST_CASE("the stand-in serves its plain port and removes its files when it ends") {
  std::string file;
  {
    const demo::StandIn stand_in;
    file = stand_in.controller_file();
    CHECK(std::filesystem::exists(file));
    const std::string answer = test::run(ask(stand_in.http_port(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(answer.ends_with("\r\n\r\nOK"));
  }
  CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE("the stand-in refuses a fault that it does not know") {
  CHECK_THROWS_WITH(demo::StandIn("no-such-fault"), "the demo cannot provoke no-such-fault");
}
