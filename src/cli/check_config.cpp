// SPDX-License-Identifier: EUPL-1.2
#include "cli/check_config.hpp"

#include <fmt/format.h>

#include <lkdoctor/text.hpp>

#include "serve/listen.hpp"

namespace lkdoctor::cli {

std::string describe_serving(const serve::Settings& settings, const engine::CheckList&) {
  std::string out;
  for (const serve::ListenAddress& address : settings.web.listen) {
    out += fmt::format("listens on {}\n", text(address));
  }
  for (const serve::Target& target : settings.targets) {
    out += fmt::format("target {}: module {}, LiveKit {}\n", printable(target.name, 100),
                       printable(target.module.name, 60), printable(target.livekit, 200));
  }
  return out;
}

}  // namespace lkdoctor::cli
