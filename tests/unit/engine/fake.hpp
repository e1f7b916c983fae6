// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/check.hpp>
#include <vector>

#include "engine/collect.hpp"

namespace lkdoctor::test {

using Collect = awaitable<Json> (*)(Probe&);

/// A check whose collect() is a plain function.
class Fake final : public Check {
 public:
  explicit Fake(std::string_view id, Collect collect) : collect_(collect) { info_.id = id; }
  Fake& needs(std::vector<std::string_view> facts) {
    needs_ = std::move(facts);
    info_.needs = needs_;
    return *this;
  }
  Fake& after(std::vector<std::string_view> facts) {
    after_ = std::move(facts);
    info_.after = after_;
    return *this;
  }
  Fake& gives(std::vector<std::string_view> facts) {
    gives_ = std::move(facts);
    info_.gives = gives_;
    return *this;
  }
  Fake& budget(Milliseconds budget) {
    info_.budget = budget;
    return *this;
  }
  Fake& exclusive() {
    info_.exclusive = true;
    return *this;
  }

  const CheckInfo& info() const noexcept override { return info_; }
  awaitable<Json> collect_json(Probe& probe) const override { return collect_(probe); }
  void judge_json(const Json&, const Facts&, const Deployment&, Judgement&) const override {}

 private:
  CheckInfo info_;
  Collect collect_;
  std::vector<std::string_view> needs_, after_, gives_;
};

/// A plan in the order of the list. The list must outlive it.
inline std::vector<engine::PlannedCheck> plan_of(const std::vector<const Fake*>& fakes) {
  std::vector<engine::PlannedCheck> plan;
  for (const Fake* fake : fakes) plan.push_back({fake, std::nullopt, false, fake->info().exclusive});
  return plan;
}

/// Limits short enough for tests, long enough for a busy machine.
inline engine::CollectOptions quick() {
  engine::CollectOptions options;
  options.limits.silence = Milliseconds(1000);
  options.limits.grace = Milliseconds(200);
  options.limits.memory_bytes = 256U << 20;
  return options;
}

inline Recording run(const std::vector<const Fake*>& fakes, const Deployment& deployment = {},
                     const engine::CollectOptions& options = quick()) {
  return engine::collect(plan_of(fakes), deployment, options);
}

}  // namespace lkdoctor::test
