// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lkdoctor::config {

/// RFC 4648 §4 with padding; line feeds and carriage returns are looked over, as Go does.
std::optional<std::string> from_base64(std::string_view text);
/// RFC 4648 §4 with padding, in one line.
std::string to_base64(std::string_view bytes);

}  // namespace lkdoctor::config
