// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <lkdoctor/clock.hpp>
#include <lkdoctor/deployment.hpp>
#include <lkdoctor/fact.hpp>
#include <lkdoctor/finding.hpp>
#include <memory>
#include <stdexcept>

namespace lkdoctor {

using boost::asio::awaitable;

/// A set of vantages.
struct Vantages {
  unsigned bits = 0;
  constexpr bool has(Vantage vantage) const { return (bits >> static_cast<unsigned>(vantage)) & 1U; }
};
constexpr Vantages at(std::initializer_list<Vantage> list) {
  Vantages set;
  for (const Vantage vantage : list) set.bits |= 1U << static_cast<unsigned>(vantage);
  return set;
}
inline constexpr Vantages kEverywhere{0x3f};
inline constexpr Vantages kNowhere{0};

enum class SideEffect { none, join, api, load };
NLOHMANN_JSON_SERIALIZE_ENUM(SideEffect, {{SideEffect::none, "none"},
                                          {SideEffect::join, "join"},
                                          {SideEffect::api, "api"},
                                          {SideEffect::load, "load"}})

/// What the engine, `list`, the docs and the tests know of a check without running it. constexpr, in
/// check.cpp.
struct CheckInfo {
  std::string_view id;     ///< the folder's name: `group_name`; never renamed, never reused
  std::string_view title;  ///< one line
  std::span<const FindingDef* const> findings;   ///< everything it can raise
  std::span<const std::string_view> needs = {};  ///< facts that must exist before it runs; else it is skipped
  std::span<const std::string_view> after = {};  ///< facts it waits for if some check in the plan gives them
  std::span<const std::string_view> gives = {};  ///< facts it may publish
  Vantages vantages = kEverywhere;               ///< where it means something
  Vantages must_have = kNowhere;                 ///< where a run without its result is incomplete
  SideEffect side_effect = SideEffect::none;
  Milliseconds budget{10'000};
  bool exclusive = false;           ///< runs alone: it fills the link
  bool works_passively = false;     ///< has something to ask without a join, too
  Milliseconds thorough_budget{0};  ///< with --thorough; 0: the same

  constexpr std::string_view group() const { return id.substr(0, id.find('_')); }
};

/// Thrown by collect() when the probing could not be completed. Any other exception means the same; this one
/// has a sentence for the operator. An outcome of the network that says something about the deployment is not
/// an exception: it belongs into the observation.
struct CouldNotTell : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What a check may do while it collects. Valid until collect() has ended. One thread.
class Probe {
 public:
  virtual ~Probe() = default;
  virtual const Deployment& deployment() const = 0;
  virtual Deadline deadline() const = 0;  ///< after it, any co_await may throw operation_aborted
  virtual const Facts& facts() const = 0;

  template <class T>
  std::optional<T> find(const Fact<T>& fact) const {
    return facts().find(fact);
  }
  /// REQUIRES: the fact is among info().needs.
  template <class T>
  T fact(const Fact<T>& fact) const {
    return facts().find(fact).value();
  }
  /// Hands a fact to the checks that wait for it. May be called before collect() ends. At most once a fact.
  template <class T>
  void publish(const Fact<T>& fact, const T& value) {
    publish_json(fact.name, Json(value));
  }

  /// A line for this check's own log (shown with -v and on `unknown`).
  virtual void log(std::string line) = 0;
  /// How long a stage took.
  virtual void phase(std::string_view name, Microseconds took) = 0;
  /// Counts what this run caused at the deployment (contract §4, side_effects).
  virtual void count_request() = 0;
  virtual void count_unauthorized() = 0;
  virtual void count_join(bool new_room) = 0;

