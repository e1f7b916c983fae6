// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "probes/sweep_session.hpp"

/// What the responder's host did with what was sent to ports that stay silent.
namespace lkdoctor::probes {

struct AtHost {
  std::vector<bool> held;  ///< a socket of somebody else has it; one for each port
  std::optional<std::vector<bool>>
      at_interface;  ///< came in at the host, and at no socket; nullopt: not told
};

/// Of a responder with a raw socket: another one's sockets hear what reaches its host, or cannot be opened.
awaitable<AtHost> ask_host(SweepSession* session, proto::Ports ports);

}  // namespace lkdoctor::probes
