// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/probes/turn_survey.hpp>

namespace lkdoctor::probes {

/// The whole of turn_udp and turn_tls, which differ in the servers that they use.
class TurnCheck final : public CheckOf<TurnSurvey> {
 public:
  TurnCheck(std::string_view id, std::string_view title, RelayKind kind);
  const CheckInfo& info() const noexcept override { return info_; }
  std::optional<std::string> skip_reason(const Deployment& deployment) const override;
  awaitable<TurnSurvey> collect(Probe& probe) const override;
  void judge(const TurnSurvey& survey, const Facts& facts, const Deployment& deployment,
             Judgement& judgement) const override;

 private:
  RelayKind kind_;
  CheckInfo info_;
};

}  // namespace lkdoctor::probes
