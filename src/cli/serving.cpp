// SPDX-License-Identifier: EUPL-1.2
#include "cli/serving.hpp"

namespace lkdoctor::cli {

int serve_until_stopped(const Session&, serve::Settings) {
  throw UsageError{"`serve` is not in this release but for --check-config"};
}

}  // namespace lkdoctor::cli
