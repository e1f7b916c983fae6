// SPDX-License-Identifier: EUPL-1.2
#include "report/json.hpp"
#include "serve/answers_shown.hpp"
#include "serve/page_parts.hpp"

namespace lkdoctor::serve {
namespace {

Response json_answer(std::string text) {
  Response out;
  out.content_type = "application/json";
  out.body = std::move(text);
  return out;
}

std::string text_of(const OrderedJson& json) {
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

OrderedJson time_or_null(std::int64_t at_ms) {
  return at_ms > 0 ? OrderedJson(report::iso_time(at_ms)) : OrderedJson(nullptr);
}

OrderedJson causes_of(const Site& site, const Report& report) {
  OrderedJson out = OrderedJson::array();
  for (const Diagnosis& diagnosis : report.diagnoses) {
    const Finding& finding = diagnosis.finding;
    OrderedJson cause = OrderedJson::object();
    if (!site.open) cause = {{"finding", finding.id}, {"severity", finding.severity}};
    cause["title"] = title_for(site, finding.id, finding.title);
    out.push_back(std::move(cause));
  }
  return out;
}

/// What of a report anybody may read; its fields are named as in the whole one.
OrderedJson open_report(const Site& site, const Report& report, const std::string& target) {
  return {{"started", report::iso_time(report.started_ms)},
          {"target", {{"name", target}}},
          {"verdict", name_of(report.verdict)},
          {"diagnoses", causes_of(site, report)}};
}

}  // namespace

Response report_answer(const Site& site, const Board& board, const std::string& target,
                       const std::string& revision) {
  const Report* report = board.report(target);
  if (report == nullptr) return says(503, "No run of " + target + " has ended yet.");
  if (site.open) return json_answer(text_of(open_report(site, *report, target)));
  return json_answer(report::json(*report, {site.version, revision}));
}

Response targets_answer(const Site& site, const Board& board, const Settings& settings) {
  OrderedJson list = OrderedJson::array();
  for (const Target& target : settings.targets) {
    const Report* report = board.report(target.name);
    const Verdict verdict = report == nullptr ? Verdict::unknown : report->verdict;
    list.push_back({{"name", target.name},
                    {"verdict", name_of(verdict)},
                    {"since", time_or_null(board.verdict_since_ms(target.name))},
                    {"stale", board.is_stale(target.name)},
                    {"causes", report == nullptr ? OrderedJson::array() : causes_of(site, *report)}});
  }
  return json_answer(text_of(list));
}

Response sd_answer(const Settings& settings) {
  OrderedJson groups = OrderedJson::array();
  for (const Target& target : settings.targets) {
    OrderedJson group;
    group["targets"] = {target.name};
    group["labels"] = {{"__param_module", target.module.name}};
    groups.push_back(std::move(group));
  }
  return json_answer(text_of(groups));
}

}  // namespace lkdoctor::serve
