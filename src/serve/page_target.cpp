// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/text.hpp>

#include "report/layout.hpp"
#include "serve/page_parts.hpp"
#include "serve/places.hpp"

namespace lkdoctor::serve {
namespace {

Html term(std::string_view name, const Html& value) {
  return value.empty() ? Html{} : html("<dt>{}</dt><dd>{}</dd>\n", name, value);
}

std::string_view sign_of(Severity severity) {
  return severity == Severity::failure ? "✗" : severity == Severity::warning ? "!" : "i";
}

Html commands(const Remedy& remedy) {
  Html out;
  for (const std::string& command : remedy.commands) {
    out += html("<pre tabindex=\"0\"><code>{}</code></pre>\n", command);
  }
  return out;
}

Html proof(const Finding& finding) {
  Html items;
  for (const Evidence& evidence : finding.evidence) items += html("<li>{}</li>\n", report::words(evidence));
  return items.empty() ? Html{} : html("<ul>\n{}</ul>\n", items);
}

Html where(const Finding& finding) {
  Html out = finding.origin && finding.origin->known() ? html("{}", text(*finding.origin)) : Html{};
  for (const Origin& origin : finding.related) {
    if (origin.known()) out += html(out.empty() ? "{}" : " and {}", text(origin));
  }
  if (!finding.excerpt.empty()) out += html("\n<pre tabindex=\"0\">{}</pre>\n", finding.excerpt);
  return out;
}

Html links(const Remedy& remedy) {
  Html out;
  for (const std::string& link : remedy.links) {
    // What is no web address stays text.
    const bool web = link.starts_with("https://") || link.starts_with("http://");
    out += web ? html("<a href=\"{}\" rel=\"noreferrer\">{}</a> ", link, link) : html("{} ", link);
  }
  return out;
}

Html cause(const Site& site, const Diagnosis& diagnosis, std::int64_t since_ms) {
  const Finding& finding = diagnosis.finding;
  const std::string severity = Json(finding.severity).get<std::string>();
  const std::string doubt = finding.confidence == Confidence::proven
                                ? ""
                                : " (" + Json(finding.confidence).get<std::string>() + ")";
  const Html head =
      html("<h3><span class=\"{}\">{} {}</span> {}{}</h3>\n", severity, sign_of(finding.severity), severity,
           title_for(site, finding.id, finding.title), site.open ? "" : doubt);
  Html terms = term("Since", since_ms > 0 ? time_of(since_ms) : Html{});
  if (!site.open) {
    const Html change = finding.remedy.text.empty() ? Html{} : html("<p>{}</p>\n", finding.remedy.text);
    Html all = change;
    all += commands(finding.remedy);
    terms += term("Change", all);
    terms += term("Where", where(finding));
    terms += term("Proof", proof(finding));
    terms += term("Explains", diagnosis.explains.empty() ? Html{} : html("{}", joined(diagnosis.explains)));
    terms += term("See", links(finding.remedy));
    terms += term("More", html("<code>lkdoctor explain {}</code>", finding.id));
  }
  return html("<article>\n{}<dl>\n{}</dl>\n</article>\n", head, terms);
}

Html causes_section(const Site& site, const ShownTarget& target) {
  Html out;
  for (std::size_t i = 0; i < target.report->diagnoses.size(); ++i) {
    const std::int64_t since = i < target.causes_since_ms.size() ? target.causes_since_ms[i] : 0;
    out += cause(site, target.report->diagnoses[i], since);
  }
  if (out.empty()) return {};
  return html("<section aria-labelledby=\"causes\">\n<h2 id=\"causes\">Root causes</h2>\n{}</section>\n",
              out);
}

std::string view_words(const Report& report) {
  const std::string host = report.vantage.host.empty() ? "this machine" : report.vantage.host;
  std::string out = host + " (" + std::string(name_of(report.vantage.kind));
  for (const std::string& address : report.vantage.addresses) out += ", " + address;
  return out + "), for the audience " + std::string(name_of(report.audience));
}

Html facts(const Site& site, const ShownTarget& target) {
  const Report& report = *target.report;
  const std::int64_t ended = report.started_ms + report.duration.count() / 1000;
  Html since = time_of(target.since_ms);
  if (target.since_ms > 0) since += html(" ({})", span_words(site.now_ms - target.since_ms));
  Html run = time_of(ended);
  run += html(" ({} ago{})", span_words(site.now_ms - ended), target.stale ? ", which is old" : "");
  Html out = term("Since", since);
  out += term("Last run", run);
  if (site.open) return out;
  out += term("Seen from", html("{}", view_words(report)));
  out += term("Report", html("<a href=\"{}{}\">JSON</a>", site.prefix, report_place(target.name)));
  return out;
}

Html not_tested_section(const Report& report) {
  Html items;
  for (const NotTested& one : report.not_tested) {
    std::string line = one.what + (one.reason.empty() ? "" : ": " + one.reason);
    if (!one.how.empty()) line += (one.reason.empty() ? ": " : "; ") + one.how;
    items += html("<li>{}</li>\n", line);
  }
  if (items.empty()) return {};
  return html(
      "<section aria-labelledby=\"not-tested\">\n<h2 id=\"not-tested\">Not tested from "
      "here</h2>\n<ul>\n{}</ul>\n</section>\n",
      items);
}

Html checks_section(const Report& report) {
  Html rows;
  for (const CheckResult& check : report.checks) {
    const std::string took =
        check.outcome == Outcome::skip
            ? ""
            : report::number(static_cast<double>(check.duration.count()) / 1000.0) + " ms";
    rows +=
        html("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}{}</td><td>{}</td></tr>\n", check.id, check.title,
             name_of(check.outcome), check.reason ? html(": {}", *check.reason) : Html{}, took);
  }
  return html(
      "<section aria-labelledby=\"checks\">\n<h2 id=\"checks\">Checks</h2>\n<details id=\"all-checks\">\n"
      "<summary>{} checks</summary>\n<table>\n<caption>What each check said when it last "
      "ran</caption>\n<thead>\n"
      "<tr><th scope=\"col\">Check</th><th scope=\"col\">Question</th><th scope=\"col\">Outcome</th>"
      "<th scope=\"col\">Took</th></tr>\n</thead>\n<tbody>\n{}</tbody>\n</table>\n</details>\n</section>\n",
      report.checks.size(), rows);
}

}  // namespace

std::string target_page(const Site& site, const ShownTarget& target) {
  const Verdict verdict = target.report == nullptr ? Verdict::unknown : target.report->verdict;
  const std::string title =
      target.name + ": " + std::string(name_of(verdict)) + " – lkdoctor on " + site.prober;
  Html main = html("<nav aria-label=\"Place\"><a href=\"{}/\">All targets</a></nav>\n<h1>{}: {}</h1>\n",
                   site.prefix, target.name, verdict_mark(verdict));
  if (target.report == nullptr) {
    main += html("<p>No run has ended yet.</p>\n");
  } else {
    const Report& report = *target.report;
    if (!site.open) main += html("<p class=\"summary\">{}</p>\n", report.summary);
    main += html("<dl>\n{}</dl>\n", facts(site, target));
    main += causes_section(site, target);
    if (!site.open) {
      main += path_section(report);
      main += range_section(report);
      if (target.past != nullptr) main += timings_section(*target.past, site.now_ms);
    }
  }
  main += history_section(site, target);
  if (target.report != nullptr && !site.open) {
    main += not_tested_section(*target.report);
    main += checks_section(*target.report);
  }
  return document(site, title, main, true);
}

}  // namespace lkdoctor::serve
