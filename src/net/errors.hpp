// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/system/error_code.hpp>
#include <lkdoctor/address.hpp>
#include <lkdoctor/net/outcome.hpp>
#include <optional>
#include <string>
#include <vector>

namespace lkdoctor::net {

NetOutcome failed(Stage stage, NetError error, std::string text);
NetOutcome timed_out(Stage stage);

/// What an error of a socket call means for an administrator. nullopt, and the operation_aborted with which
/// a cancelled operation ends, mean that the deadline came.
NetOutcome outcome_of(Stage stage, const std::optional<boost::system::error_code>& error);

/// One ICMP error from a socket's error queue (IP_RECVERR).
struct IcmpError {
  NetError error = NetError::other;
  std::string text;
  std::string reporter;             ///< who sent it; empty: this machine itself
  Endpoint about;                   ///< where the datagram had been sent to
  std::vector<std::uint8_t> bytes;  ///< what of it came back
};
/// Asks the kernel to keep ICMP errors of this socket, or not to.
void keep_icmp_errors(int socket, Family family, bool keep);
/// The oldest one, if any. Does not block.
std::optional<IcmpError> next_icmp_error(int socket);

}  // namespace lkdoctor::net
