// SPDX-License-Identifier: EUPL-1.2
#include "report/json.hpp"

#include <algorithm>
#include <lkdoctor/text.hpp>

namespace lkdoctor::report {
namespace {

OrderedJson text_or_null(std::string_view text) {
  return text.empty() ? OrderedJson(nullptr) : OrderedJson(std::string(text));
}

std::int64_t milliseconds(Microseconds took) {
  return (took.count() + 500) / 1000;
}

OrderedJson origin_of(const std::optional<Origin>& origin) {
  return origin && origin->known() ? OrderedJson(text(*origin)) : OrderedJson(nullptr);
}

OrderedJson evidence_of(const Finding& finding) {
  OrderedJson list = OrderedJson::array();
  for (const Evidence& evidence : finding.evidence) {
    OrderedJson item = {{"key", evidence.key}, {"value", OrderedJson(evidence.value)}};
    if (evidence.untrusted) {
      if (evidence.value.is_string()) item["value"] = printable(evidence.value.get<std::string>());
      item["untrusted"] = true;
    }
    list.push_back(std::move(item));
  }
  return list;
}

OrderedJson remedy_of(const Finding& finding) {
  return {
      {"text", finding.remedy.text}, {"commands", finding.remedy.commands}, {"links", finding.remedy.links}};
}

OrderedJson related_of(const Finding& finding) {
  OrderedJson list = OrderedJson::array();
  for (const Origin& origin : finding.related) list.push_back(text(origin));
  return list;
}

OrderedJson diagnosis_json(const Diagnosis& diagnosis) {
  const Finding& finding = diagnosis.finding;
  return {{"id", finding.id},
          {"severity", finding.severity},
          {"confidence", finding.confidence},
          {"title", finding.title},
          {"subject", finding.subject},
          {"evidence", evidence_of(finding)},
          {"remedy", remedy_of(finding)},
          {"explains", diagnosis.explains},
          {"origin", origin_of(finding.origin)},
          {"related", related_of(finding)},
          {"excerpt", text_or_null(finding.excerpt)}};
}

OrderedJson finding_json(const ReportedFinding& reported) {
  const Finding& finding = reported.finding;
  return {{"id", finding.id},
          {"severity", finding.severity},
          {"subject", finding.subject},
          {"evidence", evidence_of(finding)},
          {"remedy", remedy_of(finding)},
          {"origin", origin_of(finding.origin)},
          {"explained_by", reported.explained_by},
          {"confidence", finding.confidence},
          {"title", finding.title},
          {"related", related_of(finding)},
          {"excerpt", text_or_null(finding.excerpt)}};
}

OrderedJson check_json(const CheckResult& check) {
  OrderedJson phases = OrderedJson::array();
  for (const Phase& phase : check.phases) {
    phases.push_back({{"name", phase.name}, {"duration_ms", milliseconds(phase.took)}});
  }
  OrderedJson findings = OrderedJson::array();
  for (const ReportedFinding& reported : check.findings) findings.push_back(finding_json(reported));
  OrderedJson log = OrderedJson::array();
  for (const std::string& line : check.log) log.push_back(printable(line, 500));
  return {{"id", check.id},
          {"group", check.group},
          {"title", check.title},
          {"outcome", name_of(check.outcome)},
          {"reason", check.reason ? text_or_null(*check.reason) : OrderedJson(nullptr)},
          {"duration_ms", milliseconds(check.duration)},
          {"phases", std::move(phases)},
          {"findings", std::move(findings)},
          {"facts", check.facts},
          {"log", std::move(log)}};
}

OrderedJson vantage_json(const Report& report) {
  const VantageView& vantage = report.vantage;
  return {{"kind", name_of(vantage.kind)},
          {"declared", vantage.declared},
          {"host", text_or_null(vantage.host)},
          {"addresses", vantage.addresses},
          {"external_addresses", vantage.external_addresses},
          {"nat", text_or_null(vantage.nat)},
          {"reason", text_or_null(vantage.reason)}};
}

OrderedJson target_json(const Report& report) {
  OrderedJson settings = OrderedJson::array();
  for (const Setting& setting : report.settings) {
    settings.push_back({{"key", setting.key}, {"value", setting.value}, {"source", text(setting.origin)}});
  }
  return {{"name", text_or_null(report.target)}, {"settings", std::move(settings)}};
}

template <class Items, class Convert>
OrderedJson list_of(const Items& items, Convert convert) {
  OrderedJson list = OrderedJson::array();
  for (const auto& item : items) list.push_back(convert(item));
  return list;
}

}  // namespace

std::string iso_time(std::int64_t milliseconds_since_1970) {
  using namespace std::chrono;
  const sys_time<std::chrono::milliseconds> when{std::chrono::milliseconds(milliseconds_since_1970)};
  const auto day = floor<days>(when);
  const year_month_day date(day);
  const hh_mm_ss time(when - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

OrderedJson document(const Report& report, const Tool& tool) {
  return {
      {"schema", "lkdoctor.report/1"},
      {"tool", {{"name", "lkdoctor"}, {"version", tool.version}, {"revision", text_or_null(tool.revision)}}},
      {"started", iso_time(report.started_ms)},
      {"duration_ms", milliseconds(report.duration)},
      {"audience", {{"kind", name_of(report.audience)}, {"declared", report.audience_declared}}},
      {"not_tested", list_of(report.not_tested,
                             [](const NotTested& item) -> OrderedJson {
                               return {{"what", item.what},
                                       {"reason", text_or_null(item.reason)},
                                       {"how", text_or_null(item.how)}};
                             })},
      {"side_effects",
       {{"rooms", report.side_effects.rooms},
        {"joins", report.side_effects.joins},
        {"requests", report.side_effects.requests},
        {"unauthorized", report.side_effects.unauthorized}}},
      {"vantage", vantage_json(report)},
      {"target", target_json(report)},
      {"verdict", name_of(report.verdict)},
      {"summary", report.summary},
      {"diagnoses", list_of(report.diagnoses, diagnosis_json)},
      {"checks", list_of(report.checks, check_json)},
      {"suppressed", list_of(report.suppressed,
                             [](const Suppressed& item) -> OrderedJson {
                               return {{"id", item.id},
                                       {"reason", text_or_null(item.reason)},
                                       {"expires", text_or_null(item.expires)}};
                             })},
      {"redactions", {{"count", report.redactions}}},
      {"notes", report.notes}};
}

std::string json(const Report& report, const Tool& tool) {
  return document(report, tool).dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

std::string jsonl(const Report& report, const Tool& tool) {
  return document(report, tool).dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

}  // namespace lkdoctor::report
