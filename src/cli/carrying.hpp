// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "engine/plan.hpp"

namespace lkdoctor::cli {

/// A session that a responder carries, for as long as this lives. Opened where a responder is named and
/// something of this run has a use for it; given back in the end.
class Carrying {
 public:
  /// REQUIRES: `deployment` outlives it.
  Carrying(Deployment& deployment, const engine::Selection& selection, const engine::CheckList& checks,
           int stop_fd);
  Carrying(const Carrying&) = delete;
  Carrying& operator=(const Carrying&) = delete;
  ~Carrying();

 private:
  Deployment& deployment_;
};

/// True if a run would open the control connection to the responder.
bool asks_responder(const Deployment& deployment, const engine::Selection& selection,
                    const engine::CheckList& checks);

}  // namespace lkdoctor::cli
