// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/check.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/missing.hpp>
#include <lkdoctor/probes/data_trip.hpp>
#include <lkdoctor/probes/media_survey.hpp>
#include <lkdoctor/probes/milliseconds.hpp>

#include "observation.hpp"

namespace lkdoctor::checks {
namespace {

using probes::DataTrip;

constexpr std::string_view kNeeds[] = {facts::join_response.name};
constexpr const FindingDef* kFindings[] = {&findings::data_channel_fails};
constexpr CheckInfo kInfo{
    .id = "media_data",
    .title = "Data channels open",
    .findings = kFindings,
    .needs = kNeeds,
    .vantages = at({Vantage::outside, Vantage::inside, Vantage::livekit_host, Vantage::recorder}),
    .side_effect = SideEffect::join,
    .budget = Milliseconds(25'000),
};

void raise_failure(const DataTrip& trip, Judgement& judgement) {
  const std::string peer = trip.session.peer();
  judgement.raise(findings::data_channel_fails, peer)
      .saying(
          trip.association
              ? fmt::format("LiveKit at {} does not acknowledge the data channels of a session.", peer)
              : fmt::format("DTLS with LiveKit at {} is done, and no SCTP association comes about over it.",
                            peer))
      .with("association", trip.association)
      .with("channels_open", trip.open.size())
      .with("packets_sent", trip.packets_sent)
      .with("packets_received", trip.packets_received);
}

/// A lost acknowledgement is repeated after 3 s and then 6 s: a line with loss can use up all the patience.
std::string loss_explains(const probes::PathQuality& path) {
  return fmt::format(
      "the line lost {} of {} packets, so that an acknowledgement that is missing says nothing of LiveKit",
      path.sent - path.answered, path.sent);
}

class MediaData final : public CheckOf<DataObservation> {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }
  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    if (deployment.has_key_pair() || deployment.token.is_set() || may_be_carried(deployment))
      return std::nullopt;
    return "needs a key pair or a token";
  }
  awaitable<DataObservation> collect(Probe& probe) const override { return try_data(probe); }

  void judge(const DataObservation& observation, const Facts&, const Deployment&,
             Judgement& judgement) const override {
    if (observation.trips.empty()) return judgement.could_not_tell("nothing was tried");
    const DataTrip& last = observation.trips.back();
    probes::MediaSurvey survey;
    survey.withheld.push_back(last.session);
    probes::state_media_facts(survey, last.session.transport, judgement);
    judgement.fact("open", last.open.size() == 2);
    judgement.fact("association_ms", probes::milliseconds(last.associated));
    judgement.fact("acknowledged_ms", probes::milliseconds(last.acknowledged));
    if (!last.session.connected()) {
      return judgement.could_not_tell("no connection to open a data channel on: " + last.session.why);
    }
    if (last.carries_messages()) return;
    if (last.path.answered < last.path.sent) return judgement.could_not_tell(loss_explains(last.path));
    raise_failure(last, judgement);
  }
};

}  // namespace

std::unique_ptr<Check> make_media_data() {
  return std::make_unique<MediaData>();
}

}  // namespace lkdoctor::checks
