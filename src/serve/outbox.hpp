// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/clock.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/report.hpp"

namespace lkdoctor::serve {

/// A root cause that stands, redacted.
struct StandingCause {
  std::string finding;
  Severity severity = Severity::failure;
  std::string title, remedy;
  std::int64_t since_ms = 0;  ///< wall clock
};

/// What those are told who do not look: the settled state of a target.
struct TargetState {
  std::string target;
  std::int64_t at_ms = 0;  ///< of the run that settled it
  Verdict verdict = Verdict::unknown;
  std::int64_t since_ms = 0;
  std::string summary;
  std::vector<StandingCause> causes;
  bool ever_judged = true;  ///< false: it was unknown from the first run on
};

struct OutboxOptions {
  std::string external_url;  ///< of the status page, without a slash at its end
  /// Of the one who tells: two probers that watch the same target must differ in them.
  std::map<std::string, std::string> labels;
  Milliseconds gather{2000};           ///< what comes within this time goes together
  Milliseconds pause{10'000};          ///< between two bodies, but for those that complete one another
  Milliseconds longest_wait{300'000};  ///< between attempts
  Milliseconds again{60'000};          ///< Alertmanager forgets an alert that is not said again
};

/// A body to POST.
struct Delivery {
  std::string body;
  static constexpr std::string_view kContentType = "application/json";
};

/// How it went.
struct DeliveryResult {
  int status = 0;  ///< 0: no answer came
  std::optional<Milliseconds> retry_after;
  bool taken() const noexcept { return status >= 200 && status < 300; }
};

/// What one receiver has been told and what not. It knows states, not a queue of messages: what came and went
/// between two bodies is not told, and a receiver that was away for a day gets one body, not a day of them.
/// Pure: states, answers and times in, bodies out.
class Outbox {
 public:
  virtual ~Outbox() = default;
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  virtual void tell(const TargetState& state, Clock::time_point now) = 0;
  /// It is no longer watched: what stands is over.
  virtual void forget(const std::string& target, std::int64_t at_ms, Clock::time_point now) = 0;
  /// To be sent now. The next one is due after answered().
  virtual std::optional<Delivery> due(Clock::time_point now, std::int64_t now_ms) = 0;
  virtual void answered(const DeliveryResult& result, Clock::time_point now) = 0;
  /// When due() has something, if nothing comes in between; max(): it has nothing.
  virtual Clock::time_point next() const = 0;

 protected:
  Outbox() = default;
};

/// `lkdoctor.events/1`, an object: `schema`, `sent`, `prober` (the labels), `link`, `blind`, `targets` (how
/// many), `events`. Each event: `target`, `at`, `verdict`, `before` (null: nothing was told before), `since`,
/// `summary`, `appeared` and `resolved` (`finding`, `severity`, `title`, `remedy`, `since`), `link`. While
/// the prober is blind there are no events.
std::unique_ptr<Outbox> make_event_outbox(OutboxOptions options);
/// Alertmanager's API v2, POST /api/v2/alerts.
std::unique_ptr<Outbox> make_alert_outbox(OutboxOptions options);

/// All that is watched fails, and at least three targets and half of them began to at once: it is the prober
/// that is blind. What could never be judged says nothing of that.
bool is_blind(const std::map<std::string, TargetState>& states);

/// When the next body may go.
class Pace {
 public:
  explicit Pace(const OutboxOptions& options)
      : gather_(options.gather), pause_(options.pause), longest_(options.longest_wait) {}

  void stir(Clock::time_point now);  ///< something has come, where there was nothing to say
  void sent() { under_way_ = true; }
  void answered(const DeliveryResult& result, bool more, Clock::time_point now);
  bool may(Clock::time_point now) const { return !under_way_ && now >= next_; }
  Clock::time_point next() const { return under_way_ ? Clock::time_point::max() : next_; }

 private:
  Milliseconds gather_, pause_, longest_;
  Clock::time_point next_{};
  int failures_ = 0;
  bool under_way_ = false;
};

}  // namespace lkdoctor::serve
