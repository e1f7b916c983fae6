// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/check.hpp>
#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/facts/media_proof.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/text.hpp>

namespace lkdoctor::checks {
namespace {

using facts::MediaProof;

constexpr std::string_view kNeeds[] = {facts::join_response.name};
constexpr std::string_view kAfter[] = {facts::media_udp_proof.name, facts::media_tcp_proof.name,
                                       facts::turn_udp_proof.name, facts::turn_tls_proof.name};
constexpr const FindingDef* kFindings[] = {&findings::recorder_cannot_reach_media};
constexpr CheckInfo kInfo{
    .id = "recorder_media",
    .title = "The recorder reaches LiveKit's media",
    .findings = kFindings,
    .needs = kNeeds,
    .after = kAfter,
    .vantages = at({Vantage::recorder}),
};

std::vector<std::string> carrying(const Facts& facts) {
  std::vector<std::string> names;
  const auto add = [&](const Fact<MediaProof>& transport, const char* name) {
    if (facts::carries(facts, transport)) names.emplace_back(name);
  };
  add(facts::media_udp_proof, "UDP");
  add(facts::media_tcp_proof, "ICE/TCP");
  add(facts::turn_udp_proof, "TURN/UDP");
  add(facts::turn_tls_proof, "TURN/TLS");
  return names;
}

/// How a session over it ends: "nothing answers at 198.51.100.23:20017 over UDP".
std::string ended(const std::optional<MediaProof>& proof, std::string_view way) {
  if (proof && proof->flaw == "cut") return fmt::format("over {} a session is cut off after it began", way);
  if (!proof || proof->silent.empty()) return {};
  if (proof->stage == "ice" && proof->answered.empty())
    return fmt::format("nothing answers at {} over {}", joined(proof->silent), way);
  return fmt::format("over {} a session ends at {}", way, proof->stage);
}

std::string what_to_let_through(const Deployment& deployment) {
  const auto& livekit = deployment.livekit;
  if (!livekit || !livekit->udp) return "LiveKit's UDP range and its TCP port";
  return fmt::format("UDP {} and TCP {}", text(*livekit->udp), livekit->tcp_port.value);
}

class RecorderMedia final : public FileCheck {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }

  using FileCheck::judge;
  void judge(const Facts& facts, const Deployment& deployment, Judgement& judgement) const override {
    const std::vector<std::string> ways = carrying(facts);
    judgement.fact("carrying", ways);
    if (!ways.empty()) {
      judgement.not_tested("whether sound comes back to the recorder",
                           "the test call is made where people stand",
                           "run lkdoctor check --vantage inside on this machine");
      return;
    }
    const auto over_udp = facts.find(facts::media_udp_proof), over_tcp = facts.find(facts::media_tcp_proof);
    const std::string udp = ended(over_udp, "UDP"), tcp = ended(over_tcp, "TCP");
    if (udp.empty()) return judgement.could_not_tell("no session was offered an address for media over UDP");
    judgement.raise(findings::recorder_cannot_reach_media, "the recorder")
        .saying(fmt::format("The recorder signs in and reaches no media: {}{}", udp,
                            tcp.empty() ? "" : ", and " + tcp))
        .change(fmt::format(
            "Let {} pass between the recorder's network and LiveKit: in the recorder's container network and "
            "firewall, in LiveKit's, and with NAT reflection where both stand behind one router",
            what_to_let_through(deployment)))
        .with("udp_stage", over_udp->stage)
        .with("tcp_stage", over_tcp ? Json(over_tcp->stage) : Json(nullptr));
  }
};

}  // namespace

std::unique_ptr<Check> make_recorder_media() {
  return std::make_unique<RecorderMedia>();
}

}  // namespace lkdoctor::checks
