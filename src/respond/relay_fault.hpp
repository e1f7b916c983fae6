// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/address.hpp>
#include <lkdoctor/net/local.hpp>
#include <lkdoctor/proto/control_words.hpp>
#include <vector>

namespace lkdoctor::respond {

/// What this host shows of a LiveKit that refuses connections at all of `tried`. An address that is not this
/// host's proves nothing of what runs here.
proto::RelayFault fault_of_refusal(const std::vector<Endpoint>& tried, const net::Surroundings& host);

}  // namespace lkdoctor::respond
