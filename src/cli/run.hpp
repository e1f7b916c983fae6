// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/check.hpp>
#include <span>

namespace lkdoctor::cli {

/// The whole program. Returns the exit status of contract §2.
int run(int argc, char** argv, std::span<const MakeCheck> table);

}  // namespace lkdoctor::cli
