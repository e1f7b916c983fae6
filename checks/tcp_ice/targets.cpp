// SPDX-License-Identifier: EUPL-1.2
#include "targets.hpp"

#include <algorithm>
#include <lkdoctor/advertised.hpp>
#include <lkdoctor/net/local.hpp>

namespace lkdoctor::checks::tcp_ice {
namespace {

constexpr std::size_t kMostTargets = 12;

void add_targets(std::vector<Target>& targets, const std::vector<std::string>& addresses, Role role) {
  for (const std::string& address : addresses) {
    const bool known = std::ranges::find(targets, address, &Target::address) != targets.end();
    if (known || targets.size() == kMostTargets) continue;
    targets.push_back({address, role, {}, {}, {}, {}});
  }
}

bool is_loopback(const std::string& address) {
  return kind_of(address) == AddressKind::loopback;
}

std::vector<std::string> own_addresses() {
  std::vector<std::string> out;
  for (const net::LocalAddress& local : net::interface_addresses()) {
    if (!local.loopback) out.push_back(local.address);
  }
  return out;
}

}  // namespace

std::vector<Target> choose_targets(const Probe& probe) {
  const Deployment& deployment = probe.deployment();
  const std::vector<std::string> signalling = signalling_addresses(deployment, probe.facts());
  const bool trial = std::ranges::any_of(signalling, is_loopback);  // bound to loopback, perhaps alone
  std::vector<Target> targets;
  add_targets(targets, configured_media_addresses(deployment), Role::configured);
  if (deployment.run.vantage == Vantage::livekit_host && !trial) {
    add_targets(targets, own_addresses(), Role::own);
  }
  const auto& carried = deployment.run.carried;
  if (carried && carried->reached) add_targets(targets, {carried->address}, Role::responder);
  add_targets(targets, signalling, Role::signalling);
  return targets;
}

}  // namespace lkdoctor::checks::tcp_ice
