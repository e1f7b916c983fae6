// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/text.hpp>

#include "report/json.hpp"
#include "serve/outbox.hpp"
#include "serve/places.hpp"

namespace lkdoctor::serve {
namespace {

constexpr std::size_t kMostEvents = 100, kLongestText = 600;

bool same(const StandingCause& one, const StandingCause& other) {
  return one.finding == other.finding && one.severity == other.severity;
}

bool holds(const std::vector<StandingCause>& list, const StandingCause& wanted) {
  return std::ranges::any_of(list, [&](const StandingCause& one) { return same(one, wanted); });
}

/// What somebody who was told nothing believes.
bool is_news(const std::optional<TargetState>& told, const TargetState& now) {
  if (!told) return now.verdict != Verdict::healthy || !now.causes.empty();
  const auto all_in = [](const std::vector<StandingCause>& some, const std::vector<StandingCause>& others) {
    return std::ranges::all_of(some, [&](const StandingCause& one) { return holds(others, one); });
  };
  return told->verdict != now.verdict || !all_in(told->causes, now.causes) ||
         !all_in(now.causes, told->causes);
}

OrderedJson cause_json(const StandingCause& cause) {
  return {{"finding", cause.finding},
          {"severity", cause.severity},
          {"title", printable(cause.title, kLongestText)},
          {"remedy", printable(cause.remedy, kLongestText)},
          {"since", report::iso_time(cause.since_ms)}};
}

OrderedJson causes_json(const std::vector<StandingCause>& causes, const std::vector<StandingCause>& without) {
  OrderedJson list = OrderedJson::array();
  for (const StandingCause& cause : causes) {
    if (!holds(without, cause)) list.push_back(cause_json(cause));
  }
  return list;
}

class EventOutbox final : public Outbox {
 public:
  explicit EventOutbox(OutboxOptions options) : options_(std::move(options)), pace_(options_) {}

  void tell(const TargetState& state, Clock::time_point now) override {
    const bool had_news = has_news();
    states_[state.target] = state;
    if (!had_news) pace_.stir(now);
  }

  void forget(const std::string& target, std::int64_t at_ms, Clock::time_point now) override {
    (void)at_ms;  // that it is no longer watched is no event
    const bool had_news = has_news();
    states_.erase(target);
    told_.erase(target);
    if (!had_news) pace_.stir(now);  // one that was fine may have gone, and left the prober blind
  }

  std::optional<Delivery> due(Clock::time_point now, std::int64_t now_ms) override {
    if (!pace_.may(now) || !has_news()) return std::nullopt;
    under_way_.clear();
    blind_under_way_ = is_blind(states_);
    OrderedJson events = OrderedJson::array();
    for (const auto& [target, state] : states_) {
      if (blind_under_way_ || events.size() >= kMostEvents) break;
      if (!is_news(told(target), state)) continue;
      events.push_back(event_json(state));
      under_way_.push_back(state);
    }
    pace_.sent();
    const OrderedJson body = {{"schema", "lkdoctor.events/1"}, {"sent", report::iso_time(now_ms)},
                              {"prober", options_.labels},     {"link", options_.external_url + "/"},
                              {"blind", blind_under_way_},     {"targets", states_.size()},
                              {"events", std::move(events)}};
    return Delivery{body.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n"};
  }

  void answered(const DeliveryResult& result, Clock::time_point now) override {
    if (result.taken()) {
      blind_told_ = blind_under_way_;
      for (TargetState& state : under_way_) {
        const std::string target = state.target;
        if (states_.contains(target)) told_[target] = std::move(state);
      }
    }
    under_way_.clear();
    pace_.answered(result, has_news(), now);
  }

  Clock::time_point next() const override { return has_news() ? pace_.next() : Clock::time_point::max(); }

 private:
  std::optional<TargetState> told(const std::string& target) const {
    const auto found = told_.find(target);
    return found == told_.end() ? std::nullopt : std::optional(found->second);
  }

  bool has_news() const {
    const bool blind = is_blind(states_);
    if (blind || blind != blind_told_) return blind != blind_told_;
    return std::ranges::any_of(states_,
                               [&](const auto& one) { return is_news(told(one.first), one.second); });
  }

  OrderedJson event_json(const TargetState& state) const {
    const TargetState before = told(state.target).value_or(TargetState{});
    const bool known = told_.contains(state.target);
    return {{"target", state.target},
            {"at", report::iso_time(state.at_ms)},
            {"verdict", name_of(state.verdict)},
            {"before", known ? OrderedJson(name_of(before.verdict)) : OrderedJson(nullptr)},
            {"since", report::iso_time(state.since_ms)},
            {"summary", printable(state.summary, kLongestText)},
            {"appeared", causes_json(state.causes, before.causes)},
            {"resolved", causes_json(before.causes, state.causes)},
            {"link", options_.external_url + target_place(state.target)}};
  }

  const OutboxOptions options_;
  Pace pace_;
  std::map<std::string, TargetState> states_, told_;
  std::vector<TargetState> under_way_;
  bool blind_told_ = false, blind_under_way_ = false;
};

}  // namespace

std::unique_ptr<Outbox> make_event_outbox(OutboxOptions options) {
  return std::make_unique<EventOutbox>(std::move(options));
}

}  // namespace lkdoctor::serve
