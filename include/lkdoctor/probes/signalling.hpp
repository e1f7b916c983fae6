// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/ask.hpp>

namespace lkdoctor::probes {

/// How one address of a URL takes WebSocket upgrades without a token, and long request lines.
struct UpgradeSurvey {
  std::string address;
  std::vector<Asked> answers;  ///< by name: ws ws_v1 ws_v1_plain ws_v1_again validate line_6000 line_3000
};
LKDOCTOR_JSON(UpgradeSurvey, address, answers)

struct SignallingSurvey {
  facts::UrlAddresses where;
  std::vector<UpgradeSurvey> addresses;
};
LKDOCTOR_JSON(SignallingSurvey, where, addresses)

awaitable<SignallingSurvey> survey_signalling(Probe& probe, Side side);

/// Raises the findings of signalling_public and signalling_service.
void judge_signalling(const SignallingSurvey& survey, Side side, const Facts& facts,
                      const Deployment& deployment, Judgement& judgement);

/// Everything judge_signalling can raise.
inline constexpr const FindingDef* kSignallingFindings[] = {&findings::ws_upgrade_stripped,
                                                            &findings::rtc_v1_not_proxied,
                                                            &findings::signalling_path_missing,
                                                            &findings::request_line_limit_low,
                                                            &findings::session_start_stalls,
                                                            &findings::rate_limited,
                                                            &findings::banned_during_run,
                                                            &findings::proxy_path_mismatch,
                                                            &findings::proxy_auth_or_waf_intercepts,
                                                            &findings::proxy_strips_authorization};

}  // namespace lkdoctor::probes
