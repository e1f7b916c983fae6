// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/net/tls.hpp>
#include <lkdoctor/probes/ask.hpp>

namespace lkdoctor::probes {

/// The long ClientHello again, in TCP segments of a limited size both ways.
struct SegmentTrial {
  int max_segment = 0;
  net::TlsSession session;
};
LKDOCTOR_JSON(SegmentTrial, max_segment, session)

/// What one address of an https or wss URL shows in its handshakes.
struct AddressTls {
  std::string address;
  bool has_route = true;                 ///< false: this machine has no route to that family
  net::TlsSession session;               ///< with a ClientHello as long as a browser's
  std::optional<net::TlsSession> old;    ///< offering TLS 1.0 and 1.1 alone
  std::optional<net::TlsSession> small;  ///< with a short ClientHello, where the long one got no answer
  std::vector<SegmentTrial> segments;    ///< ascending sizes, where the handshake got stuck
  std::optional<net::TlsSession> without_name;  ///< without SNI, where the name does not match
  std::optional<net::TlsSession> any_protocol;  ///< offering h2 too, where http/1.1 was refused
  std::optional<Asked> plain;                   ///< without TLS, where the peer speaks none
};
LKDOCTOR_JSON(AddressTls, address, has_route, session, old, small, segments, without_name, any_protocol,
              plain)

struct TlsSurvey {
  facts::UrlAddresses where;
  std::vector<AddressTls> addresses;
  std::int64_t seen_at_s = 0;  ///< wall clock of this machine, seconds since 1970
};
LKDOCTOR_JSON(TlsSurvey, where, addresses, seen_at_s)

awaitable<TlsSurvey> survey_tls(Probe& probe, Side side);

/// Raises the findings of tls_public and tls_service.
void judge_tls(const TlsSurvey& survey, Side side, const Facts& facts, const Deployment& deployment,
               Judgement& judgement);
std::span<const FindingDef* const> tls_findings(Side side);

/// Why there is no TLS to look at; nullopt: there is.
std::optional<std::string> no_tls_url(const Deployment& deployment, Side side);

}  // namespace lkdoctor::probes
