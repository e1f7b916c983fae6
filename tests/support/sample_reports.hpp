// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "model/report.hpp"

/// Reports made by hand: what a run would have found, without a run.
namespace lkdoctor::test {

Origin file_at(std::string name, int line, int column);
CheckResult check_result(std::string id, std::string title, Outcome outcome);
Setting setting(std::string key, std::string value, Origin origin);
/// A report seen from a laptop outside, with public_url https://livekit.uni.example and no key.
Report from_outside();

/// The documentation's examples copied together, before the first start: files only.
Report documentation_examples();
/// Only a URL, no secret; everything that can be seen is in order.
Report only_a_url();
/// The WebSocket upgrade is stripped, the certificate ends soon, the peer sends odd text.
Report upgrade_stripped();
/// Current OpenTalk: public_url is the controller's own proxy.
Report behind_controller();

}  // namespace lkdoctor::test
