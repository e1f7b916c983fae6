// SPDX-License-Identifier: EUPL-1.2
#include "report/json.hpp"
#include "serve/page_parts.hpp"
#include "serve/places.hpp"

namespace lkdoctor::serve {
namespace {

constexpr const char* kFrame = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="stylesheet" href="{prefix}{style}">
<link rel="icon" href="data:,">
{script}</head>
<body>
<a class="skip" href="#main">Skip to the verdict</a>
<header>
<p><a href="{prefix}/">lkdoctor</a> on {prober}</p>
<p id="updated">as of {now}</p>
</header>
<main id="main" tabindex="-1">
{main}</main>
<footer>
<p id="live" role="status"></p>
<p>lkdoctor {version}{links}</p>
</footer>
</body>
</html>
)";

}  // namespace

Html time_of(std::int64_t at_ms) {
  if (at_ms <= 0) return html("not known");
  const std::string iso = report::iso_time(at_ms);
  return html("<time datetime=\"{}\">{} {} UTC</time>", iso, iso.substr(0, 10), iso.substr(11, 8));
}

std::string span_words(std::int64_t milliseconds) {
  const std::int64_t seconds = std::max<std::int64_t>(milliseconds, 0) / 1000;
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 3600) return std::to_string(seconds / 60) + " min";
  if (seconds >= 2 * 86'400) return std::to_string(seconds / 86'400) + " days";
  const std::int64_t minutes = seconds % 3600 / 60;
  return std::to_string(seconds / 3600) + " h" + (minutes == 0 ? "" : " " + std::to_string(minutes) + " min");
}

std::string document(const Site& site, std::string_view title, const Html& main, bool live) {
  const Html script = live ? html("<script src=\"{}{}\" data-events=\"{}{}\" defer></script>\n", site.prefix,
                                  kScriptPlace, site.prefix, kEventsPlace)
                           : Html{};
  const Html links = site.open ? Html{} : html(" · <a href=\"{}/metrics\">metrics</a>", site.prefix);
  return fmt::format(fmt::runtime(kFrame), fmt::arg("title", escaped(title)),
                     fmt::arg("prefix", escaped(site.prefix)), fmt::arg("style", kStylePlace),
                     fmt::arg("script", script.text()), fmt::arg("prober", escaped(site.prober)),
                     fmt::arg("now", time_of(site.now_ms).text()), fmt::arg("main", main.text()),
                     fmt::arg("version", escaped(site.version)), fmt::arg("links", links.text()));
}

std::string live_event(std::string_view name, std::string_view text) {
  // A line feed inside would end the line, and two of them the event.
  std::string line;
  for (const char c : text) line += c == '\n' || c == '\r' ? ' ' : c;
  return fmt::format("event: {}\ndata: {}\n\n", name, line);
}

}  // namespace lkdoctor::serve
