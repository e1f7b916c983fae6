// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/text.hpp>

#include "report/json.hpp"
#include "serve/outbox.hpp"
#include "serve/places.hpp"

namespace lkdoctor::serve {
namespace {

constexpr std::size_t kMostAlerts = 200, kLongestText = 600;
/// Alertmanager takes an alert for over when nobody said it for so many of our intervals.
constexpr int kMissed = 4;

using Labels = std::map<std::string, std::string>;

struct Alert {
  std::string title, remedy, place;
  std::int64_t starts_ms = 0;
  std::optional<std::int64_t> ended_ms;
  bool offered = false;                   ///< the receiver may know it
  std::optional<Clock::time_point> said;  ///< the receiver took it
};

class AlertOutbox final : public Outbox {
 public:
  explicit AlertOutbox(OutboxOptions options) : options_(std::move(options)), pace_(options_) {}

  void tell(const TargetState& state, Clock::time_point now) override {
    const bool had_news = earliest() <= now;
    states_[state.target] = state;
    if (settle(state.at_ms) && !had_news) pace_.stir(now);
  }

  void forget(const std::string& target, std::int64_t at_ms, Clock::time_point now) override {
    const bool had_news = earliest() <= now;
    states_.erase(target);
    if (settle(at_ms) && !had_news) pace_.stir(now);
  }

  std::optional<Delivery> due(Clock::time_point now, std::int64_t now_ms) override {
    if (!pace_.may(now)) return std::nullopt;
    under_way_.clear();
    OrderedJson body = OrderedJson::array();
    for (auto& [labels, alert] : alerts_) {
      if (body.size() >= kMostAlerts) break;
      if (at(alert) > now) continue;
      body.push_back(alert_json(labels, alert, now_ms));
      alert.offered = true;
      under_way_.emplace_back(labels, alert.ended_ms);
    }
    if (body.empty()) return std::nullopt;
    said_ = now;
    pace_.sent();
    return Delivery{body.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n"};
  }

  void answered(const DeliveryResult& result, Clock::time_point now) override {
    for (const auto& [labels, ended] : under_way_) {
      const auto alert = alerts_.find(labels);
      // What has changed since is said again.
      if (!result.taken() || alert == alerts_.end() || alert->second.ended_ms != ended) continue;
      if (ended) {
        alerts_.erase(alert);
      } else {
        alert->second.said = said_;
      }
    }
    under_way_.clear();
    pace_.answered(result, earliest() <= now, now);
  }

  Clock::time_point next() const override {
    return alerts_.empty() ? Clock::time_point::max() : std::max(pace_.next(), earliest());
  }

 private:
  /// When it is to be said.
  Clock::time_point at(const Alert& alert) const {
    if (!alert.said || alert.ended_ms) return Clock::time_point::min();
    return *alert.said + options_.again;
  }

  Clock::time_point earliest() const {
    auto out = Clock::time_point::max();
    for (const auto& [labels, alert] : alerts_) out = std::min(out, at(alert));
    return out;
  }

  OrderedJson alert_json(const Labels& labels, const Alert& alert, std::int64_t now_ms) const {
    const std::string link = options_.external_url + alert.place;
    const std::int64_t ends = alert.ended_ms.value_or(now_ms + kMissed * options_.again.count());
    return {{"labels", labels},
            {"annotations",
             {{"title", printable(alert.title, kLongestText)},
              {"remedy", printable(alert.remedy, kLongestText)},
              {"link", link}}},
            {"startsAt", report::iso_time(alert.starts_ms)},
            {"endsAt", report::iso_time(ends)},
            {"generatorURL", link}};
  }

  Labels labelled(std::string name, std::string severity) const {
    Labels labels = options_.labels;
    labels["alertname"] = std::move(name);
    labels["severity"] = std::move(severity);
    return labels;
  }

  void add_target(std::map<Labels, Alert>& into, const TargetState& state) const {
    const std::string place = target_place(state.target);
    for (const StandingCause& cause : state.causes) {
      if (cause.severity == Severity::info) continue;
      Labels labels = labelled("LiveKitDiagnosis", Json(cause.severity).get<std::string>());
      labels["target"] = state.target;
      labels["finding"] = cause.finding;
      into[labels] = {cause.title, cause.remedy, place, cause.since_ms, {}, false, {}};
    }
    if (state.verdict != Verdict::unknown) return;
    Labels labels = labelled("LiveKitVerdictUnknown", "info");
    labels["target"] = state.target;
    into[labels] = {
        state.target + " could not be judged. " + state.summary, "", place, state.since_ms, {}, false, {}};
  }

  /// What is to stand. A blind prober says that, and nothing else that is new.
  std::map<Labels, Alert> wanted(std::int64_t at_ms) const {
    std::map<Labels, Alert> out;
    for (const auto& [target, state] : states_) add_target(out, state);
    if (!is_blind(states_)) return out;
    std::erase_if(out, [&](const auto& one) {
      const auto known = alerts_.find(one.first);
      return known == alerts_.end() || !known->second.offered;
    });
    out[labelled("LiveKitProbeBlind", "failure")] = {
        fmt::format("All {} targets failed at once: this prober's own network, most likely.", states_.size()),
        "Look at this prober's network, name servers and clock first",
        "/",
        at_ms,
        {},
        false,
        {}};
    return out;
  }

  /// True if something is new or over.
  bool settle(std::int64_t at_ms) {
    bool changed = false;
    auto wants = wanted(at_ms);
    for (auto one = alerts_.begin(); one != alerts_.end();) {
      const bool over = !wants.contains(one->first);
      const bool ends = over && one->second.offered && !one->second.ended_ms;
      if (ends) one->second.ended_ms = at_ms;
      changed |= ends;
      one = over && !one->second.offered ? alerts_.erase(one) : std::next(one);
    }
    for (auto& [labels, alert] : wants) {
      const auto known = alerts_.find(labels);
      if (known != alerts_.end()) alert.offered = known->second.offered;
      if (known != alerts_.end() && !known->second.ended_ms) {
        alert.starts_ms = known->second.starts_ms;
        alert.said = known->second.said;
      } else {
        changed = true;
      }
      alerts_[labels] = std::move(alert);
    }
    return changed;
  }

  const OutboxOptions options_;
  Pace pace_;
  std::map<std::string, TargetState> states_;
  std::map<Labels, Alert> alerts_;  ///< that stand, or are over and that was not taken yet
  std::vector<std::pair<Labels, std::optional<std::int64_t>>> under_way_;
  Clock::time_point said_;
};

}  // namespace

std::unique_ptr<Outbox> make_alert_outbox(OutboxOptions options) {
  return std::make_unique<AlertOutbox>(std::move(options));
}

}  // namespace lkdoctor::serve
