// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/fact.hpp>

#include "model/report.hpp"

namespace lkdoctor::diagnosis {

/// Whose address a finding is about. `both`: it concerns either, or both URLs lead to the same place;
/// `turn_server`: none of the two.
enum class Role { both, public_url, service_url, turn_server };

struct Case {
  CheckResult* check;
  std::size_t at;  ///< in check->findings
  Role role;
  std::optional<std::size_t> cause;  ///< index of the case that explains it

  ReportedFinding& reported() const { return check->findings.at(at); }
  const Finding& finding() const { return reported().finding; }
};

/// Where an effect has to be for a cause to explain it.
enum class Scope {
  same_url,      ///< at the same URL
  same_subject,  ///< about the same thing, word for word
  anywhere
};

using Patterns = std::initializer_list<std::string_view>;

/// The findings of one report, as rules see them.
class Cases {
 public:
  Cases(Report& report, const Facts& facts);

  /// Every finding whose id matches one of `effects` (globs) is explained by the first finding that matches
  /// one of `causes`, if `scope` allows it and nothing explains it yet. A cause is never its own effect, not
  /// even through others. Only failures and warnings are causes.
  void fold(Patterns causes, Patterns effects, Scope scope);
  /// The same for causes raised by one check only.
  void fold_under_check(std::string_view check_id, Patterns effects, Scope scope);
  /// The same, anywhere, for causes raised by one check, which has told its own findings apart: none of these
  /// is an effect.
  void fold_beyond_check(std::string_view check_id, Patterns causes, Patterns effects);
  /// The same id raised by several checks is one problem: the one of `place`, a group or the id of a check,
  /// explains all others.
  void merge(std::string_view id, std::string_view place);

  const Facts& facts() const noexcept { return facts_; }
  const CheckResult* check(std::string_view id) const;
  const std::vector<Case>& all() const noexcept { return cases_; }
  /// The case at the end of the chain of causes.
  std::size_t root(std::size_t at) const;

 private:
  template <class IsCause>
  void fold_if(IsCause is_cause, Patterns effects, Scope scope);
  bool in_scope(const Case& cause, const Case& effect, Scope scope) const;
  void explain(std::size_t effect, std::size_t cause);

  Report& report_;
  const Facts& facts_;
  std::vector<Case> cases_;
};

/// One rule: a file in src/diagnosis/rules/, found by its place; `rule_<file>()` makes it. Lower ranks go
/// first: the nearer to the root of most trouble, the lower.
struct Rule {
  int rank;
  void (*apply)(Cases& cases);
};
using MakeRule = Rule (*)();
/// Generated from the folder.
std::span<const MakeRule> rule_table();

/// Any sign that a URL cannot be used: what a cause further down makes everyone see.
inline constexpr Patterns kBeyondName = {"endpoint-*",
                                         "address-unreachable",
                                         "service-url-unreachable",
                                         "aaaa-broken",
                                         "tls-*",
                                         "alpn-h2-only",
                                         "internal-tls-*",
                                         "ws-*",
                                         "proxy-*",
                                         "wrong-backend",
                                         "wrong-port-behind-proxy",
                                         "twirp-not-proxied",
                                         "cors-headers-duplicated",
                                         "encoded-slash-refused",
                                         "public-url-redirects",
                                         "not-ready-406",
                                         "l4-l7-listener-clash",
                                         "cdn-in-front",
                                         "nodes-inconsistent",
                                         "client-newer-than-server",
                                         "rtc-v1-not-proxied",
                                         "signalling-path-missing",
                                         "session-start-stalls",
                                         "join-refused",
                                         "path-mtu-blackhole",
                                         "request-line-limit-low",
                                         "api-port-exposed-plain"};

/// What everyone sees of a LiveKit that does not run.
inline constexpr Patterns kLiveKitIsDown = {"proxy-backend-down",
                                            "endpoint-*",
                                            "address-unreachable",
                                            "service-url-unreachable",
                                            "ice-tcp-*",
                                            "not-ready-406",
                                            "wrong-port-behind-proxy",
                                            "api-key-unknown",
                                            "session-start-stalls",
                                            "join-refused",
                                            "livekit-not-running"};

}  // namespace lkdoctor::diagnosis
