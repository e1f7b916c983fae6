// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string_view>

namespace lkdoctor {

/// "0.1.0", as in CMakeLists.txt.
std::string_view version();

}  // namespace lkdoctor
