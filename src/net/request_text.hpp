// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>
#include <string>

#include "net/connection.hpp"

namespace lkdoctor::net {

/// The request as it goes over the wire. nullopt: a line break or blank where none may stand.
std::optional<std::string> request_text(const Connection& connection, const HttpRequest& request);

}  // namespace lkdoctor::net
