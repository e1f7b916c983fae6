// SPDX-License-Identifier: EUPL-1.2
#include "cli/carrying.hpp"

#include <algorithm>
#include <exception>
#include <lkdoctor/probes/carrier.hpp>

#include "engine/errand.hpp"

namespace lkdoctor::cli {
namespace {

constexpr Milliseconds kToOpen{3'000}, kToClose{1'000}, kGrace{500};

awaitable<std::string> open(Deployment* deployment, Deadline deadline) {
  co_await probes::open_carried_session(deployment, deadline);
  co_return probes::carried_form(*deployment);
}

awaitable<std::string> give_back(const Deployment* deployment, Deadline deadline) {
  co_await probes::close_carried_session(deployment, deadline);
  co_return "";
}

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
  const Deadline last = until + probes::kToAskResponder + kGrace;
  const auto form = engine::run_errand([&] { return open(&deployment, until); }, last, stop_fd);
  if (form && !form->empty()) probes::take_carried_form(*form, deployment);
}

Carrying::~Carrying() {
  if (!deployment_.run.carried) return;
  try {
    const Deadline until = Clock::now() + kToClose;
    (void)engine::run_errand([&] { return give_back(&deployment_, until); }, until + kGrace, -1);
  } catch (const std::exception&) {
    return;  // its lease ends by itself
  }
}

}  // namespace lkdoctor::cli