 protected:
  virtual void publish_json(std::string_view name, Json value) = 0;
};

/// What a judge says. Findings in the order raised.
class Judgement {
 public:
  /// REQUIRES: `definition` is among info().findings. The reference stays valid as long as this object.
  Finding& raise(const FindingDef& definition, std::string subject) {
    return findings_.emplace_back(definition, std::move(subject));
  }
  void raise(Finding finding) { findings_.push_back(std::move(finding)); }
  /// A fact for scripts, in the check's `facts` of the report. Unknown is nullptr, never 0 or "".
  void fact(std::string key, Json value) { facts_[std::move(key)] = std::move(value); }
  /// Nothing was measured that allows a verdict: outcome `unknown` (unless a failure was found).
  void could_not_tell(std::string reason) { unknown_ = std::move(reason); }
  /// There was nothing to judge: outcome `skip`.
  void skip(std::string reason) { skip_ = std::move(reason); }
  /// Said in the report's `not_tested`.
  void not_tested(std::string what, std::string reason, std::string how) {
    not_tested_.push_back({std::move(what), std::move(reason), std::move(how)});
  }

  struct NotTested {
    std::string what, reason, how;
  };
  const std::deque<Finding>& findings() const noexcept { return findings_; }
  const OrderedJson& facts() const noexcept { return facts_; }
  const std::optional<std::string>& unknown_reason() const noexcept { return unknown_; }
  const std::optional<std::string>& skip_reason() const noexcept { return skip_; }
  const std::vector<NotTested>& untested() const noexcept { return not_tested_; }

 private:
  std::deque<Finding> findings_;
  OrderedJson facts_ = OrderedJson::object();
  std::optional<std::string> unknown_, skip_;
  std::vector<NotTested> not_tested_;
};

/// A check as the engine sees it; write `CheckOf<Observation>` instead. Stateless: one object serves every
/// run.
class Check {
 public:
  virtual ~Check() = default;
  virtual const CheckInfo& info() const noexcept = 0;
  /// Why there is nothing to do for this deployment; nullopt: run it. No I/O.
  virtual std::optional<std::string> skip_reason(const Deployment&) const { return std::nullopt; }
  /// It fills the link here, and what others measure beside it would be wrong.
  virtual bool runs_alone(const Deployment&) const { return info().exclusive; }
  /// Probes and returns the observation. Runs in the worker.
  virtual awaitable<Json> collect_json(Probe& probe) const = 0;
  /// Pure: the same input gives the same judgement, today or from a bundle in a year. All facts of the run
  /// are there, also those that were published after this check's collect(). Never touches
  /// `deployment.secrets`.
  virtual void judge_json(const Json& observation, const Facts& facts, const Deployment& deployment,
                          Judgement& judgement) const = 0;
};

/// A check is two functions over its own observation, a plain struct with a JSON form.
template <class Observation>
class CheckOf : public Check {
 public:
  virtual awaitable<Observation> collect(Probe& probe) const = 0;
  virtual void judge(const Observation& observation, const Facts& facts, const Deployment& deployment,
                     Judgement& judgement) const = 0;

  awaitable<Json> collect_json(Probe& probe) const final {
    Observation observation = co_await collect(probe);
    co_return Json(observation);
  }
  void judge_json(const Json& observation, const Facts& facts, const Deployment& deployment,
                  Judgement& judgement) const final {
    judge(observation.get<Observation>(), facts, deployment, judgement);
  }
};

/// Observation of a check on files: everything is in the Deployment already.
struct Nothing {};
LKDOCTOR_JSON_EMPTY(Nothing)

/// A check that has only judge().
class FileCheck : public CheckOf<Nothing> {
 public:
  awaitable<Nothing> collect(Probe&) const override { co_return Nothing{}; }
  void judge(const Nothing&, const Facts& facts, const Deployment& deployment,
             Judgement& judgement) const final {
    judge(facts, deployment, judgement);
  }
  virtual void judge(const Facts& facts, const Deployment& deployment, Judgement& judgement) const = 0;
};

using MakeCheck = std::unique_ptr<Check> (*)();

namespace checks {
/// Every check, sorted by id. Generated from the folders; linked by cli and tests alone.
std::span<const MakeCheck> table();
}  // namespace checks

}  // namespace lkdoctor
