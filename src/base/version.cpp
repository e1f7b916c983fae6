// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/version.hpp>

namespace lkdoctor {

std::string_view version() {
  return LKDOCTOR_VERSION;
}

std::string_view source_revision() {
  return LKDOCTOR_REVISION;
}

}  // namespace lkdoctor
