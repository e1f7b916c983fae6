// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/text.hpp>

#include "cli/commands.hpp"
#include "cli/texts.hpp"
#include "config/options.hpp"

namespace lkdoctor::cli {
namespace {

OrderedJson vantages_of(const Vantages& set) {
  OrderedJson names = OrderedJson::array();
  for (const Vantage vantage :
       {Vantage::outside, Vantage::inside, Vantage::controller, Vantage::livekit_host, Vantage::recorder}) {
    if (set.has(vantage)) names.push_back(name_of(vantage));
  }
  return names;
}

OrderedJson check_json(const CheckInfo& info) {
  OrderedJson findings = OrderedJson::array();
  for (const FindingDef* finding : info.findings) findings.push_back(finding->id);
  return {{"id", info.id},
          {"group", info.group()},
          {"title", info.title},
          {"vantages", vantages_of(info.vantages)},
          {"must_have", vantages_of(info.must_have)},
          {"side_effect", Json(info.side_effect)},
          {"needs", info.needs},
          {"after", info.after},
          {"gives", info.gives},
          {"findings", std::move(findings)},
          {"budget_ms", info.budget.count()}};
}

OrderedJson checks_json(const Session& session) {
  OrderedJson list = OrderedJson::array();
  for (const auto& check : session.checks) list.push_back(check_json(check->info()));
  return list;
}

OrderedJson findings_json(const Session& session) {
  OrderedJson list = OrderedJson::array();
  for (const FindingEntry& entry : finding_catalogue()) {
    OrderedJson checks = OrderedJson::array();
    for (const auto& check : session.checks) {
      for (const FindingDef* one : check->info().findings) {
        if (one->id == entry.definition->id) checks.push_back(check->info().id);
      }
    }
    list.push_back({{"id", entry.definition->id},
                    {"severity", Json(entry.definition->severity)},
                    {"title", entry.definition->title},
                    {"remedy", entry.definition->remedy},
                    {"checks", std::move(checks)}});
  }
  return list;
}

std::string given_by(const Session& session, std::string_view fact) {
  for (const auto& check : session.checks) {
    const auto& gives = check->info().gives;
    if (std::ranges::find(gives, fact) != gives.end()) return std::string(check->info().id);
  }
  return {};
}

OrderedJson facts_json(const Session& session) {
  OrderedJson list = OrderedJson::array();
  for (const FactText& fact : fact_texts()) {
    const std::string by = given_by(session, fact.name);
    list.push_back({{"name", fact.name},
                    {"title", fact.title},
                    {"check", by.empty() ? OrderedJson() : OrderedJson(by)}});
  }
  return list;
}

/// "LKDOCTOR_THIRD_PARTY" for "--third-party"; null for what can be said in argv alone.
OrderedJson variable_for(std::string_view option) {
  const config::Twin* twin = config::find_twin_of_flag(option);
  return twin == nullptr ? OrderedJson() : OrderedJson(config::variable_of(twin->name));
}

OrderedJson options_json() {
  OrderedJson list = OrderedJson::array();
  for (const OptionSpec& spec : option_table()) {
    OrderedJson commands = OrderedJson::array();
    for (const CommandSpec& command : command_table()) {
      if ((command.bit & spec.commands) != 0) commands.push_back(command.name);
    }
    list.push_back({{"option", spec.name},
                    {"value", spec.value.empty() ? OrderedJson() : OrderedJson(spec.value)},
                    {"environment", variable_for(spec.name)},
                    {"commands", std::move(commands)},
                    {"help", spec.help},
                    {"later", spec.later.empty() ? OrderedJson() : OrderedJson(spec.later)}});
  }
  return list;
}

/// Two or three columns, as wide as their widest cell.
std::string table(const OrderedJson& rows, const std::vector<const char*>& keys) {
  std::vector<std::size_t> widths(keys.size(), 0);
  const auto cell = [](const OrderedJson& row, const char* key) {
    const OrderedJson& value = row.at(key);
    return value.is_string() ? value.get<std::string>() : std::string("-");
  };
  for (const OrderedJson& row : rows) {
    std::size_t column = 0;
    for (const char* key : keys) {
      widths[column] = std::max(widths[column], report::columns(cell(row, key)));
      ++column;
    }
  }
  std::string out;
  for (const OrderedJson& row : rows) {
    std::string line;
    std::size_t column = 0;
    for (const char* key : keys) {
      const std::string text = cell(row, key);
      line += text;
      if (++column < keys.size()) line += std::string(widths[column - 1] - report::columns(text) + 2, ' ');
    }
    out += line + "\n";
  }
  return out;
}

}  // namespace

int run_list(const Session& session) {
  const std::vector<std::string>& words = session.arguments.positionals;
  const std::string what = words.size() == 1 ? words.front() : "";
  const bool json = single_format(session, {"text", "json"}) == "json";
  if (what == "schema") return print(session, report_schema());
  OrderedJson rows;
  std::vector<const char*> columns = {"id", "title"};
  if (what == "checks") {
    rows = checks_json(session);
  } else if (what == "findings") {
    rows = findings_json(session);
    columns = {"id", "severity", "title"};
  } else if (what == "facts") {
    rows = facts_json(session);
    columns = {"name", "check", "title"};
  } else if (what == "options") {
    rows = options_json();
    columns = {"option", "environment", "help"};
  } else {
    const std::string near = nearest(what, {"checks", "findings", "facts", "options", "schema"});
    throw UsageError{"list what? checks, findings, facts, options or schema" +
                     (near.empty() ? "" : "; did you mean " + near + "?")};
  }
  return print(session, json ? rows.dump(2) + "\n" : table(rows, columns));
}

}  // namespace lkdoctor::cli
