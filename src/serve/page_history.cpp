// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/text.hpp>
#include <span>

#include "serve/page_parts.hpp"
#include "serve/places.hpp"

namespace lkdoctor::serve {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr double kWidth = 1440;  ///< a minute is one unit

double place_in_day(std::int64_t at_ms, std::int64_t now_ms) {
  const double share = static_cast<double>(at_ms - (now_ms - kDayMs)) / static_cast<double>(kDayMs);
  return std::clamp(share, 0.0, 1.0) * kWidth;
}

/// Its height says the same as its colour.
int height_of(Verdict verdict) {
  return verdict == Verdict::healthy    ? 6
         : verdict == Verdict::degraded ? 12
         : verdict == Verdict::unknown  ? 18
                                        : 24;
}

bool is_in_day(const Spell& spell, std::int64_t now_ms) {
  return spell.until_ms > now_ms - kDayMs && spell.from_ms <= now_ms;
}

/// "healthy 22 h 12 min, broken 40 min".
std::string shares(const Past& past, std::int64_t now_ms) {
  std::map<Verdict, std::int64_t> lasted;
  for (const Spell& spell : past.spells) {
    if (!is_in_day(spell, now_ms)) continue;
    lasted[spell.verdict] += std::min(spell.until_ms, now_ms) - std::max(spell.from_ms, now_ms - kDayMs);
  }
  std::vector<std::string> parts;
  for (const Verdict verdict : {Verdict::healthy, Verdict::degraded, Verdict::broken, Verdict::unknown}) {
    const auto found = lasted.find(verdict);
    if (found != lasted.end())
      parts.push_back(std::string(name_of(verdict)) + " " + span_words(found->second));
  }
  return parts.empty() ? "nothing is known" : joined(parts);
}

/// Each once, in the words that were used first.
std::vector<PastCause> causes_of(std::span<const Spell> spells) {
  std::vector<PastCause> out;
  for (const Spell& spell : spells) {
    for (const PastCause& cause : spell.causes) {
      const auto same = [&](const PastCause& one) {
        return one.finding == cause.finding && one.subject == cause.subject;
      };
      if (std::ranges::none_of(out, same)) out.push_back(cause);
    }
  }
  return out;
}

std::string titles_of(const Site& site, std::span<const Spell> spells) {
  std::vector<std::string> titles;
  for (const PastCause& cause : causes_of(spells))
    titles.push_back(title_for(site, cause.finding, cause.title));
  return joined(titles, " ");
}

Html incident_list(const Site& site, const ShownTarget& target) {
  Html items;
  for (const Incident& incident : incidents_of(*target.past)) {
    const auto worst = std::ranges::max_element(incident.spells, {},
                                                [](const Spell& spell) { return height_of(spell.verdict); });
    const std::string lasted = incident.over ? span_words(incident.until_ms() - incident.from_ms())
                                             : "for " + span_words(site.now_ms - incident.from_ms());
    items += html("<li><a href=\"{}{}\">{}</a> {}, {}. {}</li>\n", site.prefix,
                  incident_place(target.name, incident.from_ms()), time_of(incident.from_ms()),
                  verdict_mark(worst->verdict), lasted, titles_of(site, incident.spells));
  }
  return items.empty() ? html("<p>It was healthy whenever it was looked at.</p>\n")
                       : html("<ul class=\"incidents\">\n{}</ul>\n", items);
}

Html spell_rows(const Site& site, const std::vector<Spell>& spells) {
  Html rows;
  for (const Spell& spell : spells) {
    rows += html("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n", time_of(spell.from_ms),
                 time_of(spell.until_ms), verdict_mark(spell.verdict), titles_of(site, std::span(&spell, 1)));
  }
  return html(
      "<table>\n<caption>From the first run that saw it to the last</caption>\n<thead>\n<tr><th "
      "scope=\"col\">From</th>"
      "<th scope=\"col\">Until</th><th scope=\"col\">Verdict</th><th scope=\"col\">Root "
      "causes</th></tr>\n</thead>\n"
      "<tbody>\n{}</tbody>\n</table>\n",
      rows);
}

Html remembered_causes(const Site& site, const Incident& incident) {
  Html out;
  for (const PastCause& cause : causes_of(incident.spells)) {
    out += html("<h3>{}: {}</h3>\n", Json(cause.severity).get<std::string>(),
                title_for(site, cause.finding, cause.title));
    if (site.open) continue;
    if (!cause.remedy.empty()) out += html("<p>Change: {}</p>\n", cause.remedy);
    out += html("<p>More: <code>lkdoctor explain {}</code></p>\n", cause.finding);
  }
  return out.empty() ? html("<p>No root cause was named.</p>\n") : out;
}

}  // namespace

