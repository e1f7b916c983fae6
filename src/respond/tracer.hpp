// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "respond/watched.hpp"

namespace lkdoctor::respond {

/// What a tracer has seen, and of which families it may not have seen all.
struct Sights {
  std::function<void(const Incoming&)> show;
  std::function<void(Family)> missed;  ///< not called by `add`
};

/// Shows what comes in at this host's interfaces, each datagram a moment after it came: what a socket hears
/// has been read by then. Between start and stop alone: at rest nobody's datagrams are looked at.
class Tracer {
 public:
  /// `serves` outlives it.
  Tracer(boost::asio::io_context& context, const std::vector<proto::Ports>& serves,
         std::function<void()> read_sockets, Sights sights);

  /// This family's, too, and starts with it: to let go of one at once would take some 15 ms, in which the
  /// kernel waits for every processor. False: it cannot be had here.
  bool add(Family family);
  void start();  ///< again where a family's could not be had
  void stop();   ///< what comes from now on is missed

 private:
  struct Tap;
  bool open(Family family);
  void wait(const std::shared_ptr<Tap>& tap);
  void drain(Tap& tap);
  bool stands(Family family) const;

  boost::asio::io_context& context_;
  const std::vector<proto::Ports>& serves_;
  std::function<void()> read_sockets_;
  Sights sights_;
  Incoming incoming_;
  std::vector<Family> families_;
  std::vector<std::shared_ptr<Tap>> taps_;
};

}  // namespace lkdoctor::respond
