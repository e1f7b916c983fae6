// SPDX-License-Identifier: EUPL-1.2
#include <boost/system/system_error.hpp>
#include <memory>

#include "site.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test;
using namespace lkdoctor::serve;
using asio::awaitable;

namespace {

/// Gives "1", "2", … and waits before each for `ring`.
struct Ticker {
  explicit Ticker(asio::io_context& context) : timer(context, Clock::time_point::max()) {}
  awaitable<std::optional<std::string>> next(int last) {
    while (given == rung) {
      const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
      if (given == rung) {
        cancelled = true;
        throw boost::system::system_error(error);
      }
    }
    ++given;
    if (given > last) co_return std::nullopt;
    co_return "data: " + std::to_string(given) + "\n\n";
  }
  void ring() {
    ++rung;
    timer.cancel();
  }
  asio::steady_timer timer;
  int given = 0, rung = 0;
  bool cancelled = false;
};

Response stream_of(const std::shared_ptr<Ticker>& ticker, int last) {
  Response response;
  response.content_type = "text/event-stream";
  response.body = "retry: 1000\n\n";
  response.stream = [ticker, last] { return ticker->next(last); };
  return response;
}

}  // namespace

TEST_CASE("front: a stream is sent piece by piece, and the connection can be used again after its end") {
  std::shared_ptr<Ticker> ticker;
  Site site(with(answers([&](const Request& request) {
    return request.path == "/events" ? stream_of(ticker, 2) : says(200, "after");
  })));
  ticker = std::make_shared<Ticker>(site.context);
  Visitor visitor(site);
  std::string head, first, rest, after;
  const auto visit = [&]() -> awaitable<void> {
    auto saying = visitor.say("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    co_await std::move(saying);
    auto heading = visitor.hear("retry: 1000\n\n\r\n");
    head = co_await std::move(heading);
    ticker->ring();
    auto hearing = visitor.hear("data: 1\n\n\r\n");
    first = co_await std::move(hearing);
    ticker->ring();
    ticker->ring();
    auto ending = visitor.hear("\r\n0\r\n\r\n");
    rest = co_await std::move(ending);
    auto asking = visitor.ask("/");
    after = co_await std::move(asking);
  };
  site.during(visit);
  CHECK(head.find("Content-Type: text/event-stream\r\n") != std::string::npos);
  CHECK(
      head.ends_with("Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\nd\r\nretry: 1000\n\n\r\n"));
  CHECK(first == "9\r\ndata: 1\n\n\r\n");
  CHECK(rest == "9\r\ndata: 2\n\n\r\n0\r\n\r\n");
  CHECK(body_of(after) == "after\n");
  ticker.reset();  // its timer is the site's
}

TEST_CASE("front: a stream is cancelled when its client leaves") {
  std::shared_ptr<Ticker> ticker;
  Site site(with(answers([&](const Request&) { return stream_of(ticker, 9); })));
  ticker = std::make_shared<Ticker>(site.context);
  auto visitor = std::make_unique<Visitor>(site);
  const auto visit = [&]() -> awaitable<void> {
    auto saying = visitor->say("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    co_await std::move(saying);
    auto heading = visitor->hear("retry: 1000\n\n\r\n");
    co_await std::move(heading);
    visitor.reset();
    auto ended = until(site.context, [&] { return ticker->cancelled && site.front->counts().open == 0; });
    co_await std::move(ended);
  };
  site.during(visit);
  CHECK(ticker->cancelled);
  ticker.reset();
}
