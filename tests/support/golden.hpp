// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <string_view>

namespace lkdoctor::test {

/// The text of tests/golden/<name>, or, with LKDOCTOR_UPDATE_GOLDEN=1, `actual` after writing it there. Names
/// are
/// `<case>.<exit status>.<format>`.
std::string golden(std::string_view name, std::string_view actual);

}  // namespace lkdoctor::test
