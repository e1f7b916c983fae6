// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstddef>
#include <string>

namespace lkdoctor::net {

/// A file of /proc, whose size is not known before; empty: not to be read. What is longer is cut off: by
/// itself that leaves a table of some 25,000 sockets.
std::string proc_text(const std::string& path, std::size_t longest = std::size_t{4} << 20U);

}  // namespace lkdoctor::net
