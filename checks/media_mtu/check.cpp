// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/check.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/missing.hpp>
#include <lkdoctor/probes/media_survey.hpp>
#include <lkdoctor/probes/path_size.hpp>

namespace lkdoctor::checks {
namespace {

using probes::MediaStage;
using probes::PathSize;

constexpr std::size_t kFullSize = 1'200;  // no datagram of a browser's DTLS or RTP is much longer
constexpr std::size_t kHeaders4 = 28, kHeaders6 = 48;  // IP and UDP

constexpr std::string_view kNeeds[] = {facts::join_response.name};
constexpr const FindingDef* kFindings[] = {&findings::path_mtu_blackhole};
constexpr CheckInfo kInfo{
    .id = "media_mtu",
    .title = "Datagrams of full size reach LiveKit",
    .findings = kFindings,
    .needs = kNeeds,
    .vantages = at({Vantage::outside, Vantage::inside, Vantage::livekit_host, Vantage::recorder}),
    .side_effect = SideEffect::join,
    .budget = Milliseconds(25'000),
};

constexpr std::string_view kLossExplains =
    "one handshake in large datagrams failed on a line that loses small ones too";

constexpr std::string_view kSmallOnesExplain =
    "small datagrams are lost as well, so that the loss of large ones says nothing of a size";

const probes::CandidateReport* carrier_of(const PathSize& seen) {
  const probes::MediaReport& session = seen.small ? *seen.small : seen.full;
  return session.link.carrier();
}

std::size_t headers_of(const Endpoint& endpoint) {
  const bool v6 = is_numeric_address(endpoint.address) && family_of(endpoint.address) == Family::ipv6;
  return v6 ? kHeaders6 : kHeaders4;
}

/// The flight that was made large on purpose was sent, and did not pass where the small one did.
bool handshake_depends_on_size(const PathSize& seen) {
  if (seen.full.stage != MediaStage::dtls || !seen.small || !seen.small->connected()) return false;
  return seen.full.link.dtls_trace.largest_sent > seen.small->link.dtls_trace.largest_sent;
}

/// Datagrams of a size that passes had to be repeated: then a handshake fails now and then by chance.
bool loses_packets(const PathSize& seen) {
  return std::ranges::any_of(
      seen.sizes, [](const proto::SizedCheck& one) { return one.answered > 0 && one.answered < one.sent; });
}

bool full_size_is_lost(const PathSize& seen) {
  const auto passed = seen.largest_answered(), lost = seen.smallest_lost();
  return passed && lost && *passed < kFullSize && *lost <= kFullSize;
}

void raise_blackhole(const PathSize& seen, const std::string& peer, Judgement& judgement) {
  const auto passed = seen.largest_answered(), lost = seen.smallest_lost();
  const std::string sizes =
      passed && lost
          ? fmt::format("datagrams of {} bytes are answered and those of {} are not", *passed, *lost)
          : std::string("a handshake in small datagrams ends and one in full ones does not");
  Finding& finding = judgement.raise(findings::path_mtu_blackhole, peer)
                         .saying(fmt::format("On the way to LiveKit at {}, {}.", peer, sizes))
                         .with("largest_answered_bytes", passed ? Json(*passed) : Json())
                         .with("smallest_lost_bytes", lost ? Json(*lost) : Json())
                         .with("full_size_handshake", seen.full.connected());
  const auto& trace = seen.full.link.dtls_trace;
  if (!seen.full.connected()) {
    finding.with("handshake_largest_sent_bytes", trace.largest_sent)
        .with("handshake_last_received", trace.last_received ? Json(trace.last_received->message) : Json());
  }
}

class MediaMtu final : public CheckOf<PathSize> {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }
  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    if (deployment.has_key_pair() || deployment.token.is_set() || may_be_carried(deployment))
      return std::nullopt;
    return "needs a key pair or a token";
  }
  awaitable<PathSize> collect(Probe& probe) const override { return probes::measure_path_size(probe); }

  void judge(const PathSize& seen, const Facts&, const Deployment&, Judgement& judgement) const override {
    probes::MediaSurvey survey;
    survey.withheld.push_back(seen.full);
    probes::state_media_facts(survey, probes::Transport::udp, judgement);
    const auto passed = seen.largest_answered();
    const probes::CandidateReport* carrier = carrier_of(seen);
    const std::size_t headers = carrier == nullptr ? kHeaders4 : headers_of(carrier->candidate.endpoint);
    judgement.fact("largest_datagram", passed ? Json(*passed) : Json());
    judgement.fact("path_mtu_at_least", passed ? Json(*passed + headers) : Json());
    judgement.fact("full_size_handshake", seen.full.connected());
    const bool measured = seen.full.connected() || (seen.small && seen.small->connected());
    if (seen.loses_small_ones()) return judgement.could_not_tell(std::string(kSmallOnesExplain));
    if (!measured) return judgement.could_not_tell("no media over UDP to measure with: " + seen.full.why);
    const bool by_size = full_size_is_lost(seen);
    if (by_size || handshake_depends_on_size(seen)) {
      if (!by_size && loses_packets(seen)) return judgement.could_not_tell(std::string(kLossExplains));
      const std::string peer =
          carrier == nullptr ? seen.full.signalling.url : carrier->candidate.endpoint.address;
      raise_blackhole(seen, peer, judgement);
    }
  }
};

}  // namespace

std::unique_ptr<Check> make_media_mtu() {
  return std::make_unique<MediaMtu>();
}

}  // namespace lkdoctor::checks
