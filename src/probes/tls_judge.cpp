// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/probes/clock.hpp>
#include <lkdoctor/probes/limits.hpp>
#include <set>

#include "probes/tls_scene.hpp"

namespace lkdoctor::probes {
namespace {

constexpr const FindingDef* kPublicFindings[] = {
    &findings::tls_cert_expired,         &findings::tls_cert_not_yet_valid,
    &findings::tls_cert_expires_soon,    &findings::tls_self_signed,
    &findings::tls_intercepted_by_proxy, &findings::tls_chain_incomplete,
    &findings::tls_name_mismatch,        &findings::tls_weak_key,
    &findings::tls_weak_protocol,        &findings::tls_plain_http,
    &findings::tls_handshake_fails,      &findings::alpn_h2_only,
    &findings::acme_cannot_issue,        &findings::path_mtu_blackhole,
    &findings::endpoint_unreachable,     &findings::endpoint_stalls,
    &findings::address_unreachable,      &findings::aaaa_broken,
    &findings::banned_during_run,        &findings::proxy_auth_or_waf_intercepts};
constexpr const FindingDef* kServiceFindings[] = {&findings::internal_tls_untrusted_by_controller,
                                                  &findings::tls_intercepted_by_proxy,
                                                  &findings::tls_cert_expired,
                                                  &findings::tls_cert_not_yet_valid,
                                                  &findings::tls_cert_expires_soon,
                                                  &findings::tls_chain_incomplete,
                                                  &findings::tls_name_mismatch,
                                                  &findings::tls_weak_key,
                                                  &findings::tls_weak_protocol,
                                                  &findings::tls_plain_http,
                                                  &findings::tls_handshake_fails,
                                                  &findings::alpn_h2_only,
                                                  &findings::acme_cannot_issue,
                                                  &findings::path_mtu_blackhole,
                                                  &findings::endpoint_stalls,
                                                  &findings::address_unreachable};

enum class Reach { up, down, no_route };

Reach reach_of(const AddressTls& seen) {
  if (!seen.has_route || seen.session.outcome.error == net::NetError::network_unreachable)
    return Reach::no_route;
  return seen.session.outcome.stage == net::Stage::connect ? Reach::down : Reach::up;
}

using Seen = std::vector<const AddressTls*>;

Seen those(const TlsSurvey& survey, Reach wanted) {
  Seen out;
  for (const AddressTls& seen : survey.addresses) {
    if (reach_of(seen) == wanted) out.push_back(&seen);
  }
  return out;
}

/// A proxy that fails between two tunnels says nothing of the server.
const net::NetOutcome* lost_at_proxy(const TlsSurvey& survey) {
  for (const AddressTls& seen : survey.addresses) {
    if (seen.session.outcome.at_forward_proxy()) return &seen.session.outcome;
  }
  return nullptr;
}

void say_untested(const TlsScene& scene, const Seen& without_route) {
  std::set<Family> families;
  for (const AddressTls* seen : without_route) families.insert(family_of(seen->address));
  for (const Family family : families) {
    const std::string name = family == Family::ipv6 ? "IPv6" : "IPv4";
    scene.judgement.not_tested(name, "no route here", "run where there is " + name);
  }
}

std::string words(const net::NetOutcome& outcome) {
  return outcome.error == net::NetError::timed_out ? "silence, the packets are dropped" : outcome.text;
}

/// Another connection of this run was answered there.
bool fell_silent(const TlsScene& scene, const Seen& down, const Facts& facts) {
  if (scene.side != Side::public_url) return false;
  const bool silent = down.front()->session.outcome.error == net::NetError::timed_out;
  const bool other_came_through = std::ranges::any_of(down, [](const AddressTls* seen) {
    return seen->old && seen->old->outcome.stage != net::Stage::connect;
  });
  return silent && (other_came_through || answered_before(scene.side, facts));
}

void judge_nothing_up(const TlsScene& scene, const Seen& down, const Facts& facts) {
  if (down.empty())
    return scene.judgement.could_not_tell("no route from here to any address of " + scene.host());
  const net::NetOutcome& outcome = down.front()->session.outcome;
  if (scene.side == Side::service_url) {
    const std::string reason = "no connection to " + scene.place() + " (" + outcome.text + ")";
    return scene.at_controller() ? scene.judgement.could_not_tell(reason) : scene.judgement.skip(reason);
  }
  if (fell_silent(scene, down, facts)) {
    raise_banned(scene.side, scene.survey.where.url, down.front()->address, words(outcome), scene.deployment,
                 scene.judgement);
    return scene.judgement.could_not_tell("it fell silent before a handshake");
  }
  std::vector<std::string> addresses;
  for (const AddressTls* seen : down) addresses.push_back(text({seen->address, scene.survey.where.port}));
  scene.raise(findings::endpoint_unreachable)
      .saying("Nothing answers at public_url " + scene.survey.where.url + ": " + words(outcome) + ".")
      .with("addresses", addresses)
      .with("stage", outcome.stage)
      .with("error", outcome.error);
}

bool is_v6(const AddressTls* seen) {
  return family_of(seen->address) == Family::ipv6;
}

void judge_some_down(const TlsScene& scene, const Seen& up, const Seen& down) {
  if (!scene.concerns_us()) return;
  const bool all_v6_down = std::ranges::none_of(up, is_v6);
  for (const AddressTls* seen : down) {
    const bool aaaa = is_v6(seen) && all_v6_down && scene.side == Side::public_url;
    const net::NetOutcome& outcome = seen->session.outcome;
    Finding& finding =
        scene.raise(aaaa ? findings::aaaa_broken : findings::address_unreachable, seen->address);
    finding.with("host", scene.survey.where.host)
        .with("port", scene.survey.where.port)
        .with("error", outcome.error);
    if (aaaa) {
      finding.saying("The AAAA record of " + scene.host() + ", " + seen->address +
                     ", does not accept connections (" + words(outcome) + ") while IPv4 works.");
      if (outcome.error == net::NetError::timed_out) finding.sure(Confidence::likely);
    } else {
      finding.saying(seen->address + ", one of " + std::to_string(scene.survey.addresses.size()) +
                     " addresses of " + scene.host() + ", does not answer on port " +
                     std::to_string(scene.survey.where.port) + " (" + words(outcome) + ").");
    }
  }
}

/// The session that shows the certificate: the first one, or whichever came about.
const net::TlsSession* shown(const AddressTls& seen) {
  for (const net::TlsSession* session :
       {&seen.session, seen.small ? &*seen.small : nullptr, seen.any_protocol ? &*seen.any_protocol : nullptr,
        seen.old ? &*seen.old : nullptr}) {
    if (session != nullptr && !session->chain.empty()) return session;
  }
  return nullptr;
}

void give_facts(const TlsScene& scene, const Seen& up) {
  std::optional<std::int64_t> earliest;
  for (const AddressTls* seen : up) {
    const net::TlsSession* session = shown(*seen);
    if (session == nullptr) continue;
    const std::int64_t end = session->chain.front().not_after;
    earliest = earliest ? std::min(*earliest, end) : end;
  }
  scene.judgement.fact("earliest_cert_expiry", earliest ? Json(*earliest) : Json());
  scene.judgement.fact("days_left", earliest ? Json((*earliest - scene.now()) / 86400) : Json());
  scene.judgement.fact("version", up.empty() || up.front()->session.version.empty()
                                      ? Json()
                                      : Json(up.front()->session.version));
}

/// Addresses that behave alike are said once.
std::string likeness(const AddressTls& seen) {
  const net::TlsSession* session = shown(seen);
  return (session == nullptr ? "" : session->chain.front().sha256 + session->trust_error) +
         seen.session.outcome.text + (seen.old && seen.old->outcome.ok() ? seen.old->version : "") +
         (seen.small ? seen.small->outcome.text : "");
}

}  // namespace

std::span<const FindingDef* const> tls_findings(Side side) {
  if (side == Side::public_url) return kPublicFindings;
  return kServiceFindings;
}

void judge_tls(const TlsSurvey& survey, Side side, const Facts& facts, const Deployment& deployment,
               Judgement& judgement) {
  const TlsScene scene{survey, side, deployment, judgement, clock_error(facts, deployment)};
  mark_proxy(survey.where, judgement);
  if (const net::NetOutcome* lost = lost_at_proxy(survey)) return judgement.could_not_tell(lost->text);
  const Seen up = those(survey, Reach::up), down = those(survey, Reach::down);
  say_untested(scene, those(survey, Reach::no_route));
  give_facts(scene, up);
  if (up.empty()) return judge_nothing_up(scene, down, facts);
  judge_some_down(scene, up, down);
  std::set<std::string> said;
  for (const AddressTls* seen : up) {
    if (!said.insert(likeness(*seen)).second) continue;
    if (!seen->session.outcome.ok() && !scene.concerns_us()) {
      judgement.skip("no TLS session with " + scene.place() + " from here (" + seen->session.outcome.text +
                     ")");
      continue;
    }
    judge_handshake(scene, *seen);
    if (const net::TlsSession* session = shown(*seen)) judge_certificate(scene, *seen, *session);
  }
}

}  // namespace lkdoctor::probes
