// SPDX-License-Identifier: EUPL-1.2
#include "serve/live.hpp"

#include <memory>

#include "site.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test;
using namespace lkdoctor::serve;
using namespace std::chrono_literals;
using asio::awaitable;

namespace {

const Clock::time_point kStart = Clock::time_point{} + 1000h;

/// The next piece of a stream; "end" at its end.
struct Listener {
  explicit Listener(Stream stream) : heard(std::move(stream)) {}
  awaitable<std::string> next() {
    auto listening = heard();
    const auto piece = co_await std::move(listening);
    co_return piece ? *piece : "end";
  }
  Stream heard;
};

void during(const std::function<awaitable<void>()>& visit) {
  asio::io_context context;
  std::exception_ptr error = std::make_exception_ptr(std::runtime_error("it did not come to an end"));
  asio::co_spawn(context, visit(), [&](std::exception_ptr thrown) { error = std::move(thrown); });
  context.run_for(20s);
  if (error) std::rethrow_exception(error);
}

serve::FrontSettings serving(const std::shared_ptr<Live>& live) {
  return with(answers([live](const Request&) {
    Response response;
    response.stream = live->subscribe();
    if (!response.stream) return says(503, "full");
    response.body = "retry: 1000\n\n";
    return response;
  }));
}

}  // namespace

TEST_CASE("live: of the runs within a second a page hears of one, at once if the last was before") {
  Untold page({}, true, kStart);
  CHECK(page.due(kStart).empty());
  CHECK(page.ran("a"));
  CHECK(page.due(kStart) == "event: ran\ndata: a\n\n");
  CHECK(page.ran("b"));
  CHECK_FALSE(page.ran("c"));
  CHECK(page.next() == kStart + 1s);
  CHECK(page.due(kStart + 999ms).empty());
  CHECK(page.due(kStart + 1s) == "event: ran\ndata: c\n\n");
  CHECK(page.next() == kStart + 16s);
}

TEST_CASE("live: a change is told at once, of many the latest") {
  Untold page({}, true, kStart);
  page.ran("a");
  CHECK(page.due(kStart) == "event: ran\ndata: a\n\n");
  page.ran("a");
  page.changed("a is broken\nnow");
  CHECK(page.next() < kStart);
  CHECK(page.due(kStart) == "event: changed\ndata: a is broken now\n\n");
  for (int i = 0; i < 100; ++i) page.changed(std::to_string(i));
  const std::string told = page.due(kStart);
  CHECK(told.starts_with("event: changed\ndata: 84\n\n"));
  CHECK(told.ends_with("event: changed\ndata: 99\n\n"));
}

TEST_CASE("live: a page that may not show texts hears that something has changed") {
  Untold page({}, false, kStart);
  page.changed("a is broken: 198.51.100.23 is silent");
  page.changed("b is healthy");
  CHECK(page.due(kStart) == "event: changed\ndata: Something has changed.\n\n");
}

TEST_CASE("live: a comment keeps a silent connection") {
  Untold page({}, true, kStart);
  CHECK(page.next() == kStart + 15s);
  CHECK(page.due(kStart + 15s) == ":\n\n");
  CHECK(page.next() == kStart + 30s);
  page.changed("x");
  CHECK(page.due(kStart + 20s) == "event: changed\ndata: x\n\n");
  CHECK(page.next() == kStart + 35s);
}

TEST_CASE("live: a page hears what happens while it is open, and its stream ends with the hub") {
  auto live = std::make_unique<Live>(LiveLimits{2, 1s, 15s});
  live->changed("before anybody listened");
  Listener first(live->subscribe()), second(live->subscribe());
  CHECK(live->subscribe() == nullptr);
  std::vector<std::string> heard;
  const auto visit = [&]() -> awaitable<void> {
    live->ran("lk01");
    auto one = first.next();
    heard.push_back("");
    heard.back() = co_await std::move(one);
    live->changed("lk01 is healthy");
    auto two = second.next();
    heard.push_back("");
    heard.back() = co_await std::move(two);
    live.reset();
    auto last = second.next();
    heard.push_back("");
    heard.back() = co_await std::move(last);
  };
  during(visit);
  CHECK(heard == std::vector<std::string>{
                     "event: ran\ndata: lk01\n\n",
                     "event: changed\ndata: lk01 is healthy\n\nevent: ran\ndata: lk01\n\n", "end"});
}

TEST_CASE("live: who waits is woken, by an event, by silence and by the end") {
  Live live({64, 1s, 20ms});
  Listener page(live.subscribe());
  std::string comment, event, end;
  const auto tell = [&]() -> awaitable<void> {
    live.changed("x");
    co_return;
  };
  const auto stop = [&]() -> awaitable<void> {
    live.stop();
    co_return;
  };
  const auto rethrow = [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  };
  const auto visit = [&]() -> awaitable<void> {
    const auto executor = co_await asio::this_coro::executor;
    auto silence = page.next();
    comment = co_await std::move(silence);
    asio::co_spawn(executor, tell, rethrow);
    auto told = page.next();
    event = co_await std::move(told);
    asio::co_spawn(executor, stop, rethrow);
    auto ended = page.next();
    end = co_await std::move(ended);
  };
  during(visit);
  CHECK(comment == ":\n\n");
  CHECK(event == "event: changed\ndata: x\n\n");
  CHECK(end == "end");
}

TEST_CASE("live: the place of a page that is left is free again") {
  const auto live = std::make_shared<Live>(LiveLimits{1, 1s, 15s});
  Site site(serving(live));
  auto first = std::make_unique<Visitor>(site);
  Visitor second(site), third(site);
  std::string head, refused, told;
  const auto visit = [&]() -> awaitable<void> {
    auto asking = first->say("GET /live HTTP/1.1\r\nHost: x\r\n\r\n");
    co_await std::move(asking);
    auto heading = first->hear("retry: 1000\n\n\r\n");
    head = co_await std::move(heading);
    auto refusing = second.ask("/live");
    refused = co_await std::move(refusing);
    first.reset();
    auto left = until(site.context, [&] { return live->pages() == 0; });
    co_await std::move(left);
    auto again = third.say("GET /live HTTP/1.1\r\nHost: x\r\n\r\n");
    co_await std::move(again);
    auto opening = third.hear("retry: 1000\n\n\r\n");
    co_await std::move(opening);
    live->ran("lk01");
    auto hearing = third.hear("lk01\n\n");
    told = co_await std::move(hearing);
  };
  site.during(visit);
  CHECK(status_of(refused) == "503 Service Unavailable");
  CHECK(told.ends_with("event: ran\ndata: lk01\n\n"));
}

TEST_CASE("live: the server's stop ends the stream of an open page in good order") {
  const auto live = std::make_shared<Live>();
  Site site(serving(live));
  Visitor visitor(site);
  std::string rest;
  bool nothing_left = false;
  const auto visit = [&]() -> awaitable<void> {
    auto asking = visitor.say("GET /live HTTP/1.1\r\nHost: x\r\n\r\n");
    co_await std::move(asking);
    auto opening = visitor.hear("retry: 1000\n\n\r\n");
    co_await std::move(opening);
    live->stop();
    auto ending = visitor.hear("0\r\n\r\n");
    rest = co_await std::move(ending);
    auto stopping = site.front->stop(Clock::now() + 10s);
    nothing_left = co_await std::move(stopping);
  };
  site.during(visit);
  CHECK(rest == "0\r\n\r\n");
  CHECK(nothing_left);
  CHECK(live->pages() == 0);
}
