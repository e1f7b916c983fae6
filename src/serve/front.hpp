// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

#include "serve/connection.hpp"
#include "serve/listen.hpp"

namespace lkdoctor::serve {

struct FrontSettings {
  Handler handler;
  /// Asked for every new connection; null, or a null context: plain HTTP.
  std::function<net::TlsContext()> tls;
  /// More than these are not open at a time: the one that has been idle for longest makes room for a new one.
  std::size_t most_connections = 1024;
  Patience patience;
  std::function<void(const std::string&)> tell;  ///< a sentence for the log; null: nobody hears it
};

/// The HTTP server. It knows nothing of what is served: every request that is one goes to the handler.
class Front {
 public:
  /// Serves as soon as the context runs, from its thread alone.
  Front(boost::asio::io_context& context, std::vector<ListeningSocket> sockets, FrontSettings settings);
  /// Closes whatever is open.
  ~Front();
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  /// Where it is to be reached, sockets without a port left out.
  const std::vector<ListenAddress>& addresses() const noexcept;

  /// Takes no new connection, ends idle ones and streams, lets requests that are there be answered, and
  /// closes what is left at the deadline. True: nothing was left.
  boost::asio::awaitable<bool> stop(Deadline deadline);

  struct Counts {
    std::size_t open = 0;
    std::uint64_t requests = 0;     ///< that reached the handler
    std::uint64_t refused = 0;      ///< that were none: too long, too slow, not HTTP
    std::uint64_t timed_out = 0;    ///< connections whose client took too long for something
    std::uint64_t evicted = 0;      ///< connections that made room
    std::uint64_t turned_away = 0;  ///< connections for which there was no room
  };
  Counts counts() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace lkdoctor::serve
