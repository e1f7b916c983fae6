// SPDX-License-Identifier: EUPL-1.2
#include "serve/routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <lkdoctor/text.hpp>

#include "serve/places.hpp"

namespace lkdoctor::serve {
namespace {

enum class Wants { nothing, target, target_and_module };

struct Row {
  std::string_view path;
  Route route;
  Wants wants = Wants::nothing;
  bool changes = false;  ///< POST or PUT; else GET or HEAD
};

constexpr std::array<Row, 14> kRows{{
    {"/", Route::page},
    {kStylePlace, Route::style},
    {kScriptPlace, Route::script},
    {kEventsPlace, Route::live},
    {"/metrics", Route::metrics},
    {"/probe", Route::probe, Wants::target_and_module},
    {kReportPlace, Route::report, Wants::target},
    {"/api/v1/targets", Route::targets},
    {"/sd", Route::sd},
    {"/-/healthy", Route::healthy},
    {"/-/ready", Route::ready},
    {"/-/reload", Route::reload, Wants::nothing, true},
    // The words of OpenTalk's own services, for the manifests that know them.
    {"/health", Route::healthy},
    {"/ready", Route::ready},
}};

constexpr std::size_t kMostNamed = 20;

std::string in_quotes(std::string_view text) {
  return "\"" + printable(text, 80) + "\"";
}

/// "a, b and 9,998 more".
std::string listed(const std::vector<std::string>& names) {
  const std::size_t shown = std::min(names.size(), kMostNamed);
  std::string out;
  for (std::size_t i = 0; i < shown; ++i) out += (i == 0 ? "" : ", ") + printable(names[i], 80);
  if (names.size() > shown) out += fmt::format(" and {} more", names.size() - shown);
  return out;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& names) {
  const std::string near = nearest(name, {names.begin(), names.end()});
  return near.empty() ? "" : " Did you mean " + in_quotes(near) + "?";
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

std::optional<Response> twice(const Request& request, std::string_view name) {
  const auto count = std::ranges::count_if(request.query, [&](const auto& one) { return one.first == name; });
  if (count < 2) return std::nullopt;
  return says(400, fmt::format("The parameter \"{}\" is there more than once.", name));
}

Response no_target(const std::string& name, const Known& known) {
  return says(404, fmt::format("There is no target {}.{} Known: {}.", in_quotes(name),
                               did_you_mean(name, known.targets), listed(known.targets)));
}

std::optional<Response> take_target(const Request& request, const Known& known, Call& call) {
  if (auto refusal = twice(request, "target")) return refusal;
  call.target = request.argument("target").value_or("");
  if (call.target.empty())
    return says(400, "The parameter \"target\" is missing: the name of a target of the configuration.");
  if (has(known.targets, call.target)) return std::nullopt;
  return no_target(call.target, known);
}

std::optional<Response> take_module(const Request& request, const Known& known, Call& call) {
  if (auto refusal = twice(request, "module")) return refusal;
  const auto wanted = request.argument("module");
  call.module = wanted.value_or("");
  if (!wanted || has(known.modules, *wanted)) return std::nullopt;
  return says(400, fmt::format("There is no module {}.{} Known: {}.", in_quotes(*wanted),
                               did_you_mean(*wanted, known.modules), listed(known.modules)));
}

std::optional<Response> wrong_method(const Request& request, bool changes) {
  const bool fits = changes ? request.method == "POST" || request.method == "PUT" : request.only_reads();
  if (fits) return std::nullopt;
  const std::string_view allowed = changes ? "POST, PUT" : "GET, HEAD";
  Response out = says(405, fmt::format("{} is not possible here, but {}.", printable(request.method, 20),
                                       changes ? "POST and PUT are" : "GET and HEAD are"));
  out.headers.emplace_back("Allow", allowed);
  return out;
}

Response redirect(std::string to) {
  Response out = says(302, "It is at " + to);
  out.headers.emplace_back("Location", std::move(to));
  return out;
}

Response not_found(const std::string& prefix) {
  std::vector<std::string> paths;
  for (const Row& row : kRows) paths.push_back(prefix + std::string(row.path));
  const std::string page = prefix + std::string(kTargetPlaces) + "NAME";
  paths.insert(paths.begin() + 1, {page, page + std::string(kIncidents) + "FROM"});
  return says(404, "Nothing is here. There are " + joined(paths) + ".");
}

std::optional<std::int64_t> begin_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && value >= 0 ? std::optional(value) : std::nullopt;
}

/// `rest` of a path below /t/: a name, which may hold slashes, or name and incident.
std::variant<Call, Response> page_of_target(const Request& request, std::string rest, const Known& known,
                                            const std::string& prefix) {
  if (auto refusal = wrong_method(request, false)) return std::move(*refusal);
  if (has(known.targets, rest)) return Call{Route::target, std::move(rest), {}};
  const std::size_t at = rest.rfind(kIncidents);
  if (at == std::string::npos) return rest.empty() ? not_found(prefix) : no_target(rest, known);
  std::string name = rest.substr(0, at);
  if (!has(known.targets, name)) return no_target(name, known);
  const auto from_ms = begin_of(std::string_view(rest).substr(at + kIncidents.size()));
  if (!from_ms) return not_found(prefix);
  return Call{Route::incident, std::move(name), {}, *from_ms};
}

}  // namespace

Routes::Routes(std::string_view prefix) {
  while (prefix.starts_with('/')) prefix.remove_prefix(1);
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (!prefix.empty()) prefix_ = "/" + std::string(prefix);
}

std::variant<Call, Response> Routes::find(const Request& request, const Known& known) const {
  std::string_view path = request.path;
  if (!prefix_.empty() && (path == "/" || path == prefix_)) {
    if (auto refusal = wrong_method(request, false)) return std::move(*refusal);
    return redirect(prefix_ + "/");
  }
  if (!path.starts_with(prefix_ + "/")) return not_found(prefix_);
  path.remove_prefix(prefix_.size());
  if (path.starts_with(kTargetPlaces)) {
    return page_of_target(request, std::string(path.substr(kTargetPlaces.size())), known, prefix_);
  }
  const auto row = std::ranges::find_if(kRows, [&](const Row& one) { return one.path == path; });
  if (row == kRows.end()) return not_found(prefix_);
  if (auto refusal = wrong_method(request, row->changes)) return std::move(*refusal);
  Call call;
  call.route = row->route;
  if (row->wants != Wants::nothing) {
    if (auto refusal = take_target(request, known, call)) return std::move(*refusal);
  }
  if (row->wants == Wants::target_and_module) {
    if (auto refusal = take_module(request, known, call)) return std::move(*refusal);
  }
  return call;
}

}  // namespace lkdoctor::serve
