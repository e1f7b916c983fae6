// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>

#include "report/path.hpp"
#include "report/range.hpp"
#include "serve/page_parts.hpp"

namespace lkdoctor::serve {
namespace {

using report::Leg;

std::string_view class_of(Leg leg) {
  constexpr std::array<std::string_view, 5> kClasses{"ok", "broken", "unknown", "absent", "worse"};
  return kClasses.at(static_cast<std::size_t>(leg));
}

std::string_view sign_of(Leg leg) {
  constexpr std::array<std::string_view, 5> kSigns{"✓", "✗", "?", "–", "!"};
  return kSigns.at(static_cast<std::size_t>(leg));
}

Html leg(Leg state) {
  return html("<span class=\"leg leg-{}\">{} {}</span>", class_of(state), sign_of(state),
              report::word_of(state));
}

Html stop(Leg before, std::string_view name) {
  return html("<li>{} <span class=\"stop\">{}</span></li>\n", leg(before), name);
}

struct PortState {
  std::string_view state, shown, css;
};
constexpr std::array<PortState, 4> kPortStates{{{"open", "open", "open"},
                                                {"blocked", "blocked", "blocked"},
                                                {"in_use", "in use by LiveKit, untested", "in-use"},
                                                {"untested", "untested", "untested"}}};

const PortState& state_of(std::string_view name) {
  const auto found = std::ranges::find(kPortStates, name, &PortState::state);
  return found == kPortStates.end() ? kPortStates.back() : *found;
}

constexpr double kWidth = 1000;

/// What is wrong is drawn last and never thinner than can be seen.
Html bars(const std::vector<report::RangeInterval>& range) {
  const double ports = range.back().to - range.front().from + 1;
  Html out;
  for (const std::string_view state : {"open", "in_use", "untested", "blocked"}) {
    for (const report::RangeInterval& one : range) {
      if (one.state != state) continue;
      const double width = std::max(2.0, kWidth * (one.to - one.from + 1) / ports);
      const double left = std::min(kWidth * (one.from - range.front().from) / ports, kWidth - width);
      const int height = state == "open" ? 24 : state == "blocked" ? 12 : 18;
      out += html("<rect class=\"port-{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n",
                  state_of(state).css, fmt::format("{:.1f}", left), 24 - height, fmt::format("{:.1f}", width),
                  height);
    }
  }
  return out;
}

Html intervals(const std::vector<report::RangeInterval>& range) {
  constexpr std::size_t kShown = 20;
  Html out;
  for (std::size_t i = 0; i < std::min(kShown, range.size()); ++i) {
    const auto& [from, to, name] = range[i];
    const std::string ports = from == to ? std::to_string(from) : fmt::format("{}–{}", from, to);
    const PortState& state = state_of(name);
    out += html("<li><span class=\"port-{}\">{}</span>: {}</li>\n", state.css, ports, state.shown);
  }
  if (range.size() > kShown) out += html("<li>and {} more</li>\n", range.size() - kShown);
  return out;
}

}  // namespace

Html path_section(const Report& report) {
  const auto path = report::path_of(report);
  if (!path) return {};
  Html media;
  for (const report::MediaWay& way : path->media) media += stop(way.leg, way.name);
  return html(
      "<section aria-labelledby=\"path\">\n<h2 id=\"path\">The path</h2>\n<ol class=\"path\">\n"
      "<li><span class=\"stop\">browser</span></li>\n{}{}{}<li>\n<ul "
      "aria-label=\"Media\">\n{}</ul>\n</li>\n</ol>\n"
      "</section>\n",
      stop(path->to_door, path->door), stop(path->to_proxy, path->proxy), stop(path->to_livekit, "LiveKit"),
      media);
}

Html range_section(const Report& report) {
  const auto range = report::range_of(report);
  if (range.empty()) return {};
  return html(
      "<section aria-labelledby=\"range\">\n<h2 id=\"range\">UDP {}–{}</h2>\n"
      "<svg class=\"strip\" viewBox=\"0 0 1000 24\" preserveAspectRatio=\"none\" role=\"img\" "
      "aria-label=\"UDP ports by what is proven of them; the list below says the same\">\n{}</svg>\n"
      "<ul class=\"ports\">\n{}</ul>\n</section>\n",
      range.front().from, range.back().to, bars(range), intervals(range));
}

}  // namespace lkdoctor::serve
