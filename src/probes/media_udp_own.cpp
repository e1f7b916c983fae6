// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <lkdoctor/facts/media_proof.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/own_network.hpp>

#include "probes/media_udp_parts.hpp"

namespace lkdoctor::probes::media {
namespace {

struct Ways {
  bool tls_relay = false, tcp = false;
  bool tcp_silent = false;
};

Ways ways_of(const Scene& scene) {
  Ways ways;
  ways.tls_relay = facts::carries(scene.facts, facts::turn_tls_proof);
  ways.tcp = facts::carries(scene.facts, facts::media_tcp_proof);
  const auto tcp = scene.facts.find(facts::media_tcp_proof);
  ways.tcp_silent = tcp && !tcp->connected && !tcp->silent.empty();
  return ways;
}

std::string in_words(const Scene& scene, const Ways& ways) {
  const auto& livekit = scene.deployment.livekit;
  const std::string port = livekit ? fmt::format(" {}", livekit->tcp_port.value) : "";
  const std::string tcp = ways.tcp_silent ? fmt::format(", nor TCP{}", port) : "";
  return fmt::format("Media works only through {}TURN over TLS from here: this network lets no UDP out{}",
                     ways.tcp ? "ICE/TCP and " : "", tcp);
}

}  // namespace

void say_own_network_was_not_asked(const Scene& scene, Judgement& judgement) {
  const RunSettings& run = scene.deployment.run;
  if (run.vantage != Vantage::outside || run.audience != Audience::internet) return;
  if (udp_was_heard(scene.facts) || all_stun_silent(scene.facts) || run.third_party == ThirdParty::any)
    return;
  judgement.not_tested("whether this network lets UDP out", "nobody but LiveKit's side was asked over UDP",
                       "add --third-party any: STUN servers of others tell; or run from another network");
}

bool judge_own_network(const Scene& scene, Judgement& judgement) {
  if (!lets_no_udp_out(scene.facts, scene.deployment)) return false;
  const std::string silence = who_drops_udp(scene.facts) + ": LiveKit's silence proves nothing";
  const Ways ways = ways_of(scene);
  judgement.could_not_tell(silence);
  if (!ways.tls_relay) {
    say_own_network_was_not_asked(scene, judgement);
    return true;
  }
  // A TURN server of the deployment may stand behind the firewall that LiveKit stands behind.
  const bool others_silent = all_stun_silent(scene.facts);
  Finding& finding = judgement.raise(findings::client_network_blocks_udp, "this network");
  finding.sure(others_silent ? Confidence::likely : Confidence::possible)
      .saying(in_words(scene, ways) +
              (others_silent ? "" : ", or none is let in before LiveKit and before the TURN server"))
      .change(
          others_silent
              ? "Leave the server as it is, TURN over TLS serves this network. Run the check from another "
                "network to see LiveKit's own ports: what is silent there too is the server's firewall"
              : "Run the check from another network first. What is silent there too: open the UDP ports of "
                "LiveKit and of the TURN server inbound. Else leave the server as it is, TURN over TLS "
                "serves this network")
      .with("turn_tls_carries_media", true)
      .with("tcp_carries_media", ways.tcp);
  const auto tls = scene.facts.find(facts::turn_tls_proof);
  if (!tls->answered.empty()) finding.with("turn_answers_at", joined(tls->answered));
  const Strings mute = turn_servers_mute_over_udp(scene.facts);
  if (!mute.empty()) finding.with("turn_silent_over_udp", joined(mute));
  judgement.not_tested("LiveKit's own UDP ports", silence,
                       others_silent ? "run the check from another network"
                                     : "run the check from another network, or here with --third-party any: "
                                       "STUN servers of others tell whether it is this one");
  return true;
}

void judge_either_firewall(const Scene& scene, const std::string& address, Finding& finding) {
  const std::string range = scene.range().empty() ? "LiveKit's UDP ports" : "UDP " + scene.range();
  finding.sure(Confidence::possible)
      .saying(fmt::format("Media flows only through TURN from here: neither {} nor ICE/TCP of {} answers; "
                          "LiveKit's firewall drops them, or this network does",
                          range, address))
      .change(fmt::format("Run the check from another network first. What is silent there too: open {} and "
                          "LiveKit's TCP port inbound to {}",
                          range, address));
}

}  // namespace lkdoctor::probes::media
