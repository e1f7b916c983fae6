// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <doctest/doctest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>

#include "serve/front.hpp"

namespace lkdoctor::test {

namespace asio = boost::asio;

/// A server on a free loopback port and those who visit it, all on one thread.
class Site {
 public:
  using Visit = std::function<asio::awaitable<void>()>;

  explicit Site(serve::FrontSettings settings) {
    std::vector<serve::ListeningSocket> sockets;
    sockets.emplace_back(serve::ListenAddress{"127.0.0.1", 0});
    front.emplace(context, std::move(sockets), std::move(settings));
  }

  std::uint16_t port() const { return front->addresses().at(0).port; }

  /// Runs the server until `visit` has ended.
  void during(const Visit& visit) {
    bool ended = false;
    std::exception_ptr error;
    asio::co_spawn(context, visit(), [&](std::exception_ptr thrown) {
      ended = true;
      error = std::move(thrown);
    });
    const auto most = Clock::now() + std::chrono::seconds(20);
    while (!ended && Clock::now() < most) context.run_one_until(most);
    REQUIRE_MESSAGE(ended, "the visit did not come to an end");
    if (error) std::rethrow_exception(error);
  }

  asio::io_context context;
  std::optional<serve::Front> front;
};

/// A client that says what it is told to, byte for byte.
class Visitor {
 public:
  explicit Visitor(Site& site) : socket(site.context) {
    socket.connect({asio::ip::make_address("127.0.0.1"), site.port()});
  }

  asio::awaitable<void> say(std::string text) {
    co_await asio::async_write(socket, asio::buffer(text), asio::as_tuple(asio::use_awaitable));
  }

  /// Up to `mark`, or to the end of the connection.
  asio::awaitable<std::string> hear(std::string mark) {
    while (inbox.find(mark) == std::string::npos) {
      const bool more = co_await receive();
      if (!more) co_return std::exchange(inbox, {});
    }
    const std::size_t end = inbox.find(mark) + mark.size();
    std::string out = inbox.substr(0, end);
    inbox.erase(0, end);
    co_return out;
  }

  /// One answer with its body; "" if the connection has ended.
  asio::awaitable<std::string> answer(bool head_only = false) {
    auto listening = hear("\r\n\r\n");
    std::string out = co_await std::move(listening);
    const std::string_view mark = "Content-Length: ";
    const std::size_t at = out.find(mark);
    std::size_t size = 0;
    if (at == std::string::npos || head_only) co_return out;
    std::from_chars(out.data() + at + mark.size(), out.data() + out.size(), size);
    bool more = true;
    while (more && inbox.size() < size) more = co_await receive();
    out += inbox.substr(0, size);
    inbox.erase(0, size);
    co_return out;
  }

  /// Up to the end of the connection.
  asio::awaitable<std::string> rest() {
    bool more = true;
    while (more) more = co_await receive();
    co_return std::exchange(inbox, {});
  }

  asio::awaitable<std::string> ask(std::string path, std::string headers = {}) {
    auto saying = say("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
    co_await std::move(saying);
    auto answering = answer();
    std::string out = co_await std::move(answering);
    co_return out;
  }

  asio::awaitable<bool> receive() {
    std::array<char, 16384> block{};
    const auto [error, size] =
        co_await socket.async_read_some(asio::buffer(block), asio::as_tuple(asio::use_awaitable));
    inbox.append(block.data(), size);
    co_return !error;
  }

  asio::ip::tcp::socket socket;
  std::string inbox;
};

/// "200 OK" of an answer.
inline std::string status_of(const std::string& answer) {
  const std::size_t begin = answer.find(' '), end = answer.find("\r\n");
  return begin < end && end != std::string::npos ? answer.substr(begin + 1, end - begin - 1) : answer;
}
inline std::string body_of(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

/// Until `done`; the site's own limit ends a test that waits for ever.
inline asio::awaitable<void> until(asio::io_context& context, std::function<bool()> done) {
  asio::steady_timer timer(context);
  while (!done()) {
    timer.expires_after(Milliseconds(2));
    co_await timer.async_wait(asio::use_awaitable);
  }
}

/// A handler that answers at once.
inline serve::Handler answers(std::function<serve::Response(const serve::Request&)> make) {
  struct Answering {
    static asio::awaitable<serve::Response> with(std::function<serve::Response(const serve::Request&)> how,
                                                 serve::Request request) {
      co_return how(request);
    }
  };
  return [how = std::move(make)](serve::Request request) { return Answering::with(how, std::move(request)); };
}

inline serve::FrontSettings with(serve::Handler handler) {
  serve::FrontSettings settings;
  settings.handler = std::move(handler);
  return settings;
}

/// Says what was asked for: "GET /metrics target=a body".
inline serve::Handler echo() {
  return answers([](const serve::Request& request) {
    std::string out = request.method + " " + request.path;
    for (const auto& [name, value] : request.query) out += " " + name + "=" + value;
    return serve::says(200, request.body.empty() ? out : out + " " + request.body);
  });
}

}  // namespace lkdoctor::test
