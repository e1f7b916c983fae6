// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/ask.hpp>

namespace lkdoctor::probes {

/// What one address of a URL answers to credential-free questions.
struct AddressSurvey {
  std::string address;
  std::vector<Asked> answers;      ///< by name: health twirp validate rtc validate_v1 debug …
  std::vector<Asked> again;        ///< health and twirp once more on fresh connections
  std::vector<Asked> plain;        ///< of the server's own port without TLS, from outside
  std::vector<Asked> after_pause;  ///< health again, where it was `Not Ready`
  Microseconds connect{0};
};
LKDOCTOR_JSON(AddressSurvey, address, answers, again, plain, after_pause, connect)

struct HttpSurvey {
  facts::UrlAddresses where;
  std::uint16_t plain_port = 0;  ///< 0: not asked
  std::vector<AddressSurvey> addresses;
  std::vector<AddressSurvey> media_hosts;  ///< LiveKit's own public addresses: only `plain` is asked
};
LKDOCTOR_JSON(HttpSurvey, where, plain_port, addresses, media_hosts)

awaitable<HttpSurvey> survey_http(Probe& probe, Side side);

/// The answerer of each address and the best of all.
facts::Answerer answerer_of(const AddressSurvey& survey, const std::string& path);
facts::HttpIdentity identity_of(const HttpSurvey& survey);
/// LiveKit itself says that it has no /rtc/v1, which came with 1.9.10.
bool lacks_rtc_v1(const AddressSurvey& survey, const std::string& path);

/// Raises the findings of http_public and http_service.
void judge_http(const HttpSurvey& survey, Side side, const Facts& facts, const Deployment& deployment,
                Judgement& judgement);

/// Everything judge_http can raise.
inline constexpr const FindingDef* kHttpFindings[] = {&findings::wrong_backend,
                                                      &findings::proxy_path_mismatch,
                                                      &findings::proxy_backend_down,
                                                      &findings::wrong_port_behind_proxy,
                                                      &findings::twirp_not_proxied,
                                                      &findings::proxy_auth_or_waf_intercepts,
                                                      &findings::public_url_redirects,
                                                      &findings::cdn_in_front,
                                                      &findings::api_port_exposed_plain,
                                                      &findings::not_ready_406,
                                                      &findings::cors_headers_duplicated,
                                                      &findings::encoded_slash_refused,
                                                      &findings::nodes_inconsistent,
                                                      &findings::l4_l7_listener_clash,
                                                      &findings::dev_mode_in_production,
                                                      &findings::endpoint_unreachable,
                                                      &findings::endpoint_stalls,
                                                      &findings::service_url_unreachable,
                                                      &findings::client_newer_than_server,
                                                      &findings::rate_limited,
                                                      &findings::banned_during_run};

}  // namespace lkdoctor::probes
