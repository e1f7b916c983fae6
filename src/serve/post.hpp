// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>

#include "serve/outbox.hpp"
#include "serve/receiver.hpp"

namespace lkdoctor::serve {

/// How a delivery went.
struct Delivered {
  DeliveryResult result;
  std::string problem;  ///< why it was not taken, for the operator: "connect: connection refused"; else empty
};

/// Posts one body over a connection of its own, to the first address of the receiver's name that can be
/// reached. Certificates must be trusted; redirects are not followed. Text of the receiver is in no problem.
boost::asio::awaitable<Delivered> post(Receiver receiver, std::string body, Deadline deadline);

}  // namespace lkdoctor::serve
