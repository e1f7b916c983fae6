// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "engine/plan.hpp"

namespace lkdoctor::test {

/// A check of which only its info matters.
class NamedCheck final : public Check {
 public:
  explicit NamedCheck(CheckInfo info) : info_(info) {}
  const CheckInfo& info() const noexcept override { return info_; }
  awaitable<Json> collect_json(Probe&) const override { co_return Json(); }
  void judge_json(const Json&, const Facts&, const Deployment&, Judgement&) const override {}

 private:
  CheckInfo info_;
};

inline void add_check(engine::CheckList& list, std::string_view id, SideEffect effect = SideEffect::none,
                      std::span<const std::string_view> needs = {},
                      std::span<const std::string_view> gives = {},
                      std::span<const FindingDef* const> findings = {}) {
  CheckInfo info{.id = id, .title = "", .findings = findings};
  info.side_effect = effect;
  info.needs = needs;
  info.gives = gives;
  list.push_back(std::make_unique<NamedCheck>(info));
}

/// A few of the real ones, as they depend on each other.
inline engine::CheckList few_checks() {
  static constexpr std::string_view kAddresses[] = {"public_addresses"}, kJoined[] = {"join_response"};
  engine::CheckList out;
  add_check(out, "address_external");
  add_check(out, "api_key");
  add_check(out, "config_livekit");
  add_check(out, "http_public", SideEffect::none, kAddresses);
  add_check(out, "media_loop", SideEffect::join, kJoined);
  add_check(out, "media_udp", SideEffect::join, kJoined);
  add_check(out, "names_public", SideEffect::none, {}, kAddresses);
  add_check(out, "signalling_join", SideEffect::join, kAddresses, kJoined);
  add_check(out, "tls_public", SideEffect::none, kAddresses);
  return out;
}

}  // namespace lkdoctor::test
