// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/facts/http_identity.hpp>
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
};
LKDOCTOR_JSON(HttpSurvey, where, plain_port, addresses)

awaitable<HttpSurvey> survey_http(Probe& probe, Side side);

/// The answerer of each address and the best of all.
facts::Answerer answerer_of(const AddressSurvey& survey, const std::string& path);
facts::HttpIdentity identity_of(const HttpSurvey& survey);

/// Raises the findings of http_public and http_service.
void judge_http(const HttpSurvey& survey, Side side, const Facts& facts, const Deployment& deployment,
                Judgement& judgement);

/// Everything judge_http can raise.
std::span<const FindingDef* const> http_findings();

}  // namespace lkdoctor::probes
