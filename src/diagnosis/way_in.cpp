// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/way_in.hpp"

#include <algorithm>

namespace lkdoctor::diagnosis {

std::string_view view_of(Vantage vantage) {
  switch (vantage) {
    case Vantage::outside:
      return "from outside";
    case Vantage::inside:
      return "from inside";
    case Vantage::controller:
      return "from the controller";
    case Vantage::livekit_host:
      return "on this host";
    case Vantage::recorder:
      return "from the recorder";
    case Vantage::automatic:
      break;
  }
  return "from here";
}

bool leaves_out_way_in(const Report& report) {
  const Vantage view = report.vantage.kind;
  if (report.audience != Audience::internet) return false;
  if (view != Vantage::livekit_host && view != Vantage::inside) return false;
  return std::ranges::any_of(report.checks, [](const CheckResult& check) {
    return (check.id == "media_udp" || check.id == "media_tcp") && check.outcome != Outcome::skip;
  });
}

std::string seen_behind_way_in(Vantage vantage) {
  const std::string place = vantage == Vantage::livekit_host ? "the LiveKit host" : "inside";
  return "seen from " + place + "; the way in from outside was not tested";
}

void say_way_in_was_left_out(Report& report) {
  report.not_tested.push_back({"the way in from outside",
                               "packets from here pass no firewall or port forwarding before LiveKit",
                               "run lkdoctor check from a machine on the internet, with the same files"});
}

}  // namespace lkdoctor::diagnosis
