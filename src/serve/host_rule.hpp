// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "serve/response.hpp"

namespace lkdoctor::serve {

/// Whether a request was meant for this server, by its Host header. A page from elsewhere can make a browser
/// ask here, with a name of its own that it lets point here (DNS rebinding): numeric addresses cannot be made
/// to, so they and localhost are always taken.
class HostRule {
 public:
  /// `names`: what the server may be called besides; without ports.
  explicit HostRule(std::vector<std::string> names);

  /// nullopt: go on. Else what to answer: 421 for a strange name, 403 for a page of another site that wants
  /// something changed.
  std::optional<Response> objection(const Request& request) const;

 private:
  std::vector<std::string> names_;  ///< lower case
};

/// Lets through to `handler` what the rule has no objection to.
Handler guarded(HostRule rule, Handler handler);

}  // namespace lkdoctor::serve
