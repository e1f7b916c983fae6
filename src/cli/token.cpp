// SPDX-License-Identifier: EUPL-1.2
#include "cli/commands.hpp"

namespace lkdoctor::cli {

int run_token(const Session&) {
  throw UsageError{"token what? create or inspect"};
}

}  // namespace lkdoctor::cli
