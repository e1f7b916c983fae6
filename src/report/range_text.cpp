// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>

#include "report/text.hpp"

namespace lkdoctor::report {
namespace {

constexpr std::uint32_t kCells = 50;

struct State {
  std::string_view name, shown, utf8, ascii;
};
// What a cell shows that covers several: the first of these that is among them.
constexpr std::array<State, 5> kStates{{{"blocked", "blocked", "░", "."},
                                        {"rewritten", "arrives at another port", "▓", "~"},
                                        {"untested", "untested", "·", "?"},
                                        {"in_use", "in use, untested", "▒", "%"},
                                        {"open", "open", "█", "#"}}};

struct Cell {
  std::uint32_t first, last;
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

const State* state_of(const OrderedJson& intervals, Cell cell) {
  for (const State& state : kStates) {
    for (const OrderedJson& one : intervals) {
      const bool meets =
          one.at("from").get<std::uint32_t>() <= cell.last && one.at("to").get<std::uint32_t>() >= cell.first;
      if (meets && is_in(one, state)) return &state;
    }
  }
  return nullptr;
}

/// Of probes to ports that answer: what is lost on the way there and back closes no port.
std::string loss_words(const CheckResult& check) {
  constexpr double kWorthSaying = 0.005;
  const auto loss = check.facts.find("loss_ratio");
  if (loss == check.facts.end() || !loss->is_number() || loss->get<double>() < kWorthSaying) return {};
  return fmt::format("   {:.1f} % of probes to open ports lost", 100 * loss->get<double>());
}

}  // namespace

std::string range_strip(const Report& report, const TextStyle& style) {
  const auto check = std::ranges::find(report.checks, "udp_range", &CheckResult::id);
  if (check == report.checks.end() || check->facts.value("evidence", OrderedJson()) != "two_sided") return {};
  const OrderedJson& intervals = check->facts.at("intervals");
  if (intervals.empty()) return {};
  const auto first = intervals.front().at("from").get<std::uint32_t>();
  const auto last = intervals.back().at("to").get<std::uint32_t>();
  const std::uint32_t ports = last - first + 1, cells = std::min(kCells, ports);
  std::string strip;
  std::vector<const State*> shown;
  for (std::uint32_t i = 0; i < cells; ++i) {
    const Cell cell{first + i * ports / cells, first + (i + 1) * ports / cells - 1};
    const State* state = state_of(intervals, cell);
    strip += state == nullptr ? " " : std::string(style.utf8 ? state->utf8 : state->ascii);
    if (state != nullptr && std::ranges::find(shown, state) == shown.end()) shown.push_back(state);
  }
  std::string legend;
  for (const State* state : shown)
    legend += fmt::format("  {} {}{}", style.utf8 ? state->utf8 : state->ascii, state->shown,
                          places_of(intervals, *state));
  return fmt::format("  UDP {} {} {}  {}{}\n", first, strip, last, legend, loss_words(*check));
}

}  // namespace lkdoctor::report
