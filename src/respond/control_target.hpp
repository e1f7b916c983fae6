// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string_view>

namespace lkdoctor::respond {

/// A request target (RFC 9112 §3.2.1) up to its query.
std::string_view path_of(std::string_view target);
/// One of LiveKit's paths for joining, to the letter: nothing that a server might read as another.
bool is_signalling(std::string_view path);
/// Its query has an `access_token`, however it is escaped.
bool carries_token(std::string_view target);

}  // namespace lkdoctor::respond
