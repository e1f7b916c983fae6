// SPDX-License-Identifier: EUPL-1.2
#include "cli/carrying.hpp"

#include <algorithm>
#include <exception>
#include <lkdoctor/probes/carrier.hpp>

#include "engine/errand.hpp"

namespace lkdoctor::cli {
namespace {

constexpr Milliseconds kToOpen{3'000}, kToClose{1'000};

/// Joins, tries a token, or tests the ports that the responder tells of.
bool has_use(const CheckInfo& info) {
  const bool by_id = info.id == "api_key" || info.id == "udp_range" || info.id == "tcp_ice";
  return by_id || info.side_effect == SideEffect::join;
}

}  // namespace

bool asks_responder(const Deployment& deployment, const engine::Selection& selection,
                    const engine::CheckList& checks) {
  if (deployment.run.responder.empty() || deployment.run.passive) return false;
  return std::ranges::any_of(checks, [&](const auto& check) {
    const CheckInfo& info = check->info();
    return has_use(info) && engine::is_selected(selection, info.id, info.findings);
  });
}

Carrying::Carrying(Deployment& deployment, const engine::Selection& selection,
                   const engine::CheckList& checks, int stop_fd)
    : deployment_(deployment) {
  if (!asks_responder(deployment, selection, checks)) return;
  const Deadline until = Clock::now() + std::min(kToOpen, deployment.run.deadline);
  const bool ended = engine::run_errand(probes::open_carried_session(&deployment, until), stop_fd);
  if (!ended) deployment.run.carried.reset();
}

Carrying::~Carrying() {
  try {
    const Deadline until = Clock::now() + kToClose;
    engine::run_errand(probes::close_carried_session(&deployment_, until), -1);
  } catch (const std::exception&) {
    return;  // its lease ends by itself
  }
}

}  // namespace lkdoctor::cli
