// SPDX-License-Identifier: EUPL-1.2
#include "engine/opening.hpp"

#include <unistd.h>

#include <array>
#include <lkdoctor/net/local.hpp>
#include <lkdoctor/version.hpp>
#include <lkdoctor/wall_clock.hpp>

namespace lkdoctor::engine {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

}  // namespace

Recording open_recording(const std::vector<PlannedCheck>& plan, const Deployment& deployment) {
  Recording recording;
  recording.deployment = describe(deployment);
  recording.tool_version = version();
  recording.started_ms = wall_ms();
  recording.host = host_name();
  // Those of the control connection were made before anything was planned.
  if (deployment.run.carried) recording.side_effects.requests += deployment.run.carried->requests;
  for (const net::LocalAddress& local : net::interface_addresses()) {
    if (!local.loopback) recording.local_addresses.push_back(local.address);
  }
  for (const PlannedCheck& planned : plan) {
    if (planned.left_out || !planned.skip_reason) continue;
    recording.skipped[std::string(planned.check->info().id)] = *planned.skip_reason;
  }
  return recording;
}

}  // namespace lkdoctor::engine
