// SPDX-License-Identifier: EUPL-1.2
#include "probes/turn_judge.hpp"

#include <algorithm>
#include <array>
#include <lkdoctor/facts/external_addresses.hpp>
#include <map>
#include <set>

namespace lkdoctor::probes {
namespace {

constexpr const FindingDef* kUdpFindings[] = {&findings::turn_unreachable,
                                              &findings::turn_udp_private_ip,
                                              &findings::turn_udp_443_quic_conflict,
                                              &findings::turn_credentials_rejected,
                                              &findings::turn_allocation_refused,
                                              &findings::turn_relay_peer_forbidden,
                                              &findings::turn_relay_cannot_reach_sfu,
                                              &findings::turn_open_relay,
                                              &findings::default_public_stun_in_use};
constexpr const FindingDef* kTlsFindings[] = {&findings::turn_unreachable,
                                              &findings::turn_tls_port_not_443,
                                              &findings::turn_tls_at_http_server,
                                              &findings::turn_credentials_rejected,
                                              &findings::external_turn_in_wrong_block,
                                              &findings::turn_allocation_refused,
                                              &findings::turn_relay_peer_forbidden,
                                              &findings::turn_relay_cannot_reach_sfu,
                                              &findings::turn_open_relay,
                                              &findings::no_turn_tls,
                                              &findings::tls_handshake_fails,
                                              &findings::tls_cert_expired,
                                              &findings::tls_cert_not_yet_valid,
                                              &findings::tls_cert_expires_soon,
                                              &findings::tls_self_signed,
                                              &findings::tls_chain_incomplete,
                                              &findings::tls_name_mismatch,
                                              &findings::tls_weak_key,
                                              &findings::acme_cannot_issue};

/// What LiveKit names where its configuration names nothing.
constexpr std::array<std::string_view, 3> kThirdPartyStun{"global.stun.twilio.com", "stun.l.google.com",
                                                          "stun1.l.google.com"};
constexpr int kUnauthorized = 401;
constexpr std::array<int, 4> kBadCredentials{400, 401, 438, 441};  // 400: LiveKit's own server

RelayEnd end_of_session(const RelayTry& one) {
  if (!one.media) return RelayEnd::reached_only;
  if (one.media->connected()) return RelayEnd::works;
  if (one.media->stage == MediaStage::dtls) return RelayEnd::no_dtls;
  if (one.media->stage != MediaStage::ice || one.relay.turn.permissions.empty())
    return RelayEnd::session_failed;
  const auto& permissions = one.relay.turn.permissions;
  const auto granted = [](const proto::TurnPermission& permission) { return permission.granted; };
  const auto answered = [](const proto::TurnPermission& permission) { return permission.answered; };
  if (std::ranges::any_of(permissions, granted)) return RelayEnd::cannot_reach;
  return std::ranges::any_of(permissions, answered) ? RelayEnd::forbidden : RelayEnd::cannot_reach;
}

bool has_route(const RelayTry& one) {
  return one.relay.outcome.error != net::NetError::network_unreachable;
}

Json number_or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

void state_facts(const TurnScene& scene) {
  const RelayTry* best = nullptr;
  Json servers = Json::array();
  for (const RelayTry& one : scene.survey.tries) {
    if (one.media && (best == nullptr || (one.media->connected() && !best->media->connected()))) best = &one;
    const auto& relayed = one.relay.turn.relayed;
    servers.push_back(
        {{"url", one.url},
         {"address", one.address.empty() ? Json() : Json(one.address)},
         {"state", end_of(one)},
         {"relayed_address", relayed ? Json(text(*relayed)) : Json()},
         {"error_code", one.relay.turn.error_code == 0 ? Json() : Json(one.relay.turn.error_code)},
         {"rtt_ms", number_or_null(rtt_ms_of(one))}});
  }
  scene.judgement.fact("transport", scene.kind == RelayKind::udp ? "turn-udp" : "turn-tls");
  const bool measured = std::ranges::any_of(scene.survey.tries, [](const RelayTry& one) {
    const RelayEnd end = end_of(one);
    return end != RelayEnd::no_route && end != RelayEnd::session_failed && end != RelayEnd::reached_only &&
           end != RelayEnd::challenged && end != RelayEnd::accepted;
  });
  const bool connected = best != nullptr && best->media->connected();
  scene.judgement.fact("connected", measured ? Json(connected) : Json());
  scene.judgement.fact("rtt_ms", best == nullptr ? Json() : number_or_null(rtt_ms_of(*best)));
  scene.judgement.fact("loss_ratio", best == nullptr ? Json() : number_or_null(best->quality.loss_ratio()));
  scene.judgement.fact("candidates", best != nullptr ? candidates_json(best->media->link) : Json::array());
  scene.judgement.fact("servers", std::move(servers));
}

void judge_unusable(const TurnScene& scene) {
  for (const std::string& url : scene.survey.unusable) {
    scene.judgement.raise(findings::turn_udp_private_ip, "ICE servers")
        .graded(Severity::failure)
        .saying(
            "LiveKit tells clients an ICE server without a usable address; browsers refuse the whole list.")
        .quoting("url", url);
  }
}

void judge_third_parties(const TurnScene& scene) {
  std::string hosts;
  for (const std::string& url : scene.survey.urls) {
    const auto parsed = proto::parse_ice_url(url);
    if (!parsed || std::ranges::find(kThirdPartyStun, parsed->host) == kThirdPartyStun.end()) continue;
    hosts += (hosts.empty() ? "" : ", ") + parsed->host;
  }
  if (hosts.empty()) return;
  scene.judgement.raise(findings::default_public_stun_in_use, "rtc.stun_servers")
      .saying("Clients are told to ask " + hosts + " for their address: LiveKit's default.")
      .with("servers", hosts);
}

void judge_missing_tls(const TurnScene& scene) {
  for (const std::string& url : scene.survey.urls) {
    const auto parsed = proto::parse_ice_url(url);
    if (parsed && parsed->turn && parsed->secure) return;
  }
  scene.judgement.raise(findings::no_turn_tls, "ICE servers")
      .saying("No TURN over TLS is offered: users whose network lets only HTTPS out have no media.")
      .with("ice_servers", scene.survey.urls.size());
}

/// Literal addresses that the declared audience cannot use, whoever else can.
bool is_private_for_audience(const TurnScene& scene, const RelayTry& one) {
  return scene.deployment.run.audience == Audience::internet && is_numeric_address(one.parsed.host) &&
         !is_global(one.parsed.host);
}

void judge_private(const TurnScene& scene) {
  std::set<std::string> said;
  for (const RelayTry& one : scene.survey.tries) {
    if (!is_private_for_audience(scene, one) || !said.insert(one.url).second) continue;
    Finding& finding = scene.judgement.raise(findings::turn_udp_private_ip, one.url);
    finding.saying("TURN is offered at " + one.parsed.host + ", an address that clients outside cannot use.")
        .with("address_kind", kind_of(one.parsed.host) == AddressKind::loopback ? "loopback" : "private");
    if (scene.deployment.livekit && scene.deployment.livekit->node_ip.is_set()) {
      finding.at(scene.deployment.livekit->node_ip.origin);
    }
  }
}

/// Without a session: what answered, and that this is not the whole question.
void judge_without_session(const TurnScene& scene) {
  const bool passive = scene.deployment.run.passive;
  std::string reached;
  for (const RelayTry& one : scene.survey.tries) {
    const RelayEnd end = end_of(one);
    std::string does;
    if (end == RelayEnd::challenged) does = " asks for credentials";
    if (end == RelayEnd::accepted) does = " accepts the credentials of LiveKit's file";
    if (end == RelayEnd::reached_only) does = " gives relays";
    if (does.empty()) continue;
    reached += (reached.empty() ? "" : ", ") + one.url + does;
  }
  if (!reached.empty()) {
    const std::string why = passive ? "no session: --passive" : "nobody could join";
    scene.judgement.skip(reached + "; whether it relays to LiveKit was not tried (" + why + ")");
  } else if (scene.survey.tries.empty() && scene.survey.not_asked.empty()) {
    scene.judgement.skip("needs join_response, which signalling_join should have given");
  }
}

/// Why nothing was tried, or what could not be.
void judge_untried(const TurnScene& scene) {
  if (scene.survey.without_session) judge_without_session(scene);
  const bool forbidden = !scene.survey.not_asked.empty();
  if (scene.survey.without_session && scene.survey.tries.empty() && !forbidden) return;
  for (const std::string& url : scene.survey.not_asked) {
    scene.judgement.not_tested(url, "--third-party none: it is no host of this deployment",
                               "run without --third-party none");
  }
  if (scene.survey.tries.empty() && !scene.survey.not_asked.empty()) {
    return scene.judgement.skip("--third-party none: the TURN servers are not of this deployment");
  }
  const std::string over = scene.kind == RelayKind::udp ? "UDP" : "TLS";
  if (scene.survey.tries.empty()) {
    if (!scene.survey.joined) return scene.judgement.skip("LiveKit offers no TURN over " + over);
    return scene.judgement.could_not_tell("no session that would give TURN credentials");
  }
  bool measured = false;
  std::set<std::string> unrouted;
  std::string failed_at;
  for (const RelayTry& one : scene.survey.tries) {
    const RelayEnd end = end_of(one);
    measured = measured || (end != RelayEnd::no_route && end != RelayEnd::session_failed);
    if (end == RelayEnd::no_route) unrouted.insert(family_of(one.address) == Family::ipv6 ? "IPv6" : "IPv4");
    if (end == RelayEnd::session_failed) failed_at = one.media->why;
  }
  for (const std::string& family : unrouted) {
    scene.judgement.not_tested("TURN over " + family, "no route here", "run where there is " + family);
  }
  if (measured) return;
  scene.judgement.could_not_tell(failed_at.empty() ? "no route from here to any TURN server"
                                                   : "no session through the relay: " + failed_at);
}

}  // namespace

RelayEnd end_of(const RelayTry& one) {
  if (one.address.empty()) return RelayEnd::no_name;
  if (one.relay.allocated_after) return end_of_session(one);
  if (!has_route(one)) return RelayEnd::no_route;
  if (one.speaks_http) return RelayEnd::http;
  if (one.speaks_quic) return RelayEnd::quic;
  if (one.relay.tls && !one.relay.tls->outcome.ok()) return RelayEnd::tls_failed;
  const proto::TurnState& turn = one.relay.turn;
  if (turn.phase == proto::TurnPhase::verified) return RelayEnd::accepted;
  const bool unsettled = one.anonymous || (one.alone && turn.error_code == 0);
  if (unsettled && turn.first_code == kUnauthorized) return RelayEnd::challenged;  // RFC 8656 §7.2
  const bool known_code = std::ranges::find(kBadCredentials, turn.error_code) != kBadCredentials.end();
  if (turn.first_code == 401 && known_code) return RelayEnd::rejected;
  if (turn.error_code != 0) return RelayEnd::refused;
  return turn.foreign.empty() ? RelayEnd::unreachable : RelayEnd::not_turn;
}

std::optional<double> rtt_ms_of(const RelayTry& one) {
  if (!one.quality.rtt) return std::nullopt;
  return static_cast<double>(one.quality.rtt->count()) / 1000;
}

bool TurnScene::is_embedded(const RelayTry& one) const {
  if (!deployment.livekit || !deployment.livekit->turn.enabled) return one.relay.turn.realm == "livekit";
  return one.parsed.secure ? one.parsed.host == deployment.livekit->turn.domain
                           : one.parsed.port == deployment.livekit->turn.udp_port;
}

bool TurnScene::relays_over_tls(const RelayTry& one) const {
  const auto tls = facts.find(facts::turn_tls_proof);
  if (one.parsed.tcp || !tls || !facts::carries(facts, facts::turn_tls_proof)) return false;
  return std::ranges::any_of(tls->answered, [&](const std::string& server) {
    return server.substr(0, server.rfind(':')) == one.relay.server.address;
  });
}

std::optional<bool> TurnScene::udp_leaves() const {
  for (const RelayTry& one : survey.tries) {
    if (!one.parsed.tcp && one.relay.turn.answers > 0) return true;
  }
  const auto external = facts.find(facts::external_addresses);
  if (!external) return std::nullopt;
  std::optional<bool> leaves;
  for (const facts::StunView& server : external->servers) {
    if (server.mapped) return true;
    if (!server.address.empty()) leaves = false;
  }
  return leaves;
}

std::span<const FindingDef* const> turn_findings(RelayKind kind) {
  if (kind == RelayKind::udp) return kUdpFindings;
  return kTlsFindings;
}

void judge_turn(const TurnSurvey& survey, RelayKind kind, const Facts& facts, const Deployment& deployment,
                Judgement& judgement) {
  const TurnScene scene{survey, kind, facts, deployment, judgement};
  state_facts(scene);
  if (kind == RelayKind::udp) {
    judge_unusable(scene);
    judge_third_parties(scene);
    judge_private(scene);
  } else if (!survey.without_session) {
    judge_missing_tls(scene);
  }
  std::map<std::pair<std::string, RelayEnd>, RelayGroup> groups;
  std::set<std::string> certificates;
  for (const RelayTry& one : survey.tries) {
    if (is_private_for_audience(scene, one) || one.elsewhere) continue;
    const RelayEnd end = end_of(one);
    groups[{one.url, end}].push_back(&one);
    const bool shown = one.relay.tls && !one.relay.tls->chain.empty() && end != RelayEnd::http;
    if (shown && certificates.insert(one.url + one.relay.tls->chain.front().sha256).second) {
      judge_turn_certificate(scene, one);
    }
  }
  for (const auto& [key, group] : groups) judge_group(scene, key.second, group);
  judge_untried(scene);
}

}  // namespace lkdoctor::probes
