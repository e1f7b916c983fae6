// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <lkdoctor/clock.hpp>
#include <memory>

#include "serve/message.hpp"
#include "serve/wire.hpp"

namespace lkdoctor::serve {

/// How long a client may take for what. Tests make the times shorter.
struct Patience {
  Milliseconds request{5000};   ///< from the first byte of a request, or of a TLS handshake, to its last
  Milliseconds between{60000};  ///< before a request begins
  Milliseconds writing{10000};  ///< for 64 KB of an answer
  Milliseconds closing{1000};   ///< for the client's end after ours
};

/// One client, from its first byte to its last.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// What all connections share; outlives them.
  struct Shared {
    Handler handler;
    Patience patience;
    std::function<void(const std::string&)> tell;  ///< of a handler that failed, for the log
    Scratch scratch{};
    bool stopping = false;
    std::uint64_t requests = 0, refused = 0, timed_out = 0;
  };
  enum class Stage { between, request, handling, writing };

  Connection(Wire wire, std::shared_ptr<Shared> shared, Endpoint from);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Ends when the connection does.
  static boost::asio::awaitable<void> run(std::shared_ptr<Connection> self);

  Stage stage() const noexcept { return stage_; }
  Clock::time_point since() const noexcept { return since_; }  ///< when the stage began
  /// The server is about to stop: a request that is there is answered, a stream ends.
  void dismiss();
  void close();

 private:
  void enter(Stage stage, Milliseconds patience);
  void expire();
  struct Asked {
    Request request;
    bool keep_alive = false, knows_chunks = false;
  };
  boost::asio::awaitable<std::optional<Asked>> next_request();
  boost::asio::awaitable<bool> answer(Asked asked);
  boost::asio::awaitable<void> handle(Request request, Response* into);
  boost::asio::awaitable<bool> send(std::string_view bytes);
  boost::asio::awaitable<bool> send_whole(const Response& response, std::string head, bool with_body);
  boost::asio::awaitable<bool> send_stream(const Response& response, std::string head, bool chunked);
  boost::asio::awaitable<void> follow(const Stream& stream, bool chunked);
  boost::asio::awaitable<void> refuse(Response response);
  boost::asio::awaitable<bool> while_here(boost::asio::awaitable<void> work);
  boost::asio::awaitable<void> until_gone();

  Wire wire_;
  std::shared_ptr<Shared> shared_;
  Endpoint from_;
  boost::asio::steady_timer alarm_;
  boost::asio::steady_timer full_;  ///< waits where nothing more is read
  Stage stage_ = Stage::between;
  Clock::time_point since_;
  bool expired_ = false, streaming_ = false;
  RequestReader reader_;
  std::string inbox_;
};

}  // namespace lkdoctor::serve
