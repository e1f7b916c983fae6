// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/text.hpp>

#include "serve/page_parts.hpp"
#include "serve/places.hpp"

namespace lkdoctor::serve {
namespace {

Verdict verdict_of_target(const ShownTarget& target) {
  return target.report == nullptr ? Verdict::unknown : target.report->verdict;
}

int rank(const ShownTarget& target) {
  switch (verdict_of_target(target)) {
    case Verdict::broken:
      return 0;
    case Verdict::unknown:
      return 1;
    case Verdict::degraded:
      return 2;
    case Verdict::healthy:
      return 3;
  }
  return 1;
}

std::string counts(std::span<const ShownTarget> targets) {
  std::vector<std::string> parts;
  for (const Verdict verdict : {Verdict::broken, Verdict::unknown, Verdict::degraded, Verdict::healthy}) {
    const auto number = std::ranges::count_if(
        targets, [&](const ShownTarget& target) { return verdict_of_target(target) == verdict; });
    if (number > 0) parts.push_back(fmt::format("{} {}", number, name_of(verdict)));
  }
  return parts.empty() ? "no targets" : joined(parts);
}

/// What is wrong, and what to change; for a healthy target nothing.
Html causes(const Site& site, const ShownTarget& target) {
  if (target.report == nullptr) return html("No run has ended yet.");
  Html out;
  constexpr std::size_t kShown = 3;
  const auto& diagnoses = target.report->diagnoses;
  for (std::size_t i = 0; i < std::min(kShown, diagnoses.size()); ++i) {
    const Finding& finding = diagnoses[i].finding;
    out += html("<p>{}</p>\n", title_for(site, finding.id, finding.title));
    if (!site.open && !finding.remedy.text.empty())
      out += html("<p class=\"remedy\">{}</p>\n", finding.remedy.text);
  }
  if (diagnoses.size() > kShown) out += html("<p>and {} more</p>\n", diagnoses.size() - kShown);
  if (out.empty() && target.report->verdict != Verdict::healthy && !site.open) {
    out += html("<p>{}</p>\n", target.report->summary);
  }
  return out;
}

Html row(const Site& site, const ShownTarget& target, std::size_t number) {
  const Html day =
      target.past == nullptr ? Html{} : day_strip(*target.past, site.now_ms, "day-" + std::to_string(number));
  return html(
      "<tr>\n<th scope=\"row\"><a "
      "href=\"{}{}\">{}</a></th>\n<td>{}{}</td>\n<td>{}</td>\n<td>{}</td>\n<td>{}</td>\n"
      "</tr>\n",
      site.prefix, target_place(target.name), target.name, verdict_mark(verdict_of_target(target)),
      html(target.stale ? " (old)" : ""), time_of(target.since_ms), causes(site, target), day);
}

}  // namespace

std::string overview_page(const Site& site, std::span<const ShownTarget> targets) {
  std::vector<const ShownTarget*> order;
  for (const ShownTarget& target : targets) order.push_back(&target);
  std::ranges::stable_sort(order, {}, [](const ShownTarget* target) { return rank(*target); });
  Html rows;
  for (std::size_t i = 0; i < order.size(); ++i) rows += row(site, *order[i], i);
  const std::string count = counts(targets);
  const Html main = html(
      "<h1>LiveKit as seen from {}</h1>\n<p class=\"counts\">{}</p>\n<table class=\"targets\">\n"
      "<caption>Targets, those that are not in order first</caption>\n<thead>\n<tr><th "
      "scope=\"col\">Target</th>"
      "<th scope=\"col\">Verdict</th><th scope=\"col\">Since</th><th scope=\"col\">Cause and remedy</th>"
      "<th scope=\"col\">Last 24 hours</th></tr>\n</thead>\n<tbody>\n{}</tbody>\n</table>\n",
      site.prober, count, rows);
  return document(site, count + " – lkdoctor on " + site.prober, main, true);
}

}  // namespace lkdoctor::serve
