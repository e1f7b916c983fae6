// SPDX-License-Identifier: EUPL-1.2
#include "serve/courier_process.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "serve/post.hpp"

namespace lkdoctor::serve {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

/// What nobody foresaw ends the process; there will be another one.
void rethrow(const std::exception_ptr& error) {
  if (error) std::rethrow_exception(error);
}

class Process {
 public:
  Process(int socket, const std::vector<Receiver>& receivers)
      : socket_(io_, asio::local::stream_protocol(), socket), receivers_(receivers) {}

  void run() {
    asio::co_spawn(io_, serve(), rethrow);
    io_.run();
  }

 private:
  awaitable<void> serve() {
    for (std::string input;;) {
      auto into = asio::dynamic_buffer(input);
      const auto [error, length] = co_await asio::async_read_until(socket_, into, '\n', kNoThrow);
      if (error) break;
      const Json line = Json::parse(std::string_view(input).substr(0, length));
      input.erase(0, length);
      auto delivering = deliver(line.at("receiver").get<std::size_t>(), line.at("body").get<std::string>());
      asio::co_spawn(io_, std::move(delivering), rethrow);
    }
    io_.stop();  // nobody waits for what is still under way
  }

  awaitable<void> deliver(std::size_t receiver, std::string body) {
    auto posting = post(receivers_.at(receiver), std::move(body), Clock::now() + kDeliveryTime);
    const Delivered delivered = co_await std::move(posting);
    Json line{{"receiver", receiver}, {"status", delivered.result.status}, {"problem", delivered.problem}};
    if (delivered.result.retry_after) line["retry_after_ms"] = delivered.result.retry_after->count();
    boost::system::error_code gone;  // is seen where it is read from
    asio::write(socket_, asio::buffer(dump_line(line) + "\n"), gone);
  }

  asio::io_context io_{1};
  asio::local::stream_protocol::socket socket_;
  const std::vector<Receiver>& receivers_;
};

}  // namespace

void run_courier(int socket, const std::vector<Receiver>& receivers) noexcept {
  prctl(PR_SET_NAME, "lkdoctor-tell");
  Process(socket, receivers).run();
  _exit(0);
}

}  // namespace lkdoctor::serve