std::vector<Incident> incidents_of(const Past& past) {
  std::vector<Incident> out;
  bool open = false;
  for (const Spell& spell : past.spells) {
    if (spell.verdict == Verdict::healthy) {
      if (open) out.back().over = true;
      open = false;
      continue;
    }
    if (!open) out.emplace_back();
    open = true;
    out.back().spells.push_back(spell);
  }
  std::ranges::reverse(out);
  return out;
}

Html day_strip(const Past& past, std::int64_t now_ms, std::string_view id) {
  Html bars;
  for (const Spell& spell : past.spells) {
    if (!is_in_day(spell, now_ms)) continue;
    const double width =
        std::max(2.0, place_in_day(spell.until_ms, now_ms) - place_in_day(spell.from_ms, now_ms));
    const double left = std::min(place_in_day(spell.from_ms, now_ms), kWidth - width);
    const int height = height_of(spell.verdict);
    bars +=
        html("<rect class=\"v-{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n", name_of(spell.verdict),
             fmt::format("{:.1f}", left), 24 - height, fmt::format("{:.1f}", width), height);
  }
  return html(
      "<svg class=\"strip\" viewBox=\"0 0 1440 24\" preserveAspectRatio=\"none\" role=\"img\" "
      "aria-labelledby=\"{}\">\n<title id=\"{}\">Last 24 hours: {}</title>\n{}</svg>\n",
      id, id, shares(past, now_ms), bars);
}

Html history_section(const Site& site, const ShownTarget& target) {
  if (target.past == nullptr) return {};
  std::vector<Spell> latest_first(target.past->spells.rbegin(), target.past->spells.rend());
  return html(
      "<section aria-labelledby=\"history\">\n<h2 id=\"history\">Last 24 hours</h2>\n{}<p>{}</p>\n"
      "<h3>When it was not healthy</h3>\n{}<details id=\"all-spells\">\n<summary>All of it as a "
      "table</summary>\n{}</details>\n"
      "</section>\n",
      day_strip(*target.past, site.now_ms, "day"), shares(*target.past, site.now_ms),
      incident_list(site, target), spell_rows(site, latest_first));
}

std::optional<std::string> incident_page(const Site& site, const ShownTarget& target, std::int64_t from_ms) {
  if (target.past == nullptr) return std::nullopt;
  const auto incidents = incidents_of(*target.past);
  const auto found = std::ranges::find(incidents, from_ms, [](const Incident& one) { return one.from_ms(); });
  if (found == incidents.end()) return std::nullopt;
  const std::string lasted = found->over ? "It lasted " + span_words(found->until_ms() - from_ms)
                                         : "It lasts, for " + span_words(site.now_ms - from_ms) + " now";
  const Html main = html(
      "<nav aria-label=\"Place\"><a href=\"{}{}\">{}</a></nav>\n<h1>Incident at {}</h1>\n"
      "<p>From {} to {}. {}.</p>\n<section aria-labelledby=\"causes\">\n<h2 id=\"causes\">Root "
      "causes</h2>\n{}</section>\n"
      "<section aria-labelledby=\"course\">\n<h2 id=\"course\">How it went</h2>\n{}</section>\n",
      site.prefix, target_place(target.name), target.name, target.name, time_of(from_ms),
      time_of(found->until_ms()), lasted, remembered_causes(site, *found), spell_rows(site, found->spells));
  return document(site, "Incident at " + target.name + " – lkdoctor on " + site.prober, main, false);
}

}  // namespace lkdoctor::serve
