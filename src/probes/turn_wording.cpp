// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/probes/clock.hpp>
#include <lkdoctor/probes/own_network.hpp>
#include <lkdoctor/text.hpp>

#include "probes/tls_scene.hpp"
#include "probes/turn_judge.hpp"

namespace lkdoctor::probes {
namespace {

constexpr std::uint16_t kHttpsPort = 443;

std::string addresses_of(const RelayGroup& group) {
  std::string out;
  for (const RelayTry* one : group) {
    if (!one->address.empty()) out += (out.empty() ? "" : ", ") + text(one->relay.server);
  }
  return out;
}

std::string place_of(const RelayTry& one) {
  return one.parsed.host + ":" + std::to_string(one.parsed.port);
}

std::string over(const RelayTry& one) {
  if (one.parsed.secure) return "TURN over TLS at ";
  return one.parsed.tcp ? "TURN over TCP at " : "TURN over UDP at ";
}

/// The code in our words; the peer's own beside it, as evidence.
std::string code_of(const RelayTry& one) {
  return std::to_string(one.relay.turn.error_code);
}

void add_code(const RelayTry& one, Finding& finding) {
  finding.with("error_code", one.relay.turn.error_code);
  if (!one.relay.turn.error_reason.empty()) finding.quoting("reason", one.relay.turn.error_reason);
}

Finding& with_addresses(Finding& finding, const RelayGroup& group) {
  const std::string addresses = addresses_of(group);
  return addresses.empty() ? finding : finding.with("addresses", addresses);
}

Finding& with_place(const TurnScene& scene, const RelayTry& one, Finding& finding) {
  const Origin origin = place_in_configuration(scene, one);
  return origin.known() ? finding.at(origin) : finding;
}

Finding& raise(const TurnScene& scene, const FindingDef& definition, const RelayGroup& group) {
  const RelayTry& one = *group.front();
  return with_place(scene, one, with_addresses(scene.judgement.raise(definition, one.url), group));
}

/// What is wrong with the server, whatever its ports: one subject, so that it is told once.
Finding& raise_of_server(const TurnScene& scene, const FindingDef& definition, const RelayGroup& group) {
  const RelayTry& one = *group.front();
  Finding& finding = scene.judgement.raise(definition, one.parsed.host).with("url", one.url);
  return with_place(scene, one, with_addresses(finding, group));
}

/// The try at LiveKit's own TURN/TLS port, if there was one.
const RelayTry* elsewhere(const TurnScene& scene) {
  const auto found = std::ranges::find_if(scene.survey.tries, &RelayTry::elsewhere);
  return found == scene.survey.tries.end() ? nullptr : &*found;
}

std::uint32_t own_tls_port(const TurnScene& scene, const RelayTry& one) {
  const bool own = one.parsed.secure && scene.deployment.livekit && scene.is_embedded(one);
  return own ? scene.deployment.livekit->turn.tls_port : 0;
}

void add_own_port(const TurnScene& scene, const RelayTry& one, Finding& finding) {
  const std::uint32_t port = own_tls_port(scene, one);
  if (port == 0) return;
  finding.with("turn_tls_port", port);
  if (const RelayTry* other = elsewhere(scene)) {
    const RelayEnd end = end_of(*other);
    finding.with("turn_answers_at_tls_port", end == RelayEnd::reached_only || end == RelayEnd::challenged);
  }
}

std::string how_it_fails(const RelayTry& one) {
  const net::NetOutcome& outcome = one.relay.outcome;
  if (outcome.error == net::NetError::timed_out) {
    return outcome.stage == net::Stage::connect ? "no connection, the packets are dropped" : "no answer";
  }
  return outcome.text;
}

void judge_unreachable(const TurnScene& scene, const RelayGroup& group) {
  const RelayTry& one = *group.front();
  if (const auto why = only_a_forward_proxy_leads_out(scene.facts))
    return scene.judgement.could_not_tell(*why);
  const bool silent_udp = !one.parsed.tcp && one.relay.outcome.error == net::NetError::timed_out;
  const std::optional<bool> leaves = scene.udp_leaves();
  if (silent_udp && leaves == false) {
    return scene.judgement.could_not_tell("this network lets no UDP out: no STUN server answers either");
  }
  if (silent_udp && lets_no_udp_out(scene.facts, scene.deployment)) {
    return scene.judgement.could_not_tell(who_drops_udp(scene.facts) + ": silence proves nothing");
  }
  const std::uint32_t own = own_tls_port(scene, one);
  const bool other_port = own != 0 && own != one.parsed.port && one.parsed.port == kHttpsPort;
  Finding& finding =
      raise(scene, other_port ? findings::turn_tls_port_not_443 : findings::turn_unreachable, group);
  finding.with("error", one.relay.outcome.error).with("stage", one.relay.outcome.stage);
  if (!one.relay.reporter.empty()) finding.with("reporter", one.relay.reporter);
  add_own_port(scene, one, finding);
  if (other_port) {
    finding.saying("Clients are told " + one.url + ", where no TURN answers (" + how_it_fails(one) +
                   "); LiveKit's turn.tls_port is " + std::to_string(own) + ".");
  } else {
    finding.saying(over(one) + place_of(one) + " does not answer: " + how_it_fails(one) + ".");
  }
  if (silent_udp && !leaves) finding.sure(Confidence::likely);
}

void judge_no_name(const TurnScene& scene, const RelayGroup& group) {
  const RelayTry& one = *group.front();
  if (const auto why = only_a_forward_proxy_leads_out(scene.facts))
    return scene.judgement.could_not_tell(*why);
  const net::NetError error = one.resolved.error;
  if (error == net::NetError::timed_out || error == net::NetError::name_server_failed) {
    return scene.judgement.could_not_tell("the name of the TURN server " + one.parsed.host +
                                          " could not be looked up: " + one.resolved.text);
  }
  raise_of_server(scene, findings::turn_unreachable, group)
      .saying("The name of the TURN server " + one.parsed.host + " has no address here.")
      .with("error", one.resolved.error)
      .change("Create an address record for " + one.parsed.host +
              ", or correct its name in the configuration");
}

void judge_http(const TurnScene& scene, const RelayGroup& group) {
  const RelayTry& one = *group.front();
  Finding& finding = raise(scene, findings::turn_tls_at_http_server, group);
  finding.saying(place_of(one) + " speaks HTTP, not TURN: clients are told " + one.url + ".");
  if (!one.relay.turn.foreign.empty()) finding.quoting("answer", one.relay.turn.foreign);
  add_own_port(scene, one, finding);
}

void judge_rejected(const TurnScene& scene, const RelayGroup& group) {
  const RelayTry& one = *group.front();
  const bool foreign_realm = scene.kind == RelayKind::tls && one.relay.turn.realm != "livekit" &&
                             scene.deployment.livekit && scene.deployment.livekit->turn.enabled &&
                             scene.is_embedded(one);
  Finding& finding = foreign_realm ? raise(scene, findings::external_turn_in_wrong_block, group)
                                   : raise_of_server(scene, findings::turn_credentials_rejected, group);
  add_code(one, finding);
  finding.quoting("realm", one.relay.turn.realm);
  if (!one.relay.turn.software.empty()) finding.quoting("software", one.relay.turn.software);
  if (foreign_realm) {
    finding.saying("turn.domain " + one.parsed.host + " leads to a TURN server that is not LiveKit's own.");
  } else {
    finding.saying("The TURN server at " + place_of(one) +
                   " rejects the credentials that LiveKit hands out (" + code_of(one) + ").");
  }
}

void judge_refused(const TurnScene& scene, const RelayGroup& group) {
  const RelayTry& one = *group.front();
  Finding& finding = raise(scene, findings::turn_allocation_refused, group);
  finding.saying("The TURN server at " + place_of(one) + " gives no relay (" + code_of(one) + ").");
  add_code(one, finding);
}

std::string peers_of(const RelayTry& one) {
  std::string out;
  for (const proto::TurnPermission& permission : one.relay.turn.permissions) {
    out += (out.empty() ? "" : ", ") + permission.peer.address;
  }
  return out;
}

void judge_forbidden(const TurnScene& scene, const RelayGroup& group) {
  const RelayTry& one = *group.front();
  const proto::TurnPermission& first = one.relay.turn.permissions.front();
  Finding& finding = raise(scene, findings::turn_relay_peer_forbidden, group);
  finding
      .saying("The TURN server at " + place_of(one) + " refuses to relay to LiveKit at " + peers_of(one) +
              " (" + std::to_string(first.error_code) + ").")
      .with("peers", peers_of(one))
      .with("error_code", first.error_code);
  if (scene.is_embedded(one)) {
    finding.change("Add the network of " + first.peer.address +
                   " to turn.allow_restricted_peer_cidrs, or advertise a public address (rtc.node_ip)");
  } else {
    finding.change("Allow the TURN server to relay to " + peers_of(one) +
                   " (coturn: allowed-peer-ip=" + first.peer.address + ")");
  }
}

void judge_cannot_reach(const TurnScene& scene, RelayEnd end, const RelayGroup& group) {
  const RelayTry& one = *group.front();
  const std::string relayed = one.relay.turn.relayed ? text(*one.relay.turn.relayed) : "";
  Finding& finding = raise(scene, findings::turn_relay_cannot_reach_sfu, group);
  finding.with("relayed_address", relayed)
      .with("peers", peers_of(one))
      .with("packets_sent", one.relay.turn.sent_to_peers)
      .with("packets_received", one.relay.turn.received_from_peers);
  if (end == RelayEnd::cannot_reach && scene.relays_over_tls(one)) {
    finding.sure(Confidence::likely)
        .saying("TURN over UDP at " + place_of(one) +
                " allocates, and then nothing comes through it; over TLS the same server reaches LiveKit.")
        .change("Look for what drops or cuts off UDP flows between here and " + place_of(one) +
                " after the first packets (a limit, intrusion prevention); the relay itself reaches LiveKit");
  } else if (end == RelayEnd::no_dtls) {
    finding.saying("Through the TURN server at " + place_of(one) +
                   " LiveKit answers ICE, but DTLS does not finish.");
  } else {
    finding.saying("The TURN server at " + place_of(one) + " relays from " + relayed + ", but LiveKit at " +
                   peers_of(one) + " does not answer through it.");
  }
}

/// Something else answers at the port.
void judge_foreign(const TurnScene& scene, RelayEnd end, const RelayGroup& group) {
  const RelayTry& one = *group.front();
  if (end == RelayEnd::quic) {
    raise(scene, findings::turn_udp_443_quic_conflict, group)
        .saying("UDP " + place_of(one) + " answers HTTP/3 (QUIC), and clients are told that it is TURN.");
    return;
  }
  raise(scene, findings::turn_unreachable, group)
      .saying(over(one) + place_of(one) + " is answered by something that is not TURN.")
      .quoting("answer", one.relay.turn.foreign);
}

void judge_open_relay(const TurnScene& scene, const RelayGroup& group) {
  if (group.front()->relay.turn.first_code != 0) return;
  raise(scene, findings::turn_open_relay, group)
      .saying("The TURN server at " + place_of(*group.front()) + " gives a relay to whoever asks.");
}

}  // namespace

void judge_group(const TurnScene& scene, RelayEnd end, const RelayGroup& group) {
  const RelayTry& one = *group.front();
  if (one.relay.allocated_after) judge_open_relay(scene, group);
  switch (end) {
    case RelayEnd::no_name:
      return judge_no_name(scene, group);
    case RelayEnd::unreachable:
      return judge_unreachable(scene, group);
    case RelayEnd::http:
      return judge_http(scene, group);
    case RelayEnd::rejected:
      return judge_rejected(scene, group);
    case RelayEnd::refused:
      return judge_refused(scene, group);
    case RelayEnd::forbidden:
      return judge_forbidden(scene, group);
    case RelayEnd::cannot_reach:
    case RelayEnd::no_dtls:
      return judge_cannot_reach(scene, end, group);
    case RelayEnd::quic:
    case RelayEnd::not_turn:
      return judge_foreign(scene, end, group);
    case RelayEnd::tls_failed:
      if (own_tls_port(scene, one) != 0 && own_tls_port(scene, one) != one.parsed.port) {
        return judge_unreachable(scene, group);
      }
      raise(scene, findings::tls_handshake_fails, group)
          .graded(Severity::warning)
          .saying("TLS with the TURN server at " + place_of(one) + " fails: " + one.relay.tls->outcome.text +
                  ".");
      return;
    default:
      return;
  }
}

void judge_turn_certificate(const TurnScene& scene, const RelayTry& one) {
  TlsSurvey survey;
  survey.where.url = one.url;
  survey.where.host = one.parsed.host;
  survey.where.port = one.parsed.port;
  survey.seen_at_s = scene.survey.seen_at_s;
  AddressTls seen;
  seen.address = one.address;
  seen.session = *one.relay.tls;
  Judgement apart;
  const TlsScene tls{survey, Side::public_url, scene.deployment, apart,
                     clock_error(scene.facts, scene.deployment)};
  judge_certificate(tls, seen, seen.session);
  for (Finding finding : apart.findings()) {
    // It ends TURN over TLS alone; who reaches LiveKit directly is not hit.
    finding.severity = std::min(finding.severity, Severity::warning);
    finding.origin.reset();
    finding.with("turn_server", true);
    scene.judgement.raise(std::move(finding));
  }
}

}  // namespace lkdoctor::probes
