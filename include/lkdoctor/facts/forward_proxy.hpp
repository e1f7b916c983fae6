// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/fact.hpp>
#include <lkdoctor/json.hpp>
#include <string>

namespace lkdoctor::facts {

/// A forward proxy stands for the direct way, because it was asked for or because nothing answers directly.
/// Silence on the direct way then says nothing of who is asked.
struct ProxyWay {
  std::string proxy;  ///< URL
  bool works = false;
};
LKDOCTOR_JSON(ProxyWay, proxy, works)

/// Given by names_public where it is so.
inline constexpr Fact<ProxyWay> forward_proxy{"forward_proxy", "the forward proxy that leads out of here"};

}  // namespace lkdoctor::facts
