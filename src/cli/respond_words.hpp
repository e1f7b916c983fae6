// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "cli/arguments.hpp"
#include "respond/service.hpp"

/// What argv said of `respond`, as values. Each throws UsageError.
namespace lkdoctor::cli {

/// "20000-25000,7882"; in order, each port once.
std::vector<proto::Ports> ports_of(const std::string& option, const std::string& text);
/// "30m", "24h"; empty: 15 minutes; at most a week.
std::chrono::seconds lasting(const std::string& text);
/// "7881,443"; empty: none.
std::vector<std::uint16_t> tcp_ports(const std::string& text);
/// "ADDRESS", "ADDRESS:PORT", ":PORT" or "PORT"; without a port the default one, without an address every
/// one.
Endpoint where_to_listen(const std::string& text);
std::uint16_t slice_of(const std::string& text);
std::vector<respond::Network> networks(const std::vector<std::string>& texts);

/// "20000-25000, 7882".
std::string text_of(const std::vector<proto::Ports>& ranges);
std::string text_of(std::chrono::seconds time);

}  // namespace lkdoctor::cli
