// SPDX-License-Identifier: EUPL-1.2
#include "serve/front.hpp"

#include <memory>

#include "site.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test;
using namespace lkdoctor::serve;
using asio::awaitable;

namespace {

/// A handler that waits until it is let go on, and notes when it was cancelled.
struct Slow {
  explicit Slow(asio::io_context& context) : timer(context, Clock::time_point::max()) {}

  awaitable<Response> answer(Request) {
    begun = true;
    const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    cancelled = error && !go;
    co_return says(200, "at last");
  }
  void release() {
    go = true;
    timer.cancel();
  }

  asio::steady_timer timer;
  bool begun = false, go = false, cancelled = false;
};

}  // namespace

TEST_CASE("front: a request is answered, and the next one on the same connection") {
  Site site(with(echo()));
  Visitor visitor(site);
  std::string first, second;
  const auto visit = [&]() -> awaitable<void> {
    auto asking = visitor.ask("/metrics?a=1");
    first = co_await std::move(asking);
    auto again = visitor.ask("/-/ready");
    second = co_await std::move(again);
  };
  site.during(visit);
  CHECK(status_of(first) == "200 OK");
  CHECK(body_of(first) == "GET /metrics a=1\n");
  CHECK(first.find("\r\nConnection: keep-alive\r\n") != std::string::npos);
  CHECK(first.find("\r\nX-Content-Type-Options: nosniff\r\n") != std::string::npos);
  CHECK(first.find("frame-ancestors 'none'\r\n") != std::string::npos);
  CHECK(body_of(second) == "GET /-/ready\n");
  CHECK(site.front->counts().requests == 2);
  CHECK(site.front->counts().open == 1);
}

