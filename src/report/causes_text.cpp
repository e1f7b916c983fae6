// SPDX-License-Identifier: EUPL-1.2
#include "report/text.hpp"

#include <lkdoctor/text.hpp>

namespace lkdoctor::report {
namespace {

std::string proof(const Finding& finding) {
  std::string out;
  for (const Evidence& evidence : finding.evidence) {
    const std::string line = words(evidence);
    out += (out.empty() ? "" : "; ") + line;
  }
  return out;
}

std::string where(const Finding& finding) {
  std::string out = finding.origin && finding.origin->known() ? text(*finding.origin) : "";
  for (const Origin& origin : finding.related) {
    if (!origin.known() || (finding.origin && origin == *finding.origin)) continue;
    out += (out.empty() ? "" : " and ") + text(origin);
  }
  return out;
}

/// Source lines keep their columns: the caret has to stay below its word.
std::string excerpt(const Finding& finding) {
  if (finding.excerpt.empty()) return {};
  std::string out;
  std::string lines = safe(finding.excerpt);
  // The place itself has just been said.
  const std::string place = finding.origin ? text(*finding.origin) + "\n" : "";
  if (!place.empty() && lines.starts_with(place)) lines.erase(0, place.size());
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    out += "             " + lines.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return out;
}

std::string paragraph(const Diagnosis& diagnosis, std::size_t number, const TextStyle& style) {
  const Finding& finding = diagnosis.finding;
  std::string sentence = finding.title;
  if (finding.confidence != Confidence::proven) {
    sentence += "  (" + Json(finding.confidence).get<std::string>() + ")";
  }
  const int width = style.width;
  std::string out = wrapped(text(mark_of(finding.severity), style) + " " + std::to_string(number) + "  ",
                            safe(sentence), width);
  if (const std::string lines = proof(finding); !lines.empty()) out += labelled("proof", safe(lines), width);
  if (!finding.remedy.text.empty()) out += labelled("change", safe(finding.remedy.text), width);
  // A command is not wrapped: it must stay one that can be pasted.
  for (const std::string& command : finding.remedy.commands) out += "               " + safe(command) + "\n";
  if (const std::string places = where(finding); !places.empty())
    out += labelled("where", safe(places), width);
  out += excerpt(finding);
  if (!diagnosis.explains.empty()) out += labelled("folds", joined(diagnosis.explains), width);
  for (const std::string& link : finding.remedy.links) out += labelled("see", safe(link), width);
  return out + labelled("more", "lkdoctor explain " + finding.id, width);
}

}  // namespace

std::string cause_paragraphs(const Report& report, const TextStyle& style) {
  std::string out;
  std::size_t number = 0;
  for (const Diagnosis& diagnosis : report.diagnoses) {
    if (!out.empty()) out += "\n";
    out += paragraph(diagnosis, ++number, style);
  }
  return out;
}

}  // namespace lkdoctor::report
