// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>

#include "report/range.hpp"
#include "report/text.hpp"

namespace lkdoctor::report {
namespace {

constexpr std::uint32_t kCells = 50;

struct State {
  std::string_view name, shown, utf8, ascii;
};
// From the worst on.
constexpr std::array<State, 5> kStates{{{"blocked", "blocked", "░", "."},
                                        {"rewritten", "arrives at another port", "▓", "~"},
                                        {"untested", "untested", "·", "?"},
                                        {"in_use", "in use, untested", "▒", "%"},
                                        {"open", "open", "█", "#"}}};

struct Cell {
  std::uint32_t first, last;
};

/// The worst that is among a cell's ports, and whether other states are there, too.
struct Shown {
  const State* worst = nullptr;
  bool in_part = false;
  bool operator==(const Shown&) const = default;
};

/// A port that answers under another number is blocked to scripts, and more is known of it.
bool is_in(const OrderedJson& interval, const State& state) {
  return interval.value("why", OrderedJson()) == "rewritten" ? state.name == "rewritten"
                                                             : interval.at("state") == state.name;
}

/// " at 198.51.100.24", where several addresses were swept and not all is well.
std::string places_of(const OrderedJson& intervals, const State& state) {
  std::vector<std::string> places;
  for (const OrderedJson& one : intervals) {
    if (state.name == "open" || !is_in(one, state)) continue;
    for (const OrderedJson& address : one.value("addresses", OrderedJson::array())) {
      const auto place = address.get<std::string>();
      if (std::ranges::find(places, place) == places.end()) places.push_back(place);
    }
  }
  return places.empty() ? "" : fmt::format(" at {}", fmt::join(places, ", "));
}

bool has(const OrderedJson& intervals, const State& state, Cell cell) {
  return std::ranges::any_of(intervals, [&](const OrderedJson& one) {
    return one.at("from").get<std::uint32_t>() <= cell.last &&
           one.at("to").get<std::uint32_t>() >= cell.first && is_in(one, state);
  });
}

Shown shown_for(const OrderedJson& intervals, Cell cell) {
  Shown out;
  for (const State& state : kStates) {
    if (!has(intervals, state, cell)) continue;
    if (out.worst != nullptr) return {out.worst, true};
    out.worst = &state;
  }
  return out;
}

std::vector<Shown> cells_of(const OrderedJson& intervals, std::uint32_t first, std::uint32_t last) {
  const std::uint32_t ports = last - first + 1, cells = std::min(kCells, ports);
  std::vector<Shown> out;
  for (std::uint32_t i = 0; i < cells; ++i)
    out.push_back(shown_for(intervals, {first + i * ports / cells, first + (i + 1) * ports / cells - 1}));
  return out;
}

std::string_view glyph(const Shown& cell, const TextStyle& style) {
  if (cell.worst == nullptr) return " ";
  if (cell.in_part) return style.utf8 ? "▄" : "+";
  return style.utf8 ? cell.worst->utf8 : cell.worst->ascii;
}

/// "  █ open  ▄ in part blocked at 198.51.100.24", in the order of the strip.
std::string legend_of(const std::vector<Shown>& cells, const OrderedJson& intervals, const TextStyle& style) {
  std::vector<Shown> told;
  std::string out;
  for (const Shown& cell : cells) {
    if (cell.worst == nullptr || std::ranges::find(told, cell) != told.end()) continue;
    told.push_back(cell);
    out += fmt::format("  {} {}{}{}", glyph(cell, style), cell.in_part ? "in part " : "", cell.worst->shown,
                       places_of(intervals, *cell.worst));
  }
  return out;
}

/// Of probes to ports that answer: what is lost on the way there and back closes no port.
std::string loss_words(const CheckResult& check) {
  constexpr double kWorthSaying = 0.005;
  const auto loss = check.facts.find("loss_ratio");
  if (loss == check.facts.end() || !loss->is_number() || loss->get<double>() < kWorthSaying) return {};
  return fmt::format("   {:.1f} % of probes to open ports lost", 100 * loss->get<double>());
}

/// The check that proved ports from both sides; nullptr: none did.
const CheckResult* two_sided(const Report& report) {
  const auto check = std::ranges::find(report.checks, "udp_range", &CheckResult::id);
  if (check == report.checks.end() || check->facts.value("evidence", OrderedJson()) != "two_sided")
    return nullptr;
  return &*check;
}

}  // namespace

std::vector<RangeInterval> range_of(const Report& report) {
  std::vector<RangeInterval> out;
  const CheckResult* check = two_sided(report);
  if (check == nullptr) return out;
  for (const OrderedJson& one : check->facts.at("intervals")) {
    out.push_back({one.at("from").get<std::uint32_t>(), one.at("to").get<std::uint32_t>(),
                   one.at("state").get<std::string>()});
  }
  return out;
}

std::string range_strip(const Report& report, const TextStyle& style) {
  const CheckResult* check = two_sided(report);
  if (check == nullptr) return {};
  const OrderedJson& intervals = check->facts.at("intervals");
  if (intervals.empty()) return {};
  const auto first = intervals.front().at("from").get<std::uint32_t>();
  const auto last = intervals.back().at("to").get<std::uint32_t>();
  const std::vector<Shown> cells = cells_of(intervals, first, last);
  std::string strip;
  for (const Shown& cell : cells) strip += glyph(cell, style);
  return fmt::format("  UDP {} {} {}  {}{}\n", first, strip, last, legend_of(cells, intervals, style),
                     loss_words(*check));
}

}  // namespace lkdoctor::report
