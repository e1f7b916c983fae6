// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <vector>

#include "config/load.hpp"

/// What `respond` says of the files that it read.
namespace lkdoctor::cli {

/// Why LiveKit does not start with its file, the line and a caret below. What concerns its keys alone is left
/// out: they may come from elsewhere. "": it starts, or there is no file.
std::string defect_of_file(const Deployment& deployment);

/// What LiveKit makes of a UDP range that it takes otherwise than it stands there. "": nothing.
std::string doubt_of_range(const Deployment& deployment);

/// Those that had a say in ports, keys and the line for the other side, whoever named them.
std::vector<std::string> files_read(const config::Loaded& loaded);

}  // namespace lkdoctor::cli
