// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <lkdoctor/clock.hpp>
#include <lkdoctor/net/outcome.hpp>
#include <string>
#include <vector>

namespace lkdoctor::net {

struct Resolution {
  NetOutcome outcome;
  std::vector<std::string> addresses;  ///< textual, in the order given, no duplicates
  std::string canonical_name;          ///< if it differs
  Microseconds took{0};
};
LKDOCTOR_JSON(Resolution, outcome, addresses, canonical_name, took)

/// As programs on this machine resolve: hosts file, search list, name service switch. A numeric host answers
/// itself. Cancellation completes at once; the late answer is dropped.
boost::asio::awaitable<Resolution> resolve(std::string host, Deadline deadline);

/// Asks one DNS server for A and AAAA, by UDP and then TCP. `server`: numeric address, optionally ":port";
/// empty: the first of resolv.conf.
boost::asio::awaitable<Resolution> ask_server(std::string server, std::string host, Deadline deadline);

/// The servers of resolv.conf, in order.
std::vector<std::string> system_name_servers();

}  // namespace lkdoctor::net
