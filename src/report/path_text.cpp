// SPDX-License-Identifier: EUPL-1.2
#include "report/path.hpp"
#include "report/text.hpp"

namespace lkdoctor::report {
namespace {

std::string arrow(Leg state, const TextStyle& style) {
  constexpr std::array<std::string_view, 5> kWords{"ok", "xx", "??", "--", "!!"};
  constexpr std::array<std::string_view, 5> kColours{"32", "31", "35", "2", "33"};
  const auto at = static_cast<std::size_t>(state);
  std::string word(kWords.at(at));
  if (style.colour) word = "\x1b[" + std::string(kColours.at(at)) + "m" + word + "\x1b[0m";
  const std::string_view line = style.utf8 ? "──" : "--";
  return " " + std::string(line) + word + std::string(line) + " ";
}

}  // namespace

std::string path_picture(const Report& report, const TextStyle& style) {
  const std::optional<Path> path = path_of(report);
  if (!path) return {};
  const std::string first = "  browser" + arrow(path->to_door, style) + path->door +
                            arrow(path->to_proxy, style) + path->proxy + arrow(path->to_livekit, style) +
                            "LiveKit";
  const std::string indent(columns(first), ' ');
  std::string out;
  for (const MediaWay& way : path->media) {
    out += (out.empty() ? first : indent) + arrow(way.leg, style) + way.name +
           (way.leg == Leg::absent ? " (switched off)" : "") + "\n";
  }
  return out;
}

}  // namespace lkdoctor::report
