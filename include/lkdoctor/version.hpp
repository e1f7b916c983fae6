// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string_view>

namespace lkdoctor {

/// "0.1.0", as in CMakeLists.txt.
std::string_view version();

/// The commit this was configured from, "1a2b3c4"; empty where there was no repository.
std::string_view source_revision();

}  // namespace lkdoctor
