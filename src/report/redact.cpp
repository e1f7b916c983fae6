// SPDX-License-Identifier: EUPL-1.2
#include "report/redact.hpp"

#include <lkdoctor/redaction.hpp>

namespace lkdoctor::report {
namespace {

class Cleaner {
 public:
  explicit Cleaner(const Redactor& redactor) : redactor_(redactor) {}

  void operator()(std::string& text) const { text = redactor_.clean(text); }
  void operator()(std::optional<std::string>& text) const {
    if (text) (*this)(*text);
  }
  void operator()(std::vector<std::string>& texts) const {
    for (std::string& text : texts) (*this)(text);
  }
  void operator()(Origin& origin) const { (*this)(origin.name); }
  void operator()(NotTested& item) const {
    (*this)(item.what);
    (*this)(item.reason);
    (*this)(item.how);
  }
  void operator()(Finding& finding) const {
    (*this)(finding.subject);
    (*this)(finding.title);
    (*this)(finding.excerpt);
    (*this)(finding.remedy.text);
    (*this)(finding.remedy.commands);
    (*this)(finding.remedy.links);
    for (Evidence& evidence : finding.evidence) {
      (*this)(evidence.key);
      if (evidence.untrusted && evidence.value.is_string()) {
        evidence.value = without_secrets(evidence.value.get_ref<const std::string&>());
      }
      json(evidence.value);
    }
    if (finding.origin) (*this)(*finding.origin);
    for (Origin& origin : finding.related) (*this)(origin);
  }
  void operator()(CheckResult& check) const {
    (*this)(check.reason);
    (*this)(check.log);
    for (ReportedFinding& reported : check.findings) (*this)(reported.finding);
    json(check.facts);
  }
  void operator()(VantageView& vantage) const {
    (*this)(vantage.reason);
    (*this)(vantage.host);
    (*this)(vantage.nat);
    (*this)(vantage.addresses);
    (*this)(vantage.external_addresses);
  }

 private:
  /// Strings and keys, at any depth.
  template <class J>
  void json(J& value) const {
    if (value.is_string()) {
      value = redactor_.clean(value.template get_ref<const std::string&>());
    } else if (value.is_array()) {
      for (auto& item : value) json(item);
    } else if (value.is_object()) {
      J cleaned = J::object();
      for (auto& [key, item] : value.items()) {
        json(item);
        cleaned[redactor_.clean(key)] = std::move(item);
      }
      value = std::move(cleaned);
    }
  }
  const Redactor& redactor_;
};

}  // namespace

void redact(Report& report, const Redactor& redactor) {
  const std::size_t before = redactor.count();
  const Cleaner clean(redactor);
  clean(report.target);
  clean(report.summary);
  clean(report.notes);
  clean(report.vantage);
  for (NotTested& item : report.not_tested) clean(item);
  for (Setting& setting : report.settings) {
    clean(setting.value);
    clean(setting.origin);
  }
  for (CheckResult& check : report.checks) clean(check);
  for (Diagnosis& diagnosis : report.diagnoses) clean(diagnosis.finding);
  report.redactions = redactor.count() - before;
}

}  // namespace lkdoctor::report