TEST_CASE("front: requests that come at once are answered in their order") {
  Site site(with(echo()));
  Visitor visitor(site);
  std::string all;
  const auto visit = [&]() -> awaitable<void> {
    auto saying = visitor.say(
        "GET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
        "GET /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    co_await std::move(saying);
    auto resting = visitor.rest();
    all = co_await std::move(resting);
  };
  site.during(visit);
  const std::size_t a = all.find("GET /a\n"), b = all.find("POST /b hi\n"), c = all.find("GET /c\n");
  CHECK(a < b);
  CHECK(b < c);
  CHECK(c != std::string::npos);
  CHECK(all.find("\r\nConnection: close\r\n") != std::string::npos);
}

TEST_CASE("front: HEAD has the head of GET and no body, HTTP/1.0 ends with its answer") {
  Site site(with(echo()));
  Visitor visitor(site), old(site);
  std::string head, next, whole;
  const auto visit = [&]() -> awaitable<void> {
    auto saying = visitor.say("HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n");
    co_await std::move(saying);
    auto answering = visitor.answer(true);
    head = co_await std::move(answering);
    auto again = visitor.ask("/y");
    next = co_await std::move(again);
    auto asking = old.say("GET /z HTTP/1.0\r\n\r\n");
    co_await std::move(asking);
    auto resting = old.rest();
    whole = co_await std::move(resting);
  };
  site.during(visit);
  CHECK(head.find("Content-Length: 8\r\n") != std::string::npos);
  CHECK(status_of(next) == "200 OK");
  CHECK(body_of(next) == "GET /y\n");
  CHECK(body_of(whole) == "GET /z\n");
}

TEST_CASE("front: what is no request is told why, in one sentence, and the connection ends") {
  Site site(with(echo()));
  const auto told = [&](const std::string& text) {
    Visitor visitor(site);
    std::string all;
    const auto visit = [&]() -> awaitable<void> {
      auto saying = visitor.say(text);
      co_await std::move(saying);
      auto resting = visitor.rest();
      all = co_await std::move(resting);
    };
    site.during(visit);
    CHECK(all.find("\r\nConnection: close\r\n") != std::string::npos);
    return status_of(all) + ": " + body_of(all);
  };
  CHECK(told("hello\r\n\r\n") == "400 Bad Request: This is not an HTTP/1.1 request.\n");
  CHECK(told("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(100'000, 'a')) ==
        "431 Request Header Fields Too Large: The head of the request is longer than 8 KB.\n");
  CHECK(told("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'a')) ==
        "413 Content Too Large: The body of the request is longer than 4 KB.\n");
  CHECK(told("GET /%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n") ==
        "400 Bad Request: The path of the request is none that can be here.\n");
  CHECK(site.front->counts().refused == 4);
  CHECK(site.front->counts().requests == 0);
}

TEST_CASE("front: a request that comes too slowly is told so, a silent connection ends without a word") {
  FrontSettings settings = with(echo());
  settings.patience.request = Milliseconds(50);
  settings.patience.between = Milliseconds(50);
  settings.patience.closing = Milliseconds(50);
  Site site(std::move(settings));
  Visitor slow(site), silent(site);
  std::string told, nothing = "?";
  const auto visit = [&]() -> awaitable<void> {
    auto saying = slow.say("GET / HTTP/1.1\r\nHo");
    co_await std::move(saying);
    auto resting = slow.rest();
    told = co_await std::move(resting);
    auto waiting = silent.rest();
    nothing = co_await std::move(waiting);
  };
  site.during(visit);
  CHECK(status_of(told) == "408 Request Timeout");
  CHECK(body_of(told) == "The request did not come to its end in time.\n");
  CHECK(nothing.empty());
  CHECK(site.front->counts().timed_out >= 2);
}

TEST_CASE("front: a client that does not read its answer is left after a while") {
  FrontSettings settings = with(answers([](const Request&) {
    Response response;
    response.body = std::string(64U << 20U, 'a');
    return response;
  }));
  settings.patience.writing = Milliseconds(50);
  settings.patience.closing = Milliseconds(50);
  Site site(std::move(settings));
  Visitor visitor(site);
  const auto visit = [&]() -> awaitable<void> {
    auto saying = visitor.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    co_await std::move(saying);
    auto ended = until(site.context,
                       [&] { return site.front->counts().timed_out > 0 && site.front->counts().open == 0; });
    co_await std::move(ended);
  };
  site.during(visit);
  CHECK(site.front->counts().requests == 1);
}

TEST_CASE("front: a handler is cancelled when its client leaves") {
  asio::io_context* context = nullptr;
  std::unique_ptr<Slow> slow;
  Site site(with([&](Request request) { return slow->answer(std::move(request)); }));
  context = &site.context;
  slow = std::make_unique<Slow>(*context);
  auto visitor = std::make_unique<Visitor>(site);
  const auto visit = [&]() -> awaitable<void> {
    auto saying = visitor->say("GET /probe HTTP/1.1\r\nHost: x\r\n\r\n");
    co_await std::move(saying);
    auto begun = until(*context, [&] { return slow->begun; });
    co_await std::move(begun);
    visitor.reset();
    auto ended = until(*context, [&] { return slow->cancelled && site.front->counts().open == 0; });
    co_await std::move(ended);
  };
  site.during(visit);
  CHECK(slow->cancelled);
  slow.reset();  // its timer is the site's
}

TEST_CASE("front: a request sent ahead neither cancels the one before nor is lost") {
  std::unique_ptr<Slow> slow;
  Site site(with([&](Request request) { return slow->answer(std::move(request)); }));
  slow = std::make_unique<Slow>(site.context);
  Visitor visitor(site);
  std::string first, second;
  const auto visit = [&]() -> awaitable<void> {
    auto saying = visitor.say("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
    co_await std::move(saying);
    auto begun = until(site.context, [&] { return slow->begun; });
    co_await std::move(begun);
    slow->release();
    auto answering = visitor.answer();
    first = co_await std::move(answering);
    auto released = until(site.context, [&] { return slow->timer.cancel() > 0; });
    co_await std::move(released);
    auto again = visitor.answer();
    second = co_await std::move(again);
  };
  site.during(visit);
  CHECK(body_of(first) == "at last\n");
  CHECK(body_of(second) == "at last\n");
  CHECK_FALSE(slow->cancelled);
  slow.reset();  // its timer is the site's
}

TEST_CASE("front: a handler that fails is a 500 without its words, which go to the log") {
  std::string log;
  FrontSettings settings =
      with(answers([](const Request&) -> Response { throw std::runtime_error("the store is gone"); }));
  settings.tell = [&](const std::string& line) { log += line; };
  Site site(std::move(settings));
  Visitor visitor(site);
  std::string answer;
  const auto visit = [&]() -> awaitable<void> {
    auto asking = visitor.ask("/");
    answer = co_await std::move(asking);
  };
  site.during(visit);
  CHECK(status_of(answer) == "500 Internal Server Error");
  CHECK(body_of(answer) == "lkdoctor failed at this request; its log says more.\n");
  CHECK(log == "the store is gone");
}

TEST_CASE("front: a long answer in pieces arrives whole") {
  const auto owner = std::make_shared<const std::string>(300'000, 'p');
  Site site(with(answers([owner](const Request&) {
    Response response;
    response.body = "begin ";
    for (int i = 0; i < 10; ++i) response.pieces.push_back(*owner);
    response.owner = owner;
    return response;
  })));
  Visitor visitor(site);
  std::string answer;
  const auto visit = [&]() -> awaitable<void> {
    auto asking = visitor.ask("/");
    answer = co_await std::move(asking);
  };
  site.during(visit);
  CHECK(body_of(answer).size() == 3'000'006);
  CHECK(body_of(answer).ends_with("pppp"));
}
