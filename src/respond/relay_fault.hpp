// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/address.hpp>
#include <lkdoctor/net/local.hpp>
#include <lkdoctor/proto/control_words.hpp>
#include <vector>

namespace lkdoctor::respond {

/// What this host shows of a LiveKit that refuses connections at all of `tried`. An address that is not this
/// host's proves nothing of what runs here, and neither does it that no LiveKit is seen by whom no process of
/// others is shown (`sees_processes`).
proto::RelayFault fault_of_refusal(const std::vector<Endpoint>& tried, const net::Surroundings& host,
                                   bool sees_processes);

}  // namespace lkdoctor::respond
