// SPDX-License-Identifier: EUPL-1.2
#include <sys/resource.h>

#include <deque>

#include "site.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test;
using namespace lkdoctor::serve;
using asio::awaitable;

namespace {

FrontSettings at_most(std::size_t connections, Handler handler) {
  FrontSettings settings = with(std::move(handler));
  settings.most_connections = connections;
  return settings;
}

/// Waits for ever.
Handler never(asio::io_context*& context) {
  struct Waiting {
    static awaitable<Response> in(asio::io_context* where) {
      asio::steady_timer timer(*where, Clock::time_point::max());
      co_await timer.async_wait(asio::use_awaitable);
      co_return Response{};
    }
  };
  return [&context](const Request&) { return Waiting::in(context); };
}

}  // namespace

TEST_CASE("front: a thousand idle connections are harmless, and every one is still served") {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < 2200) {
    MESSAGE("only " << files.rlim_cur << " descriptors may be open here");
    return;
  }
  Site site(at_most(1024, echo()));
  std::deque<Visitor> idle;
  std::string answer, of_first;
  const auto visit = [&]() -> awaitable<void> {
    for (int i = 0; i < 1000; ++i) {
      idle.emplace_back(site);
      auto taken = until(site.context, [&] { return site.front->counts().open == idle.size(); });
      co_await std::move(taken);
    }
    Visitor other(site);
    auto asking = other.ask("/metrics");
    answer = co_await std::move(asking);
    auto again = idle.front().ask("/first");
    of_first = co_await std::move(again);
  };
  site.during(visit);
  CHECK(body_of(answer) == "GET /metrics\n");
  CHECK(body_of(of_first) == "GET /first\n");
  CHECK(site.front->counts().evicted == 0);
}

TEST_CASE("front: where there is no room the connection that was idle for longest is closed for a new one") {
  Site site(at_most(3, echo()));
  Visitor a(site), b(site), c(site);
  std::string of_a, of_b, of_d;
  const auto visit = [&]() -> awaitable<void> {
    auto taken = until(site.context, [&] { return site.front->counts().open == 3; });
    co_await std::move(taken);
    auto asking = a.ask("/a");
    of_a = co_await std::move(asking);
    Visitor d(site);
    auto fourth = d.ask("/d");
    of_d = co_await std::move(fourth);
    auto ended = b.rest();
    of_b = co_await std::move(ended);
    auto again = a.ask("/again");
    of_a = co_await std::move(again);
  };
  site.during(visit);
  CHECK(body_of(of_d) == "GET /d\n");
  CHECK(of_b.empty());
  CHECK(body_of(of_a) == "GET /again\n");
  CHECK(site.front->counts().evicted == 1);
}

TEST_CASE("front: where every connection is at work a new one hears so") {
  asio::io_context* context = nullptr;
  Site site(at_most(2, never(context)));
  context = &site.context;
  Visitor a(site), b(site);
  std::string told;
  const auto visit = [&]() -> awaitable<void> {
    for (Visitor* visitor : {&a, &b}) {
      auto saying = visitor->say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      co_await std::move(saying);
    }
    auto begun = until(site.context, [&] { return site.front->counts().requests == 2; });
    co_await std::move(begun);
    Visitor c(site);
    auto resting = c.rest();
    told = co_await std::move(resting);
  };
  site.during(visit);
  CHECK(status_of(told) == "503 Service Unavailable");
  CHECK(told.find("Retry-After: 1\r\n") != std::string::npos);
  CHECK(body_of(told) == "Every connection that is served is at work.\n");
  CHECK(site.front->counts().turned_away == 1);
}

TEST_CASE(
    "front: at its end requests that are there are answered, idle connections close, nobody new is taken") {
  std::optional<asio::steady_timer> timer;
  struct Slow {
    static awaitable<Response> answer(asio::steady_timer& gate) {
      co_await gate.async_wait(asio::as_tuple(asio::use_awaitable));
      co_return says(200, "the last");
    }
  };
  Site site(at_most(8, [&](const Request&) { return Slow::answer(*timer); }));
  timer.emplace(site.context, Clock::time_point::max());
  Visitor busy(site), idle(site);
  std::string last, nothing = "?";
  bool complete = false, stopped = false;
  const auto visit = [&]() -> awaitable<void> {
    auto saying = busy.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    co_await std::move(saying);
    auto begun = until(site.context,
                       [&] { return site.front->counts().requests == 1 && site.front->counts().open == 2; });
    co_await std::move(begun);
    const auto stop = [&]() -> awaitable<void> {
      auto stopping = site.front->stop(Clock::now() + std::chrono::seconds(10));
      complete = co_await std::move(stopping);
      stopped = true;
    };
    asio::co_spawn(site.context, stop(), [](const std::exception_ptr&) {});
    auto closing = idle.rest();
    nothing = co_await std::move(closing);
    timer->cancel();
    auto resting = busy.rest();
    last = co_await std::move(resting);
    auto ended = until(site.context, [&] { return stopped; });
    co_await std::move(ended);
  };
  const std::uint16_t port = site.port();
  site.during(visit);
  CHECK(nothing.empty());
  CHECK(body_of(last) == "the last\n");
  CHECK(last.find("\r\nConnection: close\r\n") != std::string::npos);
  CHECK(complete);
  asio::ip::tcp::socket late(site.context);
  boost::system::error_code refused;
  late.connect({asio::ip::make_address("127.0.0.1"), port}, refused);
  CHECK(refused == asio::error::connection_refused);
  timer.reset();  // it is the site's
}

TEST_CASE("front: what is not ready at the end of its deadline is closed") {
  asio::io_context* context = nullptr;
  Site site(at_most(8, never(context)));
  context = &site.context;
  Visitor visitor(site);
  bool complete = true;
  std::string nothing = "?";
  const auto visit = [&]() -> awaitable<void> {
    auto saying = visitor.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    co_await std::move(saying);
    auto begun = until(site.context, [&] { return site.front->counts().requests == 1; });
    co_await std::move(begun);
    auto stopping = site.front->stop(Clock::now() + Milliseconds(20));
    complete = co_await std::move(stopping);
    auto resting = visitor.rest();
    nothing = co_await std::move(resting);
    auto ended = until(site.context, [&] { return site.front->counts().open == 0; });
    co_await std::move(ended);
  };
  site.during(visit);
  CHECK_FALSE(complete);
  CHECK(nothing.empty());
}
