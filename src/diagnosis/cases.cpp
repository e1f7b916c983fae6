// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

#include <algorithm>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

namespace lkdoctor::diagnosis {
namespace {

bool matches(std::string_view id, Patterns patterns) {
  return std::ranges::any_of(patterns, [&](std::string_view pattern) { return matches_glob(pattern, id); });
}

bool is_of(const CheckResult& check, std::string_view group_or_id) {
  return check.group == group_or_id || check.id == group_or_id;
}

/// Where the two URLs of the report lead.
class Roles {
 public:
  explicit Roles(const Report& report) {
    for (const Setting& setting : report.settings) {
      if (setting.key == "livekit.public_url") public_ = parse_url(setting.value);
      if (setting.key == "livekit.service_url") service_ = parse_url(setting.value);
    }
    same_place_ = public_ && service_ && public_->authority() == service_->authority();
  }
  Role of(const CheckResult& check, const Finding& finding) const {
    if (check.group == "turn") return Role::turn_server;
    if (same_place_) return Role::both;
    if (check.id.ends_with("_public")) return Role::public_url;
    if (check.id.ends_with("_service")) return Role::service_url;
    const bool at_public = mentions(finding.subject, public_),
               at_service = mentions(finding.subject, service_);
    if (at_public == at_service) return Role::both;
    return at_public ? Role::public_url : Role::service_url;
  }

 private:
  static bool mentions(std::string_view subject, const std::optional<Url>& url) {
    if (!url) return false;
    const auto about = parse_url(subject);
    return about ? about->authority() == url->authority()
                 : subject == url->host || subject == url->authority();
  }
  std::optional<Url> public_, service_;
  bool same_place_ = false;
};

}  // namespace

Cases::Cases(Report& report, const Facts& facts) : report_(report), facts_(facts) {
  const Roles roles(report);
  for (CheckResult& check : report.checks) {
    for (std::size_t at = 0; at < check.findings.size(); ++at) {
      cases_.push_back({&check, at, roles.of(check, check.findings[at].finding), std::nullopt});
    }
  }
}

const CheckResult* Cases::check(std::string_view id) const {
  const auto found = std::ranges::find(report_.checks, id, &CheckResult::id);
  return found == report_.checks.end() ? nullptr : &*found;
}

std::size_t Cases::root(std::size_t at) const {
  while (cases_.at(at).cause) at = *cases_.at(at).cause;
  return at;
}

bool Cases::in_scope(const Case& cause, const Case& effect, Scope scope) const {
  if (scope == Scope::same_subject) return cause.finding().subject == effect.finding().subject;
  if (scope == Scope::anywhere) return true;
  if (cause.role == Role::turn_server || effect.role == Role::turn_server) return cause.role == effect.role;
  return cause.role == Role::both || effect.role == Role::both || cause.role == effect.role;
}

void Cases::explain(std::size_t effect, std::size_t cause) {
  if (effect == cause || cases_.at(effect).cause || root(cause) == effect) return;
  cases_.at(effect).cause = cause;
}

template <class IsCause>
void Cases::fold_if(IsCause is_cause, Patterns effects, Scope scope) {
  for (std::size_t cause = 0; cause < cases_.size(); ++cause) {
    if (cases_[cause].finding().severity == Severity::info || !is_cause(cases_[cause])) continue;
    for (std::size_t effect = 0; effect < cases_.size(); ++effect) {
      const Case& candidate = cases_[effect];
      // Two causes of one kind stand side by side: neither explains the other.
      if (is_cause(candidate) || !matches(candidate.finding().id, effects)) continue;
      if (in_scope(cases_[cause], candidate, scope)) explain(effect, cause);
    }
  }
}

void Cases::fold(Patterns causes, Patterns effects, Scope scope) {
  fold_if([&](const Case& candidate) { return matches(candidate.finding().id, causes); }, effects, scope);
}

void Cases::fold_under_check(std::string_view check_id, Patterns effects, Scope scope) {
  fold_if(
      [&](const Case& candidate) {
        return candidate.check->id == check_id && candidate.finding().severity == Severity::failure;
      },
      effects, scope);
}

void Cases::fold_beyond_check(std::string_view check_id, Patterns causes, Patterns effects) {
  for (std::size_t cause = 0; cause < cases_.size(); ++cause) {
    const Finding& found = cases_[cause].finding();
    const bool is_one = cases_[cause].check->id == check_id && matches(found.id, causes);
    if (!is_one || found.severity == Severity::info) continue;
    for (std::size_t effect = 0; effect < cases_.size(); ++effect) {
      const bool beyond = cases_[effect].check->id != check_id;
      if (beyond && matches(cases_[effect].finding().id, effects)) explain(effect, cause);
    }
  }
}

void Cases::merge(std::string_view id, std::string_view place) {
  for (std::size_t first = 0; first < cases_.size(); ++first) {
    if (cases_[first].finding().id != id || !is_of(*cases_[first].check, place)) continue;
    for (std::size_t other = 0; other < cases_.size(); ++other) {
      if (cases_[other].finding().id == id && !is_of(*cases_[other].check, place)) explain(other, first);
    }
    return;
  }
}

}  // namespace lkdoctor::diagnosis
